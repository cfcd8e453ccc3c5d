#!/bin/sh
# Compares the match core with Hyperscan, ripgrep -F and YARA: run.sh DIR CHAT-CENSORSHIP. Installs the three from Debian, makes
# the data in DIR unless it is there (data.sh), and prints a table for 450 terms and one for 20,000. ROUNDS is how often (5).
set -eu
dir=$(mkdir -p "$1" && readlink -f "$1")
here=$(cd "$(dirname "$0")" && pwd)
command -v rg >/dev/null && command -v yarac >/dev/null && [ -e /usr/include/hs/hs.h ] ||
	apt-get install -y --no-install-recommends gcc libc6-dev libhyperscan-dev ripgrep yara
[ -e "$dir/terms450" ] || "$here/data.sh" "$@"
cd "$here"
rounds=${ROUNDS:-5}
go run . -data "$dir" -terms terms450 -rounds "$rounds"
[ ! -e "$dir/terms20000" ] || go run . -data "$dir" -terms terms20000 -rounds "$rounds" -peers ours,hyperscan,ripgrep # YARA takes minutes for a file
