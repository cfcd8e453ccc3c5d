#!/bin/sh
# Makes demo_ota.zip, a small full OTA in which lists and a loader are planted, and demo_ota.txt, which says what and where.
# Partitions: system (ext4), product (EROFS lz4hc), vendor (EROFS lz4hc, big pclusters, tail packing), boot (version 2 with a gzip cpio ramdisk).
# Needs python3, zip, e2fsprogs, erofs-utils, cpio, mkbootimg (Debian packages), zstd.
set -eu
cd "$(dirname "$0")"
here=$(pwd)
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
export TZ=UTC LC_ALL=C.UTF-8
python3 "$here/plant.py" "$here/../../wordlists" "$tmp"

apk() { # folder
	(cd "$1.d" && find . -exec touch -h -d '2024-02-03 04:05:06 UTC' {} + && find . -type f | sort | zip -q -X -9 "$tmp/$1" -@)
	rm -r "$1.d"
}
find system product vendor -name '*.d' | sort | while read -r d; do apk "${d%.d}"; done
find system product vendor ramdisk -exec touch -h -d '2024-02-03 04:05:06 UTC' {} +

uuid=7a1c5e00-0000-4000-8000-00000000000
mke2fs -q -t ext4 -O ^has_journal -b 4096 -m 0 -U ${uuid}1 -E hash_seed=${uuid}2,root_owner=0:0 -d system system.img 2M
mkfs.erofs -zlz4hc -T1706932800 -U ${uuid}3 product.img product >/dev/null
mkfs.erofs -zlz4hc -C65536 -Eztailpacking -T1706932800 -U ${uuid}4 vendor.img vendor >/dev/null
(cd ramdisk && find . | sort | cpio -o -H newc -R 0:0 --reproducible --quiet | gzip -9n >../ramdisk.gz)
seq 1 3000 >kernel
sed 's#) / page_size#) // page_size#' "$(command -v mkbootimg)" >mkbootimg.py
python3 mkbootimg.py --header_version 2 --pagesize 4096 --kernel kernel --ramdisk ramdisk.gz --dtb kernel --cmdline 'console=demo' -o boot.img
truncate -s %4096 boot.img

mkdir -p META-INF/com/android
printf 'ota-type=AB\npost-build=demo/zijin_demo/zijin:11/RKQ1.201112.002/V12.5.7.0.DEMO:user/release-keys\n' >META-INF/com/android/metadata
python3 "$here/../payload/make_payload.py" --blocks 64 payload.bin boot=boot.img system=system.img product=product.img vendor=vendor.img
touch -d '2024-02-03 04:05:06 UTC' payload.bin META-INF/com/android/metadata
rm -f "$here/demo_ota.zip"
zip -q -X -0 "$here/demo_ota.zip" payload.bin META-INF/com/android/metadata
cp planted.txt "$here/demo_ota.txt"
