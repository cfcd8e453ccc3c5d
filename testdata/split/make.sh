#!/bin/sh
# Makes a tar archive in three pieces with coreutils' split 9.1, gzipped, and golden.txt: size and SHA-256 of the whole.
set -eu
cd "$(dirname "$0")"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
seq 1 27000 >"$tmp/numbers"
tar -C "$tmp" --owner=0 --group=0 --mtime=@0 --format=ustar -cf "$tmp/rom.tar" numbers
(cd "$tmp" && split -b 64K -a 3 --numeric-suffixes=1 rom.tar rom.tar.)
echo "$(stat -c %s "$tmp/rom.tar") $(sha256sum <"$tmp/rom.tar" | cut -d' ' -f1)" >golden.txt
for p in "$tmp"/rom.tar.0*; do
	gzip -9n <"$p" >"${p##*/}.gz"
done
