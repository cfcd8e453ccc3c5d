#!/bin/sh
# Makes boot images of versions 0 to 3 and a vendor boot image of version 3 with AOSP's mkbootimg (Debian package mkbootimg 29.0.6), gzipped,
# and golden.txt (image, section, size, SHA-256), taken from the files that went in.
set -eu
cd "$(dirname "$0")"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
seq 1 900 >"$tmp/kernel"
(mkdir "$tmp/root" && cd "$tmp/root" && echo 'on boot' >init.rc && touch -d @0 . init.rc &&
	find . | LC_ALL=C sort | cpio -o -H newc -R 0:0 --reproducible --quiet | gzip -9n >"$tmp/ramdisk")
seq 1000 1100 >"$tmp/second"
seq 2000 2300 >"$tmp/dtbo"
seq 3000 3700 >"$tmp/dtb"

# the packaged tool divides as Python 2 did
sed 's#) / page_size#) // page_size#' "$(command -v mkbootimg)" >"$tmp/mkbootimg"

image() { # name, sections, options of mkbootimg
	name=$1 sections=$2
	shift 2
	python3 "$tmp/mkbootimg" --cmdline 'console=ttyS0 androidboot.hardware=tiny' --board tiny "$@"
	for s in $sections; do
		echo "$name ${s%%=*} $(stat -c %s "$tmp/${s#*=}") $(sha256sum <"$tmp/${s#*=}" | cut -d' ' -f1)"
	done >>"$tmp/golden"
	gzip -9n <"$tmp/img" >"$name.img.gz"
}
all='kernel=kernel ramdisk=ramdisk second=second'
image v0 "$all" --header_version 0 --pagesize 2048 --kernel "$tmp/kernel" --ramdisk "$tmp/ramdisk" --second "$tmp/second" -o "$tmp/img"
image v1 "$all recovery_dtbo=dtbo" --header_version 1 --pagesize 4096 --kernel "$tmp/kernel" --ramdisk "$tmp/ramdisk" --second "$tmp/second" \
	--recovery_dtbo "$tmp/dtbo" -o "$tmp/img"
image v2 "$all recovery_dtbo=dtbo dtb=dtb" --header_version 2 --pagesize 2048 --kernel "$tmp/kernel" --ramdisk "$tmp/ramdisk" --second "$tmp/second" \
	--recovery_dtbo "$tmp/dtbo" --dtb "$tmp/dtb" -o "$tmp/img"
image v3 'kernel=kernel ramdisk=ramdisk' --header_version 3 --kernel "$tmp/kernel" --ramdisk "$tmp/ramdisk" -o "$tmp/img"
image vendor_v3 'vendor_ramdisk=ramdisk dtb=dtb' --header_version 3 --pagesize 2048 --vendor_cmdline 'vendor=1' --dtb "$tmp/dtb" \
	--vendor_ramdisk "$tmp/ramdisk" --vendor_boot "$tmp/img"
mv "$tmp/golden" golden.txt
