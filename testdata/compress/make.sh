#!/bin/sh
# Makes the samples of this folder with the real tools: gzip, xz, bzip2, zstd, lz4, brotli, python3 (zlib, and headers that the tools cannot make).
# content.txt is what every sample decodes to unless its name says otherwise.
set -eu
cd "$(dirname "$0")"
i=0
: > content.txt
while [ $i -lt 400 ]; do
	echo "line $i of the content: $((i * 7919 % 10007)) 内容" >> content.txt
	i=$((i + 1))
done
touch -d '2024-01-02 03:04:05 UTC' content.txt
head -c 7000 content.txt > part1 && tail -c +7001 content.txt > part2 # two halves for concatenated streams

gzip -9 -k -c content.txt > named.gz
gzip -9 -n -c < content.txt > plain.gz
{ gzip -nc part1; gzip -nc part2; } > members.gz
{ cat plain.gz; head -c 512 /dev/zero; } > padded.gz
{ cat plain.gz; echo trailing text; } > trailing.gz
python3 - <<'PY'
import gzip, struct, zlib
data = open("content.txt", "rb").read()
body = gzip.compress(data, 9, mtime=0)[10:]
head = struct.pack("<4BIBB", 0x1f, 0x8b, 8, 0x1e, 0, 2, 3)
head += struct.pack("<H", 8) + b"AB\x04\x00abcd" + b"../dir/st\xf6red.txt\0" + b"a comment\0"
open("header.gz", "wb").write(head + struct.pack("<H", zlib.crc32(head) & 0xffff) + body)
for level, name in ((1, "01"), (5, "5e"), (6, "9c"), (9, "da")):
    open("level%s.zlib" % name, "wb").write(zlib.compress(data, level))
PY
xz -9 -c content.txt > plain.xz
xz --check=sha256 --block-size=4096 -c content.txt > blocks.xz
{ xz -c part1; head -c 8 /dev/zero; xz --check=none -c part2; head -c 4 /dev/zero; } > streams.xz
{ cat plain.xz; echo trailing text; } > trailing.xz
xz --x86 --delta=dist=4 --lzma2=preset=6 -c content.txt > filters.xz
xz --arm64 --lzma2=preset=6 -c content.txt > arm64.xz
xz -0 --lzma2=preset=6,dict=128MiB -c content.txt > dict128.xz
xz --format=lzma -c content.txt > plain.lzma
python3 - <<'PY'
import lzma
f = [{"id": lzma.FILTER_LZMA1, "dict_size": 1 << 20, "lc": 2, "lp": 1, "pb": 1}]
open("props.lzma", "wb").write(lzma.compress(open("content.txt", "rb").read(), lzma.FORMAT_ALONE, filters=f))
PY
bzip2 -9 -c content.txt > plain.bz2
{ bzip2 -c part1; bzip2 -1 -c part2; } > streams.bz2
{ cat plain.bz2; echo trailing text; } > trailing.bz2
zstd -q -19 -c content.txt > plain.zst
{ zstd -q --no-check -c part1; printf '\120\052\115\030\004\000\000\000skip'; zstd -q -c < part2; } > frames.zst
{ printf '\137\052\115\030\004\000\000\000skip'; cat plain.zst; head -c 100 /dev/zero; } > skippable.zst
{ cat plain.zst; printf 'x'; } > trailing.zst
lz4 -q -9 -c content.txt > plain.lz4
{ lz4 -q -BD -B4 -BX -c part1; printf '\120\052\115\030\004\000\000\000skip'; lz4 -q --content-size -c part2; } > frames.lz4
{ cat plain.lz4; printf 'xyz'; } > trailing.lz4
lz4 -q -l -c content.txt > legacy.lz4
{ lz4 -q -l -c part1; lz4 -q -l -c part2; head -c 600 /dev/zero; } > legacy2.lz4
{ cat legacy.lz4; python3 -c 'import sys,os,struct; sys.stdout.buffer.write(struct.pack("<I", os.path.getsize("content.txt")))'; } > kernel.lz4
brotli -q 9 -c content.txt > plain.br
{ cat plain.br; echo trailing text; } > trailing.br
for tool in 'gz gzip' 'xz xz' 'lzma xz --format=lzma' 'bz2 bzip2' 'zst zstd -q' 'lz4 lz4 -q' 'legacy.lz4 lz4 -q -l' 'br brotli'; do
	${tool#* } -c < /dev/null > "empty.${tool%% *}"
done
rm part1 part2
