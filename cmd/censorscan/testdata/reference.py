#!/usr/bin/env python3
"""Reads formats for which Debian has no tool: an independent reader of each, from the layout alone, for small images that are whole.

    reference.py FORMAT FILE [ARGUMENT...]

Prints size, SHA-256 and name (in hex; none if there is one file only) of every file in the container. Needs the zstd, lz4 and brotli tools for what they compress.
"""
import base64
import bz2
import hashlib
import lzma
import struct
import subprocess
import sys
import zipfile
import zlib


def tool(data, *command):
    return subprocess.run(command, input=data, stdout=subprocess.PIPE, check=True).stdout


def text(data, at):
    end = data.index(b"\0", at)
    return data[at:end], end + 1


def lz4_block(src):
    """doc/lz4_Block_format.md"""
    out, i = bytearray(), 0

    def length(n):
        nonlocal i
        if n == 15:
            while True:
                n += src[i]
                i += 1
                if src[i - 1] != 255:
                    break
        return n

    while i < len(src):
        token = src[i]
        i += 1
        n = length(token >> 4)
        out += src[i:i + n]
        i += n
        if i >= len(src):
            break
        distance = src[i] | src[i + 1] << 8
        i += 2
        for _ in range(length(token & 15) + 4):
            out.append(out[-distance])
    return bytes(out)


