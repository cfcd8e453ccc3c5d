#!/bin/sh
# Makes the sample APKs with aapt (its android-framework-res is a Debian package too), apksigner and keytool, and the code of an app that reads a list
# with smali (Debian: libsmali-java): sh make.sh
# What aapt and apksigner say of them stands in app_test.go.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
framework=/usr/share/android-framework-res/framework-res.apk

manifest() { # package, versionCode, versionName, label
	cat >AndroidManifest.xml <<XML
<manifest xmlns:android="http://schemas.android.com/apk/res/android" package="$1" android:versionCode="$2" android:versionName="$3">
  <uses-permission android:name="android.permission.INTERNET"/>
  <application android:label="$4"><activity android:name=".Main" android:label="not this one"/></application>
</manifest>
XML
}
mkdir -p res/values res/values-zh-rCN
cat >res/values/strings.xml <<'XML'
<resources><string name="other">other</string><string name="app_name">@string/real_name</string><string name="real_name">Camera</string><string name="version">4.5-\u03b2</string></resources>
XML
cat >res/values-zh-rCN/strings.xml <<'XML'
<resources><string name="app_name">相机</string><string name="real_name">相机应用</string></resources>
XML
manifest com.example.camera 305 @string/version @string/app_name
aapt package -f -M AndroidManifest.xml -S res -I "$framework" -F reference.apk >/dev/null
aapt package -f --utf16 -M AndroidManifest.xml -S res -I "$framework" -F utf16.apk >/dev/null
rm -rf res
manifest com.example.notes 2147483647 1.0 'Notes &amp; 便签'
aapt package -f -M AndroidManifest.xml -I "$framework" -F literal.apk >/dev/null

keytool -genkeypair -keystore k.jks -storepass android -alias a -dname 'CN=First, O=censorscan' -keyalg EC -validity 36500 2>/dev/null
keytool -genkeypair -keystore k.jks -storepass android -alias b -dname 'CN=Second, O=censorscan' -keyalg EC -validity 36500 2>/dev/null
sign() { # out, in, v1, v2, v3
	apksigner sign --ks k.jks --ks-pass pass:android --ks-key-alias a --min-sdk-version 23 \
		--v1-signing-enabled "$3" --v2-signing-enabled "$4" --v3-signing-enabled "$5" --v4-signing-enabled false --out "$here/$1" "$2"
}
sign v1.apk literal.apk true false false
sign v2.apk reference.apk true true false
sign v3.apk utf16.apk false true true
apksigner sign --min-sdk-version 24 --v1-signing-enabled false --v3-signing-enabled false --v4-signing-enabled false --out "$here/two.apk" \
	--ks k.jks --ks-pass pass:android --ks-key-alias a --next-signer --ks k.jks --ks-pass pass:android --ks-key-alias b literal.apk
for f in v1 v2 v3 two; do
	aapt dump badging "$here/$f.apk" | grep -E '^(package|application-label)'
	apksigner verify --min-sdk-version 24 --print-certs "$here/$f.apk" | grep -E 'DN|SHA-256'
done >"$here/tools.txt"
smali assemble -o "$here/reader.dex" "$here/Filter.smali" "$here/Downloader.smali"
