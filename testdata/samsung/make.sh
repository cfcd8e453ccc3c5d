#!/bin/sh
# Makes a Samsung-like archive: images in lz4 frames in a tar, and behind it the line of md5sum, as the maker's own files have it.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
mkdir tree
awk 'BEGIN { for (i = 0; i < 300; i++) printf "word %d of the list\n", i }' > tree/words.txt
printf 'ro.product.model=SM-sample\n' > tree/build.prop
find tree -exec touch -d '2024-02-03 04:05:06 UTC' {} +
E2FSPROGS_FAKE_TIME=1706933106 mke2fs -q -F -t ext4 -b 4096 -O ^has_journal,^resize_inode,^metadata_csum \
	-E hash_seed=01234567-89ab-cdef-0123-456789abcdef,root_owner=0:0 -U 01234567-89ab-cdef-0123-456789abcdef -N 32 -L system -d tree system.img 128
printf 'parameters' > param.bin
lz4 -q -B6 --content-size system.img system.img.lz4
lz4 -q param.bin param.bin.lz4
touch -d '2024-02-03 04:05:06 UTC' ./*
tar --format=ustar --owner=0 --group=0 --numeric-owner -cf AP_SAMPLE.tar system.img.lz4 param.bin.lz4
md5sum -t AP_SAMPLE.tar >> AP_SAMPLE.tar
mv AP_SAMPLE.tar "$here/AP_SAMPLE.tar.md5"
sha256sum tree/build.prop tree/words.txt param.bin | sed 's/ tree\// /' > "$here/golden.txt"
