#!/bin/sh
# Makes a small archive in each form with GNU cpio 2.13, and golden.txt of what went in: name, mode, size and SHA-256 of a file, target of a link.
set -eu
cd "$(dirname "$0")"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
umask 022
mkdir -p "$tmp/tree/etc/empty"
cd "$tmp/tree"
seq 1 300 >etc/numbers
printf x >etc/one
: >etc/nothing
ln etc/numbers etc/hard1
ln etc/numbers etc/hard2
: >etc/hollow1
ln etc/hollow1 etc/hollow2
ln -s ../etc/numbers etc/link
printf 'set user id' >etc/setuid
chmod 4755 etc/setuid
mkfifo etc/fifo
mknod etc/null c 1 3
mknod etc/disk b 8 17
touch -h -d @0 etc/* etc .
find . | LC_ALL=C sort >"$tmp/list"
while read -r f; do
	case $(stat -c %F "$f") in
	regular*) what="$(stat -c %s "$f") $(sha256sum <"$f" | cut -d' ' -f1)" ;;
	symbolic*) what=$(readlink "$f") ;;
	*special*) what=$((0x$(stat -c %t "$f"))),$((0x$(stat -c %T "$f"))) ;;
	*) what= ;;
	esac
	echo "$f $(stat -c %f "$f") $what"
done <"$tmp/list" >"$tmp/golden"
cd - >/dev/null
sed 's,^\./,,' "$tmp/golden" >golden.txt # cpio leaves "./" out
for form in newc crc odc bin; do
	(cd "$tmp/tree" && cpio -o --quiet --reproducible -R 0:0 -H $form <"$tmp/list") | gzip -9n >$form.cpio.gz
done
