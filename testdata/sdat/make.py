#!/usr/bin/env python3
"""Makes the block OTAs of this folder: an ext4 image by mke2fs, cut into transfer list and new.dat as AOSP's blockimgdiff.py does for full OTAs,
brotli by the brotli tool, archives by zip. Each is then put together again by a reader that shares no code with the writer.

    make.py [--big MIB DIR]    writes here, or one large OTA of random text to DIR
"""
import hashlib, os, random, subprocess, sys, tempfile

BLOCK = 4096
HERE = os.path.dirname(os.path.abspath(__file__))


def image(folder, tree, blocks):
    path = os.path.join(folder, "image")
    env = dict(os.environ, E2FSPROGS_FAKE_TIME="1600000000")
    subprocess.run(["mke2fs", "-q", "-F", "-t", "ext4", "-b", "4096", "-I", "256", "-O", "^has_journal,^resize_inode,^metadata_csum",
                    "-E", "hash_seed=01234567-89ab-cdef-0123-456789abcdef,root_owner=0:0", "-U", "01234567-89ab-cdef-0123-456789abcdef",
                    "-N", "64", "-L", "system", "-d", tree, path, str(blocks)], check=True, env=env)
    with open(path, "rb") as f:
        return f.read()


def plant(tree):
    """A small file system tree, the same each time."""
    r = random.Random(3)
    files = {
        "build.prop": b"ro.product.model=sample\nro.build.version.sdk=29\n",
        "etc/words.txt": ("\n".join("词语%d" % i for i in range(900)) + "\n").encode(),
        "app/A/A.bin": bytes(r.randrange(256) for _ in range(9000)),
        "app/B/sparse.bin": b"begin" + b"\0" * 40000 + b"end",
        "empty": b"",
    }
    for name, content in files.items():
        path = os.path.join(tree, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as f:
            f.write(content)
        os.utime(path, (1600000000, 1600000000))
    for folder, _, _ in os.walk(tree, topdown=False):
        os.chmod(folder, 0o755)
        os.utime(folder, (1600000000, 1600000000))
    return files


def runs(numbers, longest=5):
    """Ranges of the numbers, short ones so that a small image has many."""
    out = []
    for n in numbers:
        if out and out[-1][1] == n and n - out[-1][0] < longest:
            out[-1][1] = n + 1
        else:
            out.append([n, n + 1])
    return out


def text(ranges):
    return "%d,%s" % (2 * len(ranges), ",".join("%d,%d" % tuple(r) for r in ranges))


def cut(img, version, per_command):
    """Transfer list and data of an image. Commands are shuffled, as blockimgdiff orders them by need and not by place."""
    zero = b"\0" * BLOCK
    blocks = [img[i:i + BLOCK] for i in range(0, len(img), BLOCK)]
    new = runs(i for i, b in enumerate(blocks) if b != zero)
    empty = runs(i for i, b in enumerate(blocks) if b == zero)
    groups = [new[i:i + per_command] for i in range(0, len(new), per_command)]
    random.Random(version).shuffle(groups)
    data, lines = [], []
    if version >= 2:
        lines.append("erase " + text([[0, len(blocks)]]))
    for g in groups:
        lines.append("new " + text(g))
        data += [blocks[n] for a, b in g for n in range(a, b)]
    keep = empty[:len(empty) // 2 + 1]
    if keep:
        lines.append("zero " + text(keep))
    if empty[len(keep):]:
        lines.append("erase " + text(empty[len(keep):]))
    written = sum(b - a for a, b in new + keep)
    head = [str(version), str(written)] + (["0", "0"] if version >= 2 else [])
    return "\n".join(head + lines) + "\n", b"".join(data)


def assemble(listing, data, blocks):
    """The reader: what the phone would write, into zeros."""
    out, at = bytearray(blocks * BLOCK), 0
    for line in listing.splitlines():
        words = line.split()
        if len(words) != 2:
            continue
        n = [int(v) for v in words[1].split(",")][1:]
        for a, b in zip(n[::2], n[1::2]):
            size = (b - a) * BLOCK
            if words[0] == "new":
                out[a * BLOCK:b * BLOCK] = data[at:at + size]
                at += size
            elif words[0] == "zero":
                out[a * BLOCK:b * BLOCK] = bytes(size)
    assert at == len(data)
    return bytes(out)


def write(folder, name, content):
    with open(os.path.join(folder, name), "wb") as f:
        f.write(content)
    os.utime(os.path.join(folder, name), (1600000000, 1600000000))


def brotli(data, *options):
    return subprocess.run(["brotli", "-c", *options], input=data, stdout=subprocess.PIPE, check=True).stdout


def split(name, data, n):
    size = -(-len(data) // n)
    return {"%s.%d" % (name, i): data[i * size:(i + 1) * size] for i in range(n)}


def archive(folder, out, files, *options):
    if os.path.exists(out):
        os.remove(out)
    for name, content in files.items():
        write(folder, name, content)
    subprocess.run(["zip", "-q", "-X", *options, out, *files], cwd=folder, check=True)


def main():
    with tempfile.TemporaryDirectory() as tmp:
        tree = os.path.join(tmp, "tree")
        os.mkdir(tree)
        if sys.argv[1:2] == ["--big"]:
            r, mib, out = random.Random(5), int(sys.argv[2]), sys.argv[3]
            words = [bytes(r.choices(b"abcdefghijklmnopqrstuvwxyz ", k=r.randrange(3, 12))) for _ in range(5000)]
            for i in range(8):
                with open(os.path.join(tree, "f%d" % i), "wb") as f:
                    for _ in range(mib * 2):
                        f.write(r.randbytes(16 << 10) + b" ".join(r.choices(words, k=5500))[:48 << 10].ljust(48 << 10, b"\0"))
            img = image(tmp, tree, mib * 256 * 5 // 4)
            listing, data = cut(img, 4, 64)
            write(out, "system.transfer.list", listing.encode())
            write(out, "system.new.dat", data)
            write(out, "system.patch.dat", b"")
            write(out, "system.img", img)
            return
        files = plant(tree)
        img = image(tmp, tree, 512)
        golden = ["%s %d %s" % (hashlib.sha256(img).hexdigest(), len(img), "system")]
        golden += ["%s %d system!/%s" % (hashlib.sha256(c).hexdigest(), len(c), n) for n, c in sorted(files.items())]
        write(HERE, "golden.txt", ("\n".join(golden) + "\n").encode())
        for version in 1, 2, 3, 4:
            listing, data = cut(img, version, 1 + version % 3)
            assert assemble(listing, data, 512) == img
            common = {"system.transfer.list": listing.encode(), "system.patch.dat": b""}
            if version == 1:
                archive(tmp, os.path.join(HERE, "v1-stored.zip"), {**common, "system.new.dat": data}, "-0")
            if version == 2:
                archive(tmp, os.path.join(HERE, "v2-deflated.zip"), {**common, "system.new.dat": data})
            if version == 3:
                archive(tmp, os.path.join(HERE, "v3-parts.zip"), {**common, **split("system.new.dat", data, 3)}, "-0")
            if version == 4:
                packed = brotli(data, "-q", "6")
                archive(tmp, os.path.join(HERE, "v4-brotli.zip"), {**common, "system.new.dat.br": packed}, "-n", ".br")
                archive(tmp, os.path.join(HERE, "v4-brotli-parts.zip"), {**common, **split("system.new.dat.br", packed, 4)}, "-0")
                lines = listing.splitlines()
                old = "\n".join(lines[:4] + ["stash 0123456789abcdef0123456789abcdef01234567 2,3,4", "bsdiff 0 10 aa bb 2,3,4 1 2,3,4",
                                             "move cc 2,5,6 1 2,6,7", "free 0123456789abcdef0123456789abcdef01234567"] + lines[4:]) + "\n"
                archive(tmp, os.path.join(HERE, "v4-incremental.zip"), {**common, "system.transfer.list": old.encode(), "system.new.dat.br": packed})


main()
