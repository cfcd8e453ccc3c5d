#!/bin/sh
# Makes the haystacks and the term lists of the comparison: data.sh DIR [CHAT-CENSORSHIP]. DIR gets haystacks/ (64 MiB each) and terms450, terms20000.
#   native   chromium and LLVM for arm64, chromium for x86-64      dex     Java classes, the stand-in for DEX
#   text     source, JSON, HTML of this machine, in English       random  .deb files
#   zh8      Chinese manuals in UTF-8 without their markup         zh16    the same in UTF-16LE
#   mixed    45 % native, 25 % random, 15 % dex, 10 % text (half a point of it Chinese), 5 % zeros, in pieces of 64 KiB
# CHAT-CENSORSHIP is a clone of github.com/citizenlab/chat-censorship. terms450: 390 terms of LINE v25 and 60 English names of our own lists;
# terms20000: LINE, TOM-Skype, SVP and games in this order, terms with a Han character, until there are 20,000.
# Without the clone only the haystacks are made.
# The packages come from Debian and are unpacked in DIR, not installed.
set -eu
dir=$(mkdir -p "$1" && readlink -f "$1") clone=${2:-}
here=$(cd "$(dirname "$0")" && pwd)
for tool in apt-get dpkg-deb python3; do
	command -v "$tool" >/dev/null || { echo "data.sh needs $tool" >&2; exit 1; }
done
mkdir -p "$dir/debs" "$dir/unpacked" "$dir/arm64/lists/partial" "$dir/arm64/cache/archives/partial" "$dir/haystacks"
cd "$dir/debs"
apt-get update -qq
apt-get download -qq chromium openjdk-17-doc manpages-zh debian-faq-zh-cn gimp-help-zh-cn \
	libreoffice-help-zh-cn linux-doc-6.1 libguava-java libbcprov-java libecj-java groovy scala-library libproguard-java liblucene4.10-java \
	libspring-core-java libhsqldb-java jython 2>"$dir/log" || { cat "$dir/log" >&2; exit 1; }
arm64="-o APT::Architecture=arm64 -o APT::Architectures=arm64 -o Dir::State::lists=$dir/arm64/lists -o Dir::Cache=$dir/arm64/cache"
apt-get $arm64 update -qq
apt-get $arm64 download -qq chromium libllvm14 2>"$dir/log" || { cat "$dir/log" >&2; exit 1; }
for deb in *.deb; do
	[ -d "$dir/unpacked/$deb" ] || dpkg-deb -x "$deb" "$dir/unpacked/$deb"
done
python3 "$here/data.py" "$dir" "$clone" "$here/../../../wordlists"
