#!/bin/sh
# Compares the match core with Hyperscan, ripgrep -F and YARA: run.sh DIR [CHAT-CENSORSHIP]. Installs the three from Debian, makes
# the data in DIR unless it is there (data.sh), and prints a table for 450 terms and one for 20,000. ROUNDS is how often (5).
set -eu
dir=$1
here=$(cd "$(dirname "$0")" && pwd)
command -v rg >/dev/null && command -v yarac >/dev/null && [ -e /usr/include/hs/hs.h ] ||
	apt-get install -y --no-install-recommends gcc libc6-dev libhyperscan-dev ripgrep yara
[ -e "$dir/haystacks/mixed" ] || "$here/data.sh" "$@"
cd "$here"
for terms in terms450 terms20000; do
	[ ! -e "$dir/$terms" ] || go run . -data "$dir" -terms "$terms" -rounds "${ROUNDS:-5}"
	echo
done
