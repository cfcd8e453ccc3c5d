#!/bin/sh
# Makes the samples of the selftest with the real tools, each with the words of words.txt and with those of words-clean.txt: bzip2, mke2fs, mkfs.erofs, sgdisk,
# sfdisk, img2simg, mkbootimg, cpio, tar (Debian packages bzip2, e2fsprogs, erofs-utils, gdisk, fdisk, android-sdk-libsparse-utils, mkbootimg, cpio, tar),
# sqlite3, luac, luajit, gcc, plistlib of Python, aapt2, smali, and
# the independent writers of testdata/super and testdata/payload. All are gzipped.
set -eu
cd "$(dirname "$0")"
here=$(pwd)
testdata=$here/../../../testdata
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
export TZ=UTC LC_ALL=C.UTF-8 PATH="$PATH:/usr/sbin"
rm -f ./*.gz
uuid=7a1c5e00-0000-4000-8000-00000000000

keep() { gzip -9nc "$tmp/$1" >"$here/words.$1$suffix.gz"; } # NAME

for suffix in '' -clean; do
	rm -rf "${tmp:?}"/*
	mkdir -p "$tmp/tree/etc"
	cp "words$suffix.txt" "$tmp/tree/etc/data.txt"
	find "$tmp/tree" -exec touch -h -d '2024-02-03 04:05:06 UTC' {} +
	cd "$tmp"

	bzip2 -9c tree/etc/data.txt >bz2
	keep bz2
	tar --format=ustar --owner=0 --group=0 --mtime=@0 -b 8 -cf tar -C tree etc/data.txt
	truncate -s %4096 tar

	E2FSPROGS_FAKE_TIME=1706933106 mke2fs -q -F -t ext4 -O ^has_journal -b 1024 -m 0 -N 32 -U ${uuid}1 -E hash_seed=${uuid}2,root_owner=0:0 -d tree ext4 256K
	keep ext4
	mkfs.erofs -T1706932800 -U ${uuid}3 erofs tree >/dev/null
	keep erofs
	mkdir -p long/etc # lines with spaces behind them, so that there is something to compress
	awk '{ printf "%-400s\n", $0 }' tree/etc/data.txt >long/etc/data.txt
	find long -exec touch -h -d '2024-02-03 04:05:06 UTC' {} +
	mkfs.erofs -zlz4hc -T1706932800 -U ${uuid}4 lz4 long >/dev/null
	gzip -9nc lz4 >"$here/words-lz4.erofs$suffix.gz"

	truncate -s 256K gpt
	sgdisk -a 8 -U ${uuid}5 -n 1:64:+32K -c 1:system -u 1:${uuid}6 gpt >/dev/null
	dd if=tar of=gpt bs=512 seek=64 conv=notrunc status=none
	keep gpt
	truncate -s 256K mbr
	printf 'label: dos\nlabel-id: 0x7a1c5e00\nstart=64, size=64, type=83\n' | sfdisk -q mbr
	dd if=tar of=mbr bs=512 seek=64 conv=notrunc status=none
	keep mbr

	python3 "$testdata/super/make.py" super system=tar
	keep super
	mkdir devices
	head -c 49152 /dev/zero >empty
	python3 "$testdata/super/make.py" devices/super_system.img --size 126976 --device vendor=1179648 system=empty vendor=tar
	mv devices/super_system.img.vendor devices/super_vendor.img
	tar --format=ustar --owner=0 --group=0 --mtime=@0 -cf devices.tar -C devices super_system.img super_vendor.img
	mv devices.tar "$tmp/d" && rm -r devices && mv d devices
	keep devices

	img2simg tar simg
	keep simg
	python3 "$testdata/payload/make_payload.py" --kinds bz payload system=tar
	keep payload
	(cd tree && echo etc/data.txt | cpio -o -H odc -R 0:0 --reproducible --quiet) >cpio
	keep cpio
	gzip -9nc cpio >ramdisk
	echo 'no kernel' >kernel
	sed 's#) / page_size#) // page_size#' "$(command -v mkbootimg)" >mkbootimg.py
	python3 mkbootimg.py --header_version 3 --kernel kernel --ramdisk ramdisk -o boot
	keep boot

	# binary files that give strings a structure
	each() { sed "s/.*/$1/" tree/etc/data.txt; }
	{
		echo 'PRAGMA page_size=1024; CREATE TABLE log (t TEXT); '"INSERT INTO log VALUES ('nothing to see here');"
		echo 'CREATE TABLE entries (id INTEGER PRIMARY KEY, word TEXT NOT NULL, level TEXT);'
		awk '{ printf "INSERT INTO entries VALUES (%d, \x27%s\x27, \x27level %d\x27);\n", NR * 3, $0, NR % 3 }' tree/etc/data.txt
	} | sqlite3 sqlite
	keep sqlite
	{ echo 'local t = {'; each '"&",'; echo '}'; echo 'return t'; } >words.lua
	luac5.3 -s -o lua words.lua
	keep lua
	luajit -bs words.lua luajit
	keep luajit
	{
		echo 'const char *name(int i) { static const char *const colours[] = {"red", "green", "blue", "white", "black", "grey"}; return colours[i]; }'
		echo 'const char *const words[] = {'
		each '"&",'
		echo '}; const char *other = "something else";'
	} >array.c
	gcc -Os -nostdlib -shared -fPIC -s -Wl,--build-id=none -Wl,-z,noseparate-code -fno-asynchronous-unwind-tables -o elf array.c
	keep elf
	python3 -c 'import plistlib, sys; plistlib.dump({"version": 3, "entries": sys.stdin.read().split()}, open("bplist", "wb"), fmt=plistlib.FMT_BINARY)' <tree/etc/data.txt
	keep bplist
	mkdir -p res/values res/xml
	{ echo '<resources><string name="app_name">x</string><string-array name="entries">'; each '<item>"&"<\/item>'; echo '</string-array></resources>'; } >res/values/a.xml
	{ echo '<words version="3"><list>'; each '<i word="&" level="high"\/>'; echo '</list></words>'; } >res/xml/a.xml
	echo '<manifest package="com.example.sample"/>' >AndroidManifest.xml
	aapt2 compile --dir res -o compiled.zip
	aapt2 link -o app.apk --manifest AndroidManifest.xml compiled.zip
	unzip -p app.apk resources.arsc >arsc
	keep arsc
	unzip -p app.apk res/xml/a.xml >axml
	keep axml
	{
		printf '.class public LWords;\n.super Ljava/lang/Object;\n.method public static fill(Ljava/util/Set;)V\n.registers 3\n'
		each 'const-string v0, "&"\ninvoke-interface {p0, v0}, Ljava\/util\/Set;->add(Ljava\/lang\/Object;)Z'
		printf 'return-void\n.end method\n'
	} >Words.smali
	smali a -o dex Words.smali
	keep dex
	python3 - <<'PY'
import struct, zlib
dex = open("dex", "rb").read()
at = 12 + 4 * 12
sections = ((0, at, 4), (1, at + 4, len(dex)), (2, 0, 0), (3, 0, 0))
open("vdex", "wb").write(b"vdex027\0" + struct.pack("<I", 4) + b"".join(struct.pack("<III", *s) for s in sections) + struct.pack("<I", zlib.crc32(dex)) + dex)
PY
	keep vdex
	cd "$here"
done
