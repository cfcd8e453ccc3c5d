#!/bin/sh
# Makes a gzip tar of more than 1 GiB of mixed content out of the files of this machine, for measuring: big_tgz.sh OUT.tgz
# Programs, libraries and texts as files, and among them an ext4 image, which wants random access.
set -eu
out=$(readlink -f "$1")
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
PATH=$PATH:/usr/sbin:/sbin
mkdir -p "$tmp/rom/images" "$tmp/system"
cp -a /usr/bin "$tmp/system/"
size=$(du -sm "$tmp/system" | cut -f1)
mke2fs -q -t ext4 -O ^has_journal -b 4096 -m 0 -d "$tmp/system" "$tmp/rom/images/system.img" "$((size * 115 / 100 + 64))M"
rm -rf "$tmp/system"
cp -a "$(go env GOROOT)" "$tmp/rom/goroot"
cp -a /usr/share "$tmp/rom/"
tar -C "$tmp" --sort=name --hard-dereference --owner=0 --group=0 -cf - rom | gzip -6 >"$out"
gzip -dc "$out" | wc -c
ls -l "$out"
