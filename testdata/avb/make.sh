#!/bin/sh
# Makes the samples with AOSP's avbtool (external/avb), which has to be in PATH with openssl:
#   NAME.img.gz   the images
#   golden.tsv    image, size and SHA-256 of the image without its footer, offset and size of its hash tree as avbtool info_image tells them
set -eu
cd "$(dirname "$0")"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
openssl genrsa -out "$tmp/key.pem" 2048 2>/dev/null
avbtool extract_public_key --key "$tmp/key.pem" --output "$tmp/key.bin"

# image NAME BYTES: numbered lines, so that every block has a hash of its own
image() { seq -f "line %09.0f of the partition $1" 1 40000 | head -c "$2" >"$tmp/$1.img"; cp "$tmp/$1.img" "$tmp/$1.orig"; }

image hash 10000
avbtool add_hash_footer --image "$tmp/hash.img" --partition_name boot --partition_size 94208 --salt 00112233 \
	--prop com.example.os_version:14 --prop com.example.note:sample
image tree 700000
avbtool add_hashtree_footer --image "$tmp/tree.img" --partition_name system --partition_size 786432 --salt aabbccdd --do_not_generate_fec \
	--hash_algorithm sha256 --algorithm SHA256_RSA2048 --key "$tmp/key.pem" --kernel_cmdline "androidboot.sample=1"
image sha1 602112
avbtool add_hashtree_footer --image "$tmp/sha1.img" --partition_name vendor --partition_size 0 --salt "" --do_not_generate_fec \
	--hash_algorithm sha1
avbtool make_vbmeta_image --output "$tmp/vbmeta.img" --algorithm SHA256_RSA2048 --key "$tmp/key.pem" --chain_partition "recovery:1:$tmp/key.bin" \
	--include_descriptors_from_image "$tmp/hash.img" --include_descriptors_from_image "$tmp/tree.img" --padding_size 4096

for name in hash tree sha1; do
	printf '%s\t%s\t%s' "$name" "$(stat -c %s "$tmp/$name.orig")" "$(sha256sum <"$tmp/$name.orig" | cut -d' ' -f1)"
	avbtool info_image --image "$tmp/$name.img" | awk '/Tree Offset:/ {o = $3} /Tree Size:/ {s = $3} END {printf "\t%d\t%d\n", o, s}'
done >golden.tsv
for name in hash tree sha1 vbmeta; do
	gzip -9nc "$tmp/$name.img" >"$name.img.gz"
done
