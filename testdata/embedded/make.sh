#!/bin/sh
# Makes the samples of this folder with the real tools: gzip, xz, bzip2, zstd, lz4, brotli and python3 (zlib, and the headers that apps put in front of a stream).
# Every sample holds words.txt once, records.bin in pieces.
set -eu
cd "$(dirname "$0")"
i=0
: > words.txt
while [ $i -lt 120 ]; do
	echo "entry $i: $((i * 7919 % 10007)) 词汇" >> words.txt
	i=$((i + 1))
done
gzip -9 -n -c < words.txt > w.gz
bzip2 -9 -c words.txt > w.bz2
xz -9 -c words.txt > w.xz
xz --format=lzma -c words.txt > w.lzma
zstd -q -19 -c words.txt > w.zst
zstd -q -19 --no-check -c --stream-size="$(wc -c < words.txt)" < words.txt > w-sized.zst
lz4 -q -9 -c words.txt > w.lz4
lz4 -q -9 -l -c words.txt > w.legacy
brotli -q 9 -c words.txt > w.br
python3 - <<'PY'
import lzma, struct, subprocess, zlib

words = open("words.txt", "rb").read()
size = len(words)
le, be, le64, be64 = (struct.pack(f, size) for f in ("<I", ">I", "<Q", ">Q"))

def tool(name):
    return open("w." + name, "rb").read()

def write(name, *parts):
    open(name, "wb").write(b"".join(parts))

def deflate(bits, level=9):
    c = zlib.compressobj(level, zlib.DEFLATED, bits)
    return c.compress(words) + c.flush()

z, raw = zlib.compress(words, 9), deflate(-15)
write("length-zlib.bin", le, z)
write("qcompress.bin", be, z)  # Qt's qCompress
write("version-zlib.bin", b"LUAP", struct.pack("<HHI", 1, 3, len(z)), z, b"END.")
write("window.zlib", deflate(13))  # a window of 8 KiB: no magic that Zlib knows
write("ccz.bin", b"CCZ!", struct.pack(">HHII", 0, 2, 0, size), z)  # cocos2d
write("profile.bin", b"pro\x00010\x00", struct.pack("<BII", 1, size, len(z)), z)  # ART's baseline profiles
write("swf.bin", b"CWS\x09", struct.pack("<I", 8 + size), z)  # Flash
write("chunk.bin", struct.pack("<6Q", 0x9E2A83C1, 131072, len(z), size, len(z), size), z)  # Unreal's compressed chunks
for i, name in enumerate(("gz", "bz2", "xz", "lzma", "zst", "lz4", "legacy")):
    write("header-%s.bin" % name, b"\x01HDR" + bytes(i * 10) + le[: i % 3], tool(name), b"tail\0\x01" * (i % 2))
bare, sized = tool("zst")[4:], open("w-sized.zst", "rb").read()[4:]
write("zstd-bare.bin", bare)
write("zstd-bare-length.bin", le, struct.pack("<I", len(sized)), sized, b"behind it")
block = tool("legacy")[8:]
write("lz4-le.bin", le, block)
write("lz4-be.bin", be, block)
write("lz4-le64.bin", b"v1", le64, block)
write("lz4-be64.bin", be64, block)
write("lz4-both.bin", b"ASST\2\0\0\0", struct.pack("<II", len(block), size), block, b"and something behind it")
write("moz.jsonlz4", b"mozLz40\0", le, block)  # Firefox
write("deflate.bin", raw)
write("deflate-length.bin", le, raw)
write("deflate-both.bin", struct.pack(">II", len(raw), size), raw, b"\1\2\3 behind it")
write("deflate-header.bin", b"\x7fDAT\0\0\0\1", raw)
check = b"\0\0\0\0"  # not checked
write("lz4java.bin", b"LZ4Block\x26", struct.pack("<II", len(block), size), check, block, b"LZ4Block\x16", struct.pack("<II", 0, 0), check)

def godot(name, magic, mode, pack):  # Godot's compressed resources and files
    blocks = [pack(words[i : i + 512]) for i in range(0, size // 512 * 512 + 1, 512)]
    write(name, magic, struct.pack("<III", mode, 512, size), *(struct.pack("<I", len(b)) for b in blocks), *blocks, magic)

godot("godot-zstd.bin", b"RSCC", 2, lambda b: subprocess.run(["zstd", "-q", "-c"], input=b, capture_output=True, check=True).stdout)
godot("godot-zlib.bin", b"GCPF", 1, zlib.compress)
br = tool("br")
write("brotli.bin", br)
write("brotli-length.bin", be, br)
write("brotli-both.bin", struct.pack("<II", size, len(br)), br, b"\1\2\3 behind it")
write("brotli-header.bin", b"\xffBRT\0\0\0\1", br)
f = {"id": lzma.FILTER_LZMA1, "dict_size": 1 << 16}
payload = lzma.compress(words, lzma.FORMAT_RAW, filters=[f])
props = b"\x5d" + struct.pack("<I", 1 << 16)
write("lzma-size32.bin", props, le, payload)
write("lzma-size-in-front.bin", le, props, payload)
records = [words[i : i + 500] for i in range(0, size, 500)]
write("records.bin", b"REC1", *(struct.pack("<I", len(c)) + c for c in map(zlib.compress, records)))
PY
rm w.* w-sized.zst
