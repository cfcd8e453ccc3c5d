#!/bin/sh
# Makes the samples of this folder with gzip and base64; golden.tsv has the size and the SHA-256 of what each decodes to.
set -eu
cd "$(dirname "$0")"
w=../embedded/words.txt
gzip -9 -n -c "$w" > packed
base64 -w 0 packed > gzip-line.b64
base64 -w 76 packed > gzip-mime.b64
base64 -w 64 packed | sed 's/$/\r/' > gzip-crlf.b64
base64 -w 0 packed | tr -d = | tr +/ -_ > gzip-url.b64
base64 -w 0 packed | base64 -w 76 > gzip-twice.b64
: > golden.tsv
for f in gzip-line gzip-mime gzip-crlf gzip-url; do
	printf '%s.b64\t%s\t%s\n' $f "$(wc -c < packed)" "$(sha256sum < packed | cut -d ' ' -f 1)" >> golden.tsv
done
base64 -w 0 packed > once
printf 'gzip-twice.b64\t%s\t%s\n' "$(wc -c < once)" "$(sha256sum < once | cut -d ' ' -f 1)" >> golden.tsv
rm packed once
