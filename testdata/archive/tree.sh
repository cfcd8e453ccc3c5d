#!/bin/sh
# Makes the tree that the archives hold in ./tree, and tree.tsv: type, permissions, size, sha256 or link target, name.
set -eu
out=$1
mkdir -p tree/assets/deep/er tree/empty
printf 'one term per line\n词语\n最後一行\n' > tree/assets/list.txt
: > tree/assets/nothing
awk 'BEGIN { for (i = 0; i < 1200; i++) printf "line %d of %d: %x\n", i, i * 7919, i * 2654435761 % 4294967296 }' > tree/assets/deep/er/lines.txt
head -c 300 tree/assets/deep/er/lines.txt | gzip -n > tree/small.gz
printf 'x' > "tree/名字 with space"
ln -s assets/list.txt tree/link
chmod 755 tree tree/assets tree/assets/deep tree/assets/deep/er tree/empty
chmod 644 tree/assets/list.txt tree/assets/nothing tree/assets/deep/er/lines.txt tree/small.gz "tree/名字 with space"
chmod 755 tree/small.gz
find tree -exec touch -h -d '2024-02-03 04:05:06 UTC' {} +
(cd tree && find . -mindepth 1 -printf '%y %m %s %P\n' | LC_ALL=C sort -k4 | while read -r type mode size name; do
	case $type in
	f) what=$(sha256sum < "$name" | cut -d' ' -f1) ;;
	l) what=$(readlink "$name") mode=777 ;;
	d) what=- size=0 ;;
	esac
	printf '%s\t%s\t%s\t%s\t%s\n' "$type" "$mode" "$size" "$what" "$name"
done) > "$out"
