#!/bin/sh
# Makes the zip samples with zip 3.0, p7zip, python3, zipalign and apksigner (keytool for its key): sh make.sh
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export TZ=UTC
cd "$work"
sh "$here/../tree.sh" "$here/../tree.tsv"
cd tree
pack() { find . -mindepth 1 | LC_ALL=C sort | zip -q -X -y "$@" -@; }
pack "$here/deflate.zip"
pack -0 "$here/stored.zip"
pack -Z bzip2 "$here/bzip2.zip"
pack -fz "$here/zip64.zip"
pack -P secret "$here/zipcrypto.zip"
find . -mindepth 1 | LC_ALL=C sort | zip -q -X -y -@ - | cat > "$here/descriptors.zip"
find . -mindepth 1 | LC_ALL=C sort | zip -q -X -y -fz -@ - | cat > "$here/descriptors64.zip"
find . -mindepth 1 | LC_ALL=C sort | zip -q -y -@ "$here/extras.zip"
cp "$here/deflate.zip" "$here/comment.zip"
printf 'signed by somebody: a comment of the archive\n' | zip -q -z "$here/comment.zip" > /dev/null
{ printf '#!/bin/sh\nexit 0\n'; cat "$here/deflate.zip"; } > "$here/prepended.zip"
cp "$here/prepended.zip" "$here/adjusted.zip"
zip -q -A "$here/adjusted.zip"
head -c 4000 "$here/deflate.zip" > "$here/truncated.zip"
for method in LZMA Deflate64 PPMd; do
	7z a -tzip -mm=$method "$here/$(echo $method | tr A-Z a-z).zip" assets small.gz > /dev/null
done
7z a -tzip -psecret -mem=AES256 "$here/aes.zip" assets small.gz > /dev/null
python3 - "$here/duplicates.zip" <<'PY'
import sys, warnings, zipfile
warnings.simplefilter("ignore")
with zipfile.ZipFile(sys.argv[1], "w") as z:
    for name, data in [("a", b"first"), ("a", b"second, longer"), ("../../up", b"1"), ("/abs", b"2"), ("back\\slash", b"3"), ("a", b"third")]:
        z.writestr(zipfile.ZipInfo(name), data)
PY
xz -c assets/deep/er/lines.txt > "$here/lines.xz"
cd ..
(cd tree && pack -n .gz ../unaligned.apk)
zipalign -f 4 unaligned.apk "$here/aligned.apk"
keytool -genkeypair -keystore k.jks -storepass android -keypass android -alias a -keyalg EC -groupname secp256r1 -dname CN=test -validity 10000 2> /dev/null
apksigner sign --ks k.jks --ks-pass pass:android --min-sdk-version 24 --v1-signing-enabled false --v4-signing-enabled false --out "$here/signed.apk" "$here/aligned.apk"
