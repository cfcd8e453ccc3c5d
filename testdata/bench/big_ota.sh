#!/bin/sh
# Makes a full OTA of more than 1 GiB out of the files of this machine, for measuring: big_ota.sh OUT.zip
# system is ext4, product EROFS (lz4hc, 64 KiB pclusters); the operations are replace, bz, xz and zstd in turn.
set -eu
out=$(readlink -f "$1")
cd "$(dirname "$0")"
here=$(pwd)
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
mkdir -p "$tmp/system" "$tmp/product"
cp -a /usr/bin /usr/share "$tmp/system/"
cp -a /usr/lib "$tmp/product/"
cp -a "$(go env GOROOT)" "$tmp/product/goroot"
size=$(du -sm "$tmp/system" | cut -f1)
mke2fs -q -t ext4 -O ^has_journal -b 4096 -m 0 -d "$tmp/system" "$tmp/system.img" "$((size * 115 / 100 + 64))M"
mkfs.erofs -zlz4hc -C65536 -T0 "$tmp/product.img" "$tmp/product" >/dev/null
rm -rf "$tmp/system" "$tmp/product"
python3 "$here/../payload/make_payload.py" --blocks 512 "$tmp/payload.bin" "system=$tmp/system.img" "product=$tmp/product.img"
rm -f "$out"
(cd "$tmp" && zip -q -0 -X "$out" payload.bin)
cp "$tmp/system.img" "$(dirname "$out")/system.img"
cp "$tmp/product.img" "$(dirname "$out")/product.img"
ls -l "$out"
