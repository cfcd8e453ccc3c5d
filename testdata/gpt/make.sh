#!/bin/sh
# Makes disk images with sgdisk (Debian package gdisk 1.0.9), fdisk and sfdisk (2.38.1), and golden.txt (image, partition, size, SHA-256) from what was
# copied into the partitions that the tools tell of. All are gzipped.
set -eu
cd "$(dirname "$0")"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
PATH=$PATH:/usr/sbin
: >golden.txt

put() { # image, partition, first byte, bytes
	seq "$3" "$(($3 + 9000))" | head -c "$4" >"$tmp/part"
	truncate -s "$4" "$tmp/part"
	dd if="$tmp/part" of="$tmp/img" bs=512 seek="$(($3 / 512))" conv=notrunc status=none
	printf '%s\t%s\t%s %s\n' "$1" "$2" "$4" "$(sha256sum <"$tmp/part" | cut -d' ' -f1)" >>golden.txt
}

truncate -s 1M "$tmp/img"
sgdisk -a 8 -n 1:64:+24K -c 1:boot_a -n 3:0:+8K -c 3:'Größe 系统' -n 2:0:+64K -t 2:0700 "$tmp/img" >/dev/null
for p in 1:boot_a 2:'partition 2' 3:'Größe 系统'; do
	at=$(sgdisk -i "${p%%:*}" "$tmp/img" | sed -n 's/^First sector: \([0-9]*\).*/\1/p')
	end=$(sgdisk -i "${p%%:*}" "$tmp/img" | sed -n 's/^Last sector: \([0-9]*\).*/\1/p')
	put gpt512 "${p#*:}" $((at * 512)) $(((end + 1 - at) * 512))
done
gzip -9n <"$tmp/img" >gpt512.img.gz
dd if="$tmp/img" of="$tmp/main" bs=512 count=34 status=none
gzip -9n <"$tmp/main" >main.img.gz

rm "$tmp/img"
truncate -s 2M "$tmp/img"
printf 'g\nn\n1\n256\n259\nn\n2\n300\n309\nx\nn\n1\nsystem\nn\n2\nvendor\nr\nw\n' | fdisk -b 4096 "$tmp/img" >/dev/null
put gpt4096 system $((256 * 4096)) 16384
put gpt4096 vendor $((300 * 4096)) 40960
gzip -9n <"$tmp/img" >gpt4096.img.gz

rm "$tmp/img"
truncate -s 1M "$tmp/img"
printf 'label: dos\nstart=64, size=32, type=c\nstart=128, size=900, type=5\nstart=1100, size=16, type=83\nstart=160, size=24, type=83\nstart=256, size=40, type=83\n' |
	sfdisk -q "$tmp/img"
sfdisk -d "$tmp/img" | sed -n 's/^.*img\([0-9]*\) : start= *\([0-9]*\), size= *\([0-9]*\), type=\([0-9a-f]*\).*/\1 \2 \3 \4/p' |
	while read -r n at size type; do
		[ "$type" = 5 ] || put mbr "partition $n" $((at * 512)) $((size * 512))
	done
gzip -9n <"$tmp/img" >mbr.img.gz
