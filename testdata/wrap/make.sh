#!/bin/sh
# Makes one small archive of each kind that apps and makers wrap things in: zip, zipalign, tar, gzip and mke2fs. golden.txt names each file that has to be
# found, with its SHA-256 and its path.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
: > golden
when='2024-02-03 04:05:06 UTC'

# words NAME: a file with words of its own
words() {
	mkdir -p "$(dirname "$1")"
	awk -v name="$1" 'BEGIN { for (i = 0; i < 40; i++) printf "%s: word %d 词语\n", name, i }' > "$1"
}
# found FILE PATH: FILE has to be found at PATH
found() { printf '%s %s\n' "$(sha256sum < "$1" | cut -d' ' -f1)" "$2" >> golden; }
# pack ARCHIVE OPTIONS FILES: zip without times of its own
pack() {
	out=$1
	shift
	find . -exec touch -h -d "$when" {} +
	TZ=UTC zip -q -X -D "$out" "$@"
}

# APEX: an ext4 image, stored and aligned; CAPEX: the same deflated once more
mkdir apex
words apex/tree/etc/apex_words.txt
truncate -s 64K apex/apex_payload.img
E2FSPROGS_FAKE_TIME=1706933106 mke2fs -q -F -t ext4 -b 1024 -O ^has_journal,^resize_inode,^metadata_csum \
	-E hash_seed=01234567-89ab-cdef-0123-456789abcdef,root_owner=0:0 -U 01234567-89ab-cdef-0123-456789abcdef -N 32 -d apex/tree apex/apex_payload.img > /dev/null
printf '\012\022com.android.sample\020\001' > apex/apex_manifest.pb
printf '\012\022com.android.sample\020\001' > apex/apex_pubkey
(cd apex && pack ../raw.apex -0 apex_manifest.pb apex_payload.img && pack ../raw.apex apex_pubkey)
zipalign -f 4096 raw.apex sample.apex
found apex/tree/etc/apex_words.txt 'sample.apex!apex_payload.img!/etc/apex_words.txt'
mkdir capex
cp sample.apex capex/original_apex
cp apex/apex_manifest.pb capex/
(cd capex && pack ../sample.capex original_apex apex_manifest.pb)
found apex/tree/etc/apex_words.txt 'sample.capex!original_apex!apex_payload.img!/etc/apex_words.txt'

# an app; sets of apps; app bundle; expansion file
mkdir app
words app/assets/app_words.txt
printf 'dex\n035\0 words in code' > app/classes.dex
(cd app && pack ../raw.apk assets/app_words.txt classes.dex)
zipalign -f 4 raw.apk base-master.apk
mkdir -p apks/splits xapk/Android/obb/com.sample obb
cp base-master.apk apks/splits/
printf '\012\004\010\001' > apks/toc.pb
(cd apks && pack ../sample.apks -0 toc.pb splits/base-master.apk)
found app/assets/app_words.txt 'sample.apks!splits/base-master.apk!assets/app_words.txt'
words obb/data/obb_words.txt
(cd obb && pack ../xapk/Android/obb/com.sample/main.1.com.sample.obb data/obb_words.txt)
cp base-master.apk xapk/com.sample.apk
printf '{"xapk_version":2,"package_name":"com.sample"}\n' > xapk/manifest.json
(cd xapk && pack ../sample.xapk manifest.json com.sample.apk Android/obb/com.sample/main.1.com.sample.obb)
found app/assets/app_words.txt 'sample.xapk!com.sample.apk!assets/app_words.txt'
found app/classes.dex 'sample.xapk!com.sample.apk!classes.dex'
found obb/data/obb_words.txt 'sample.xapk!Android/obb/com.sample/main.1.com.sample.obb!data/obb_words.txt'
words aab/base/assets/aab_words.txt
printf '\012\010\012\0061.15.4' > aab/BundleConfig.pb
(cd aab && pack ../sample.aab BundleConfig.pb base/assets/aab_words.txt)
found aab/base/assets/aab_words.txt 'sample.aab!base/assets/aab_words.txt'

# MIUI theme: modules are zips without an ending
words mtz/module/theme_values.xml
(cd mtz/module && pack ../com.miui.home theme_values.xml)
printf '<theme/>\n' > mtz/description.xml
(cd mtz && pack ../sample.mtz description.xml com.miui.home)
found mtz/module/theme_values.xml 'sample.mtz!com.miui.home!theme_values.xml'

# jar with code only, zip in zip in zip
cp app/classes.dex classes.dex
pack sample.dex.jar classes.dex
found classes.dex 'sample.dex.jar!classes.dex'
words inner.txt
pack one.zip inner.txt
pack two.zip one.zip
pack three.zip -0 two.zip
found inner.txt 'three.zip!two.zip!one.zip!inner.txt'

# fastboot archive
mkdir -p sample_images/images
cp apex/apex_payload.img sample_images/images/vendor.img
printf '#!/bin/sh\nfastboot flash vendor images/vendor.img\n' > sample_images/flash_all.sh
find sample_images -exec touch -h -d "$when" {} +
tar --format=ustar --owner=0 --group=0 --numeric-owner --sort=name -cf - sample_images | gzip -9n > sample.tgz
found apex/tree/etc/apex_words.txt 'sample.tgz!sample.tar!sample_images/images/vendor.img!/etc/apex_words.txt'
found sample_images/flash_all.sh 'sample.tgz!sample.tar!sample_images/flash_all.sh'

cp sample.apex sample.capex sample.apks sample.xapk sample.aab sample.mtz sample.dex.jar three.zip sample.tgz "$here/"
cp golden "$here/golden.txt"
