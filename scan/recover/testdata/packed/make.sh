#!/bin/sh
# Makes files in which the words of ../words.txt stand behind their lengths or in a table of strings, with the compilers and tools of the formats:
# javac, protoc, mcs (Mono), plutil (libplist), luac of 5.1 to 5.4, luajit, hermesc (npm: hermes-engine-cli, its folder in HERMES).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
words=$here/../words.txt
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
each() { sed "s/.*/$1/" "$words"; }
quoted=$(each '"&"' | paste -sd,)

# Java: a serialised list, array and set
cat > Make.java <<END
import java.io.*;
import java.util.*;
public class Make {
	static void write(String name, Object o) throws IOException {
		try (ObjectOutputStream out = new ObjectOutputStream(new FileOutputStream(name))) { out.writeObject(o); }
	}
	public static void main(String[] args) throws IOException {
		String[] words = {$quoted};
		write("list.ser", new ArrayList<>(Arrays.asList(words)));
		write("array.ser", words);
		DataOutputStream utf = new DataOutputStream(new FileOutputStream("utf.bin"));
		for (String w : words) utf.writeUTF(w);
		utf.close();
		OutputStream le = new FileOutputStream("u32utf16.bin");
		for (String w : words) {
			le.write(new byte[] {(byte) w.length(), 0, 0, 0});
			le.write(w.getBytes("UTF-16LE"));
		}
		le.close();
	}
}
END
javac -encoding UTF-8 Make.java
java -cp . Make
cp list.ser array.ser utf.bin u32utf16.bin "$here/"

# Protocol Buffers: a repeated string, and messages with one
printf 'syntax = "proto3"; message Row { string word = 1; int32 level = 2; } message Words { string name = 1; repeated string words = 2; repeated Row rows = 3; }' > words.proto
{ echo 'name: "filter"'; each 'words: "&"'; } | protoc --encode=Words words.proto > "$here/repeated.pb"
{ echo 'name: "filter"'; each 'rows: {word: "&" level: 3}'; } | protoc --encode=Words words.proto > "$here/messages.pb"

# .NET: literals of a method in the #US heap
{
	echo 'public class Filter { static string name = "colours"; public static string[] Words() { return new string[] {'
	each '"&",'
	echo '}; } public static string Other() { return "something else"; } }'
} > Filter.cs
mcs -target:library -out:"$here/Filter.dll" Filter.cs

# property lists
{
	printf '<?xml version="1.0" encoding="UTF-8"?>\n<plist version="1.0"><dict><key>name</key><string>filter</string><key>words</key><array>'
	each '<string>&<\/string>'
	printf '</array><key>zz</key><array><string>red</string><string>green</string><string>blue</string><string>white</string><string>black</string></array></dict></plist>'
} > words.plist
plutil -i words.plist -o "$here/words.bplist" -f bin 2> plutil.log || plistutil -i words.plist -o "$here/words.bplist" -f bin

# Lua
{
	printf 'local colours = {"red", "green", "blue"}\nlocal words = {'
	each '"&",'
	printf '}\nlocal function check(s) for _, w in ipairs(words) do if string.find(s, w) then return true end end end\nreturn check, colours\n'
} > words.lua
{
	echo 'local t = {}'
	each 't["&"] = true'
	echo 'return t'
} > keys.lua
for v in 5.1 5.2 5.3 5.4; do
	if command -v luac$v > /dev/null; then
		luac$v -s -o "$here/words-$v.luac" words.lua
		luac$v -o "$here/keys-$v.luac" keys.lua
	fi
done
luajit -b -s words.lua "$here/words.ljbc"
luajit -b -g keys.lua "$here/keys.ljbc"

# Hermes
{ echo "var words = [$quoted]; var other = {name: 'filter', colours: ['red', 'green']}; globalThis.check = function (s) { return words.indexOf(s) >= 0; };"; } > words.js
if [ -n "${HERMES:-}" ]; then
	"$HERMES/hermesc" -O -emit-binary -out "$here/words.hbc" words.js
fi
