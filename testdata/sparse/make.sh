#!/bin/sh
# Makes sparse images with AOSP's img2simg and simg2simg (Debian package android-sdk-libsparse-utils 29.0.6): image.simg, with raw chunks and fills, its parts
# image.img.0 to .3, and golden.txt with size and SHA-256 of what simg2img makes of them. care.simg, by make.py, has "don't care" and CRC32 chunks too.
# All are gzipped.
set -eu
cd "$(dirname "$0")"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
fill() { head -c "$1" /dev/zero | tr '\0' "$2"; }
{
	seq 1 12000
	fill 40000 '\0'
} | head -c 65536 >"$tmp/raw"
{
	cat "$tmp/raw"
	fill 262144 '\0'
	fill 65536 '\377'
	seq 20000 40000 | head -c 98304
	fill 131072 '\0'
	seq 50000 60000 | head -c 49152
	fill 8192 a
} >"$tmp/image.img"
img2simg "$tmp/image.img" "$tmp/image.simg"
simg2simg "$tmp/image.simg" "$tmp/part" 70000
python3 make.py "$tmp/image.img" "$tmp/care.simg"
simg2img "$tmp/image.simg" "$tmp/whole"
cmp "$tmp/whole" "$tmp/image.img"
rm "$tmp/whole"
simg2img "$tmp"/part.* "$tmp/whole"
cmp "$tmp/whole" "$tmp/image.img"
rm "$tmp/whole"
simg2img "$tmp/care.simg" "$tmp/whole"
cmp "$tmp/whole" "$tmp/image.img"
echo "$(stat -c %s "$tmp/whole") $(sha256sum <"$tmp/whole" | cut -d' ' -f1)" >golden.txt
rm -f ./*.gz
gzip -9n <"$tmp/image.simg" >image.simg.gz
gzip -9n <"$tmp/care.simg" >care.simg.gz
for p in "$tmp"/part.*; do
	gzip -9n <"$p" >"image.img.${p##*.}.gz"
done
