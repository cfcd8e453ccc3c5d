#!/bin/sh
# Makes tiny.bin (all types of full operations over an ext4 and an EROFS image) and tiny.sha256 (of the images themselves).
# Needs python3, zstd, e2fsprogs and erofs-utils.
set -eu
cd "$(dirname "$0")"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
mkdir "$tmp/tree"
seq 1 4000 >"$tmp/tree/numbers"
printf 'ro.build.id=TINY\n' >"$tmp/tree/build.prop"
mke2fs -q -t ext4 -O ^has_journal -b 4096 -m 0 -U 6f5c0f4e-0000-4000-8000-000000000001 -E hash_seed=6f5c0f4e-0000-4000-8000-000000000002,root_owner=0:0 \
	-d "$tmp/tree" "$tmp/system.img" 512k
mkfs.erofs -zlz4hc -T0 -U 6f5c0f4e-0000-4000-8000-000000000003 "$tmp/product.img" "$tmp/tree" >/dev/null
python3 make_payload.py --blocks 4 tiny.bin "system=$tmp/system.img" "product=$tmp/product.img"
for name in system product; do
	size=$(stat -c %s "$tmp/$name.img")
	[ $((size % 4096)) -eq 0 ] || { echo "$name: $size bytes are no whole blocks" >&2; exit 1; }
	echo "$name $size $(sha256sum <"$tmp/$name.img" | cut -d' ' -f1)"
done >tiny.sha256