def lzma_raw(src, size=None):
    """Five bytes of properties, then the stream."""
    props, dictionary = struct.unpack_from("<BI", src)
    lc, rest = props % 9, props // 9
    filters = [{"id": lzma.FILTER_LZMA1, "dict_size": dictionary, "lc": lc, "lp": rest % 5, "pb": rest // 5}]
    return lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=filters).decompress(src[5:], -1 if size is None else size)


def super_image(data):
    """AOSP liblp, metadata_format.h. Several block devices lie one behind another."""
    bare = data[:4] == b"gDla"
    largest, slots = struct.unpack_from("<II", data, (0 if bare else 4096) + 40)
    seen = {}
    for slot in range(1 if bare else slots):
        at = 4096 if bare else 12288 + slot * largest
        if data[at:at + 4] != b"0PLA":
            continue
        size = struct.unpack_from("<I", data, at + 8)[0]
        tables = [struct.unpack_from("<III", data, at + 80 + 12 * i) for i in range(4)]

        def rows(i, layout):
            first, count, step = tables[i]
            return [struct.unpack_from(layout, data, at + size + first + k * step) for k in range(count)]

        starts = [0]
        for device in rows(3, "<QIIQ36sI"):
            starts.append(starts[-1] + device[3])
        extents = rows(1, "<QIQI")
        for name, _, first, count, _ in rows(0, "<36sIIII"):
            places = tuple(extents[first:first + count])
            name = name.rstrip(b"\0")
            if places in seen.setdefault(name, []):
                continue
            seen[name].append(places)
            if len(seen[name]) > 1:
                name += b" (slot %d)" % slot
            yield name, b"".join(bytes(n * 512) if kind else data[starts[device] + start * 512:][:n * 512] for n, kind, start, device in places)


def unity(data):
    magic, at = text(data, 0)
    version = struct.unpack_from(">I", data, at)[0]
    _, at = text(data, at + 4)
    _, at = text(data, at)
    if magic != b"UnityFS":
        at += 20 if version >= 4 else 0
        _, header, _, levels = struct.unpack_from(">IIII", data, at)
        body = data[header:]
        if magic == b"UnityWeb":
            body = lzma.decompress(body, lzma.FORMAT_ALONE)
        at = 4
        for _ in range(struct.unpack_from(">I", body)[0]):
            name, at = text(body, at)
            first, size = struct.unpack_from(">II", body, at)
            at += 8
            yield name, body[first:first + size]
        return
    _, packed, plain, flags = struct.unpack_from(">qIII", data, at)
    at += 20

    def unpack(method, src, size):
        out = {0: lambda: src, 1: lambda: lzma_raw(src, size), 2: lambda: lz4_block(src), 3: lambda: lz4_block(src)}[method & 63]()
        assert len(out) == size, (method, len(out), size)
        return out

    def body(at):
        """The blocks and the table, read with the table at this place."""
        where = len(data) - packed if flags & 0x80 else at
        table = unpack(flags, data[where:where + packed], plain)
        if not flags & 0x80:
            at += packed
        if flags & 0x200:
            at += -at % 16
        out, i = b"", 20
        for _ in range(struct.unpack_from(">I", table, 16)[0]):
            full, size, how = struct.unpack_from(">IIH", table, i)
            out += unpack(how, data[at:at + size], full)
            at, i = at + size, i + 10
        assert at == (len(data) - packed if flags & 0x80 else len(data))
        return out, table, i

    try:
        out, table, i = body(at + (-at % 16 if version >= 7 else 0))
    except (KeyError, IndexError, AssertionError, struct.error): # some of version 6 are aligned
        out, table, i = body(at + -at % 16)
    count = struct.unpack_from(">I", table, i)[0]
    i += 4
    for _ in range(count):
        first, size, _ = struct.unpack_from(">qqI", table, i)
        name, i = text(table, i + 20)
        yield name, out[first:first + size]


def pak(data, *names):
    """ui/base/resource/data_pack.cc. Small resources that follow one another are taken together as the names say: FIRST-LAST."""
    if data[0] == 4:
        count, at = struct.unpack_from("<I", data, 4)[0], 9
    else:
        count, at = struct.unpack_from("<H", data, 8)[0], 12
    entries = [struct.unpack_from("<HI", data, at + 6 * i) for i in range(count + 1)]
    content = {}
    for (number, first), (_, end) in zip(entries, entries[1:]):
        body = data[first:end]
        if body[:2] == b"\x1e\x9b":
            body = tool(body[8:], "brotli", "-d", "-c")
        content[number] = body
    order, taken = list(content), []
    for name in names:
        first, _, last = name.partition(".")[0].partition("-")
        part = order[order.index(int(first)):order.index(int(last or first)) + 1]
        taken += part
        yield name.encode(), b"".join(content[n] for n in part)
    assert taken == order, "left out: %s" % (set(order) - set(taken))


def oat(data):
    """The DEX files, each by its own header, which tells its size."""
    at = n = 0
    while True:
        found = [i for i in (data.find(m, at) for m in (b"dex\n03", b"cdex00")) if i >= 0]
        if not found:
            return
        at, n = min(found), n + 1
        size = struct.unpack_from("<I", data, at + 32)[0]
        yield b"classes%s.dex" % (b"%d" % n if n > 1 else b""), data[at:at + size]
        at += size


def kernel(data):
    """As extract-vmlinux does: whatever behind a magic can be unpacked."""

    def lz4_legacy(src):
        out, i = b"", 4
        while i + 4 < len(src):
            size = struct.unpack_from("<I", src, i)[0]
            if size > len(src) - i - 4:
                break
            out, i = out + lz4_block(src[i + 4:i + 4 + size]), i + 4 + size
        return out, i

    def xz(src, form):
        d = lzma.LZMADecompressor(form)
        out = d.decompress(src)
        return out, len(src) - len(d.unused_data)

    def gzip(src):
        d = zlib.decompressobj(31)
        out = d.decompress(src) + d.flush()
        assert d.eof
        return out, len(src) - len(d.unused_data)

    def zstd(src):
        for end in range(len(src), 12, -1):
            p = subprocess.run(["zstd", "-q", "-d", "-c"], input=src[:end], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
            if p.returncode == 0:
                return p.stdout, end
        raise ValueError

    kinds = [(b"\x1f\x8b\x08", gzip), (b"\xfd7zXZ\0", lambda s: xz(s, lzma.FORMAT_XZ)), (b"\x5d\0\0", lambda s: xz(s, lzma.FORMAT_ALONE)),
             (b"\x02\x21\x4c\x18", lz4_legacy), (b"\x28\xb5\x2f\xfd", zstd)]
    at = 0
    while at < len(data):
        for magic, unpack in kinds:
            if data.startswith(magic, at):
                try:
                    out, size = unpack(data[at:])
                except (zlib.error, lzma.LZMAError, ValueError, AssertionError, IndexError, struct.error):
                    continue
                if len(out) >= 64:
                    yield b"", out
                    at += size - 1
                    break
        at += 1


def dtbo(data):
    """system/libufdt, dt_table.h; entries of one place are one file."""
    _, _, _, step, count, first = struct.unpack_from(">IIIIII", data)
    places = []
    for i in range(count):
        size, at = struct.unpack_from(">II", data, first + i * step)
        if (at, size) not in places:
            yield b"dtb%02d" % i, data[at:at + size]
        places.append((at, size))


def avb(data):
    """external/avb, avb_footer.h"""
    if data[-64:-60] == b"AVBf":
        yield b"", data[:struct.unpack_from(">Q", data, len(data) - 64 + 12)[0]]


def backup(data):
    _, version, compressed, key, body = data.split(b"\n", 4)
    assert key == b"none"
    yield b"", zlib.decompress(body) if compressed == b"1" else body


def embedded(data, *names):
    """Streams in assets: what is in a place is told by the name, "(KIND at OFFSET)"; where it ends by the stream, or by 32 bits in front of it."""

    def with_tail(src, *command):
        for end in range(len(src), 12, -1):
            p = subprocess.run(command, input=src[:end], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
            if p.returncode == 0 and p.stdout:
                return p.stdout
        raise ValueError("nothing that %s decodes" % command[0])

    def inflated(src, bits):
        out = b""
        while True:  # streams may follow one another
            d = zlib.decompressobj(bits)
            try:
                part = d.decompress(src) + d.flush()
            except zlib.error:
                return out
            assert d.eof
            out, src = out + part, d.unused_data
            if not src or bits < 0:
                return out

    def blocks(src):
        out = b""
        while src:
            assert src[:8] == b"LZ4Block"
            method, size, _, _ = struct.unpack_from("<BIII", src, 8)
            out += lz4_block(src[21:21 + size]) if method & 0xF0 == 0x20 else src[21:21 + size]
            src = src[21 + size:]
        return out

    def lzma1(at):
        if data[at] == 0x5D:
            return lzma.LZMADecompressor(lzma.FORMAT_ALONE).decompress(data[at:])
        props, size = (at - 9, at - 4) if data[at - 9] == 0x5D else (at - 5, at - 9)
        return lzma_raw(data[props:props + 5] + data[at:], struct.unpack_from("<I", data, size)[0])

    def first(at):
        sizes = [struct.unpack_from(order, data, i)[0] for i in range(at - 3) for order in ("<I", ">I")]
        return data[at:at + max((n for n in sizes if (len(data) - at) // 2 < n < len(data) - at), default=len(data))]

    kinds = {
        "zlib": lambda at: inflated(data[at:], 15), "gzip": lambda at: inflated(data[at:], 31), "deflate": lambda at: inflated(data[at:], -15),
        "bzip2": lambda at: bz2.BZ2Decompressor().decompress(data[at:]), "xz": lambda at: lzma.LZMADecompressor(lzma.FORMAT_XZ).decompress(data[at:]),
        "lzma": lzma1, "zstd": lambda at: with_tail((b"" if data[at:at + 4] == b"(\xb5/\xfd" else b"(\xb5/\xfd") + data[at:], "zstd", "-q", "-d", "-c"),
        "lz4": lambda at: with_tail(data[at:], "lz4", "-q", "-d", "-c"), "lz4 block": lambda at: lz4_block(first(at)),
        "lz4-java": lambda at: blocks(data[at:]), "brotli": lambda at: tool(first(at), "brotli", "-d", "-c"),
    }
    for name in names:
        kind, _, at = name.strip("()").rpartition(" at ")
        yield name.encode(), kinds[kind](int(at))


def zip_archive(data, path):
    """Names that stand there more than once are told apart by a number."""
    seen = {}
    with zipfile.ZipFile(path) as z:
        for i in z.infolist():
            if not i.is_dir():
                seen[i.filename] = seen.get(i.filename, 0) + 1
                name = i.filename + ("#%d" % seen[i.filename] if seen[i.filename] > 1 else "")
                yield name.encode("utf-8" if i.flag_bits & 0x800 else "cp437"), z.read(i)


def sdat(listing, *parts):
    """bootable/recovery, updater/blockimg.cpp: the new and zero commands of a transfer list."""
    data, at, out = b"".join(open(p, "rb").read() for p in parts), 0, bytearray()
    for line in listing.decode().split("\n"):
        words = line.split(" ")
        if len(words) != 2:
            continue
        numbers = [int(n) for n in words[1].split(",")][1:]
        for first, end in zip(numbers[::2], numbers[1::2]):
            first, end = first * 4096, end * 4096
            out += bytes(max(0, end - len(out)))
            if words[0] == "new":
                out[first:end] = data[at:at + end - first]
                at += end - first
    assert at == len(data), "%d bytes of %d are wanted" % (at, len(data))
    yield b"", bytes(out)


def xor(data, *names):
    """No layout: the names say which key byte to use, if any."""
    for name in names:
        key = int(name[-3:-1], 16) if name[:-3].endswith(" (xor 0x") else 0
        yield name.encode(), bytes(b ^ key for b in data)


def base64_text(data, *names):
    """Both alphabets, with or without padding."""
    data = data.translate(bytes.maketrans(b"-_", b"+/"), b"\r\n =")
    return [(names[0].encode(), base64.b64decode(data + b"=" * (-len(data) % 4)))]


READERS = {"super": super_image, "unity": unity, "pak": pak, "oat": oat, "kernel": kernel, "dtbo": dtbo, "avb": avb, "android-backup": backup,
           "zlib": lambda data: [(b"", zlib.decompress(data))], "embedded": embedded, "zip": zip_archive, "sdat": sdat, "xor": xor,
           "base64": base64_text}

with open(sys.argv[2], "rb") as f:
    extra = [sys.argv[2]] if sys.argv[1] == "zip" else sys.argv[3:]
    for name, content in READERS[sys.argv[1]](f.read(), *extra):
        print(len(content), hashlib.sha256(content).hexdigest(), name.hex())
