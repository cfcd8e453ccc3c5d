#!/bin/sh
# Makes resource tables and compiled XML files that hold the words of ../words.txt, with aapt and aapt2.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
words=$here/../words.txt
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
printf '<manifest package="com.example.words"/>\n' > AndroidManifest.xml
# each FORMAT: every word in a format
each() { while read -r w; do printf "$1" "$w"; done < "$words"; }
mkdir -p res/values res/values-zh-rTW res/xml
{
	echo '<resources><string name="app_name">名字</string><string name="cancel">取消</string>'
	echo '<string-array name="colours"><item>红色</item><item>绿色</item><item>蓝色</item><item>黄色</item><item>白色</item></string-array>'
	printf '<string-array name="sensitive_words">'
	each '<item>"%s"</item>'
	printf '</string-array><string name="joined">'
	each '%s|'
	echo '</string></resources>'
} > res/values/words.xml
{
	printf '<resources><string name="app_name">名稱</string><string-array name="colours"><item>紅色</item></string-array>'
	printf '<string-array name="sensitive_words">'
	each '<item>"%s"</item>'
	echo '</string-array></resources>'
} > res/values-zh-rTW/words.xml
{
	printf '<words version="3"><title>名字</title>'
	each '<w level="2">%s</w>'
	echo '</words>'
} > res/xml/text.xml
{
	printf '<words><list>'
	each '<i word="%s" level="high"/>'
	echo '</list></words>'
} > res/xml/attr.xml
aapt2 compile --dir res -o compiled.zip
aapt2 link -o two.apk --manifest AndroidManifest.xml compiled.zip
aapt package -M AndroidManifest.xml -S res -F one.apk --utf16
unzip -q -d two two.apk
unzip -q -d one one.apk
cp two/resources.arsc "$here/aapt2.arsc"
cp one/resources.arsc "$here/aapt-utf16.arsc"
cp two/res/xml/text.xml "$here/aapt2-text.axml"
cp two/res/xml/attr.xml "$here/aapt2-attr.axml"
cp one/res/xml/text.xml "$here/aapt-text.axml"
