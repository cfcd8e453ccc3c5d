#!/bin/sh
# Compares a scan of a gzip tar with tar xzO: measure_tgz.sh ROM.tgz (see big_tgz.sh). Needs go, GNU time, tar, gzip and strace, which counts the temporary files.
# CENSORSCAN is a program that is built already; OTHER one to compare with, which runs at the same time.
set -eu
tgz=$(readlink -f "$1")
cd "$(dirname "$0")"
work=$(mktemp -d -p "${MEASURE_DIR:-/tmp}")
trap 'rm -rf "$work"' EXIT
if [ -n "${CENSORSCAN:-}" ]; then
	cp "$CENSORSCAN" "$work/censorscan"
else
	CGO_ENABLED=0 go build -o "$work/censorscan" ../../cmd/censorscan
fi
scan() { /usr/bin/time -q -f "$1: %e s, CPU %U + %S s, peak %M KiB" "$2" scan -q -o "json=$work/$1.json" "$tgz" || [ $? -eq 10 ]; }
cat "$tgz" >/dev/null
/usr/bin/time -f "tar xzO: %e s, CPU %U + %S s" tar xzOf "$tgz" >/dev/null
if [ -n "${OTHER:-}" ]; then
	scan other "$OTHER" &
fi
scan scan "$work/censorscan"
wait
mkdir "$work/tmp"
TMPDIR=$work/tmp strace -f --seccomp-bpf -qq -e trace=openat,pwrite64 -o "$work/strace" "$work/censorscan" scan -q -o "json=$work/traced.json" "$tgz" || [ $? -eq 10 ]
echo "temporary files: $(grep -c "$work/tmp/" "$work/strace" || true), bytes written to them: $(sed -n 's/.*pwrite64(.*) = \([0-9]*\)$/\1/p' "$work/strace" | awk '{n += $1} END {print n + 0}')"
