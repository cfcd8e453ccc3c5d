#!/bin/sh
# Makes the samples with dtc (apt: device-tree-compiler) and AOSP's mkdtboimg (system/libufdt), which have to be in PATH:
#   v0.img      three entries, the first and the last share a device tree
#   v1.img      entries as they are, zlib and gzip
#   acpi.img    a table over something that is no device tree
#   golden.tsv  image, entry, size and SHA-256 as mkdtboimg dump writes them
set -eu
cd "$(dirname "$0")"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
out=$PWD
for n in 1 2 3; do
	printf '/dts-v1/;\n/ { compatible = "example,board%s"; model = "Sample board %s"; chosen { bootargs = "console=ttyS%s quiet"; }; memory@0 { reg = <0 0x4%s000000>; }; };\n' $n $n $n $n |
		dtc -q -I dts -O dtb -o "$tmp/$n.dtb" -
done
echo "a table for the ACPI partition" >"$tmp/a.aml"
cd "$tmp"
mkdtboimg create "$out/v0.img" --page_size=4096 1.dtb --id=0x10 2.dtb --id=0x20 --rev=1 1.dtb --id=0x30
mkdtboimg create "$out/v1.img" --version=1 1.dtb --flags=0 2.dtb --flags=1 3.dtb --flags=2
mkdtboimg create "$out/acpi.img" --dt_type=acpi a.aml
for name in v0 v1 acpi; do
	mkdtboimg dump "$out/$name.img" -b "$name" >/dev/null
	for f in "$name".*; do
		printf '%s\tdtb%02d\t%s\t%s\n' "$name" "${f##*.}" "$(stat -c %s "$f")" "$(sha256sum <"$f" | cut -d' ' -f1)"
	done
done >"$out/golden.tsv"
