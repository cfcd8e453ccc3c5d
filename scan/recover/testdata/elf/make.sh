#!/bin/sh
# Makes shared libraries that hold the words of ../words.txt in arrays of pointers, with gcc and binutils.
set -eu
cd "$(dirname "$0")"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
{
	echo 'const char *name(int i) { static const char *const colours[] = {"red", "green", "blue", "white", "black", "grey"}; return colours[i]; }'
	echo 'const char *const words[] = {'
	sed 's/.*/"&",/' ../words.txt
	echo '}; const char *other = "something else";'
} > "$tmp/array.c"
{
	echo 'struct row { int level; const char *word; const char *mask; } table[] = {'
	sed 's/.*/{1, "&", "***"},/' ../words.txt
	echo '};'
} > "$tmp/struct.c"
small='-Os -nostdlib -shared -fPIC -s -Wl,--build-id=none -Wl,-z,noseparate-code -fno-asynchronous-unwind-tables'
gcc $small -o array.so "$tmp/array.c"
gcc $small -o struct.so "$tmp/struct.c"
gcc $small -Wl,-z,pack-relative-relocs -o relr.so "$tmp/array.c"
gcc $small -m32 -o rel32.so "$tmp/array.c"
iconv -t GBK < "$tmp/array.c" > "$tmp/gbk.c"
gcc $small -o gbk.so "$tmp/gbk.c"
sed 's/const char \*other.*//' "$tmp/array.c" > "$tmp/fixed.c"
gcc -Os -nostdlib -static -no-pie -s -Wl,--build-id=none -Wl,-z,noseparate-code -Wl,-e,name -o fixed.elf "$tmp/fixed.c"
