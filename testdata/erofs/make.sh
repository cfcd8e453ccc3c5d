#!/bin/sh
# Makes the images of this folder from one small tree, and tree.tsv, what the tree holds: name, mode, size, SHA-256, link, attributes.
# Needs mkfs.erofs of erofs-utils 1.9 or later with lz4, lzma, deflate and zstd (MKFS_EROFS names it), python3, and root for devices and attributes.
set -eu
cd "$(dirname "$0")"
mkfs=${MKFS_EROFS:-mkfs.erofs}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 - "$tmp/tree" tree.tsv <<'PY'
import hashlib, os, random, stat, sys
root, golden = os.fsencode(sys.argv[1]), sys.argv[2]
rnd = random.Random(7)
def put(name, data):
    path = os.path.join(root, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as f:
        f.write(data)
def text(n):
    out = b""
    while len(out) < n:
        out += b"entry %d: %s\n" % (len(out), rnd.choice(["敏感词", "测试", "word", "list"]).encode())
    return out[:n]
big = text(48000)
put(b"app/big.txt", big)
put(b"app/shifted.txt", b"shift" + big[:20000])
put(b"app/copy.txt", big[:30000] + text(100))
put(b"app/random.bin", rnd.randbytes(6000))
put(b"app/mixed.bin", text(9000) + rnd.randbytes(5000) + bytes(9000) + text(777))
put(b"etc/zeros", bytes(30000))
for n in (0, 1, 4095, 4096, 4097, 16385):
    put(b"etc/text-%d" % n, text(n))
for i in range(30):
    put(b"many/file %02d" % i, b"%d\n" % i)
put(b"etc/\xff\xfe not utf-8", b"odd name\n")
put("etc/中文".encode(), text(50))
with open(os.path.join(root, b"etc/sparse"), "wb") as f:
    f.write(text(100)); f.seek(50000); f.write(text(100)); f.truncate(80000)
os.symlink("etc/text-1", os.path.join(root, b"link"))
os.symlink("../" * 40 + "outside", os.path.join(root, b"etc/link-out"))
os.symlink("long/" * 200, os.path.join(root, b"etc/link-long"))
os.link(os.path.join(root, b"app/big.txt"), os.path.join(root, b"app/hard"))
os.mkfifo(os.path.join(root, b"etc/fifo"))
os.mknod(os.path.join(root, b"etc/null"), 0o600 | stat.S_IFCHR, os.makedev(1, 3))
os.chmod(os.path.join(root, b"etc/text-1"), 0o4755)
for name in (b"", b"app/big.txt", b"etc/text-4096"):
    os.setxattr(os.path.join(root, name), "security.selinux", b"u:object_r:system_file:s0\0")
os.setxattr(os.path.join(root, b"app/random.bin"), "user.test", b"value")
lines = []
for where, dirs, files in os.walk(root):
    for path in [where] + [os.path.join(where, f) for f in files + [d for d in dirs if os.path.islink(os.path.join(where, d))]]:
        st = os.lstat(path)
        size, digest, link = "0", "", b""
        if stat.S_ISREG(st.st_mode):
            data = open(path, "rb").read()
            size, digest = str(len(data)), hashlib.sha256(data).hexdigest()
        elif stat.S_ISLNK(st.st_mode):
            link = os.readlink(path)
        attrs = b",".join(n.encode() + b"=" + os.getxattr(path, n, follow_symlinks=False).hex().encode()
                          for n in sorted(os.listxattr(path, follow_symlinks=False)))
        lines.append(b"\t".join([path[len(root):] or b"/", b"%o" % st.st_mode, size.encode(), digest.encode(), link, attrs]))
with open(golden, "wb") as f:
    f.write(b"\n".join(sorted(lines)) + b"\n")
PY
make() { # name, options
  name=$1; shift
  "$mkfs" -T0 -U 00000000-0000-0000-0000-000000000001 --quiet "$@" "$name.erofs" "$tmp/tree"
}
rm -f ./*.erofs
make plain
make chunk --chunksize=4096 -zlz4hc --all-root
make lz4 -zlz4
make lz4-legacy -zlz4 -Elegacy-compress
make lz4hc-bigpcluster -zlz4hc -C65536
make lzma -zlzma,9 -C16384
make deflate -zdeflate,9
make zstd -zzstd -C65536
make ztailpacking -zlz4hc -Eztailpacking
make fragments -zlz4hc -Efragments -C16384
make all-fragments -zzstd -Eall-fragments -C65536
make dedupe -zlz4hc -Ededupe,fragments -C16384
make 16k -zlz4hc -b16384 -Efragments
make 48bit -zzstd -E48bit -C65536
make metabox -zlz4hc -m4096 --zD=1
