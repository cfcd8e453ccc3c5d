#!/bin/sh
# Makes super images with make.py, since Debian has no lpmake, and golden.txt (image, partition, size, SHA-256) from what went in. All are gzipped.
set -eu
cd "$(dirname "$0")"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
{
	seq 1 30000 | head -c 32768
	head -c 131072 /dev/zero
	seq 50000 70000 | head -c 16384
} >"$tmp/system"
seq 80000 90000 | head -c 16384 >"$tmp/vendor"
seq 90000 95000 | head -c 8192 >"$tmp/vendor2"
seq 95000 99999 | head -c 12288 >"$tmp/odm"
: >"$tmp/none"

image() { # name, partitions as name:file, options of make.py
	name=$1 parts=$2
	shift 2
	python3 make.py "$tmp/img" "$@"
	for p in $parts; do
		f=$tmp/${p#*:}
		echo "$name $(echo "${p%%:*}" | tr _ ' ') $(stat -c %s "$f") $(sha256sum <"$f" | cut -d' ' -f1)"
	done | sed 's/ \(.*\) \([0-9]* [0-9a-f]*\)$/	\1	\2/' >>"$tmp/golden"
	gzip -9n <"$tmp/img" >"$name.img.gz"
}
image v0 'system:system vendor:vendor' --minor 0 --slots 1 system="$tmp/system" vendor="$tmp/vendor"
image slots 'systema:system vendora:vendor systemb:none odmb:odm vendora_(slot_1):vendor2' --scatter \
	systema="$tmp/system" vendora="$tmp/vendor" systemb= odmb@1="$tmp/odm" vendora@1="$tmp/vendor2"
image empty 'system:none vendor:none' --empty --slots 3 system="$tmp/system" vendor="$tmp/vendor"
image retrofit 'system:system vendor:vendor' --size 253952 --device vendor=1179648 system="$tmp/system" vendor="$tmp/vendor"
gzip -9n <"$tmp/img.vendor" >retrofit_vendor.img.gz
mv "$tmp/golden" golden.txt
