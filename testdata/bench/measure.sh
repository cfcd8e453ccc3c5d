#!/bin/sh
# Compares a scan of a big OTA with taking it apart by the reference tools, in one run: measure.sh OTA.zip (see big_ota.sh).
# The reference way: unzip, ../payload/dump.py (C libraries for bz2 and xz, the zstd program), then debugfs rdump or fsck.erofs --extract of each image;
# it writes every file to the disk and searches nothing, each tool on one core.
# The scan runs with TMPDIR naming no folder, so that a temporary file would end in an error, and once more under strace, which counts the files it makes.
# Needs go, GNU time, unzip, python3, zstd, e2fsprogs, erofs-utils; strace too, or that count is left out. MEASURE_DIR is where images and
# files go (5 bytes for each of the OTA), CENSORSCAN a program that is built already, WORKERS how many workers scan (2).
set -eu
ota=$(readlink -f "$1")
workers=${WORKERS:-2}
cd "$(dirname "$0")"
PATH=$PATH:/usr/sbin:/sbin
for tool in go /usr/bin/time unzip python3 zstd debugfs fsck.erofs; do
	command -v "$tool" >/dev/null || { echo "measure.sh needs $tool" >&2; exit 1; }
done
work=$(mktemp -d -p "${MEASURE_DIR:-/tmp}")
trap 'rm -rf "$work"' EXIT
if [ -n "${CENSORSCAN:-}" ]; then
	cp "$CENSORSCAN" "$work/censorscan"
else
	CGO_ENABLED=0 go build -o "$work/censorscan" ../../cmd/censorscan
fi

# measure NAME COMMAND...: adds "NAME wall user system KiB" to the log
measure() {
	name=$1 code=0
	shift
	/usr/bin/time -q -o "$work/time" -f "%e %U %S %M" "$@" >"$work/out" 2>"$work/err" || code=$?
	case "$name:$code" in *:0 | scan:10) ;; *) echo "$name: exit code $code" >&2; cat "$work/err" >&2; exit 1 ;; esac
	echo "$name $(cat "$work/time")" >>"$work/log"
}

cat "$ota" >/dev/null # both find it in the page cache
TMPDIR=$work/nowhere measure scan "$work/censorscan" scan -q --workers "$workers" -o "json=$work/report.json" "$ota"

measure unzip unzip -q -o "$ota" payload.bin -d "$work"
mkdir "$work/images"
measure dump python3 ../payload/dump.py "$work/payload.bin" --out "$work/images"
rm "$work/payload.bin"
for image in "$work"/images/*.img; do
	mkdir "$work/files"
	# the magic of EROFS stands at 1024
	if [ "$(od -An -tx4 -j1024 -N4 "$image" | tr -d ' ')" = e0f5e1e2 ]; then
		measure fsck.erofs fsck.erofs --extract="$work/files/all" "$image"
	else
		measure debugfs debugfs -R "rdump / $work/files" "$image"
	fi
	find "$work/files" -type f | wc -l >>"$work/count"
	rm -rf "$work/files"
done

made="not counted: no strace"
if command -v strace >/dev/null; then
	strace -f --seccomp-bpf -qq -e trace=open,openat,openat2,creat,memfd_create,mknod,mknodat -o "$work/strace" \
		"$work/censorscan" scan -q --workers "$workers" -o "json=$work/traced.json" "$ota" || [ $? -eq 10 ]
	made=$(grep -E 'O_CREAT|O_TMPFILE|creat\(|memfd_create|mknod' "$work/strace" | grep -vcF "$work/.censorscan-" || true) # that is the report, until it is complete
fi

nproc=$(nproc) load=$(cut -d' ' -f1-3 /proc/loadavg)
python3 - "$work" "$ota" "$workers" "$made" "$nproc" "$load" <<'PY'
import collections, json, os, sys
work, ota, workers, made, nproc, load = sys.argv[1:]
r = json.load(open(work + "/report.json"))
cov = r["coverage"]
reasons = collections.Counter(i["reason"] for i in cov.get("items") or [])
rows = [l.split() for l in open(work + "/log")]
print(f"input {os.path.getsize(ota)} bytes, images {sum(os.path.getsize(os.path.join(work, 'images', i)) for i in os.listdir(work + '/images'))} bytes,",
      f"{sum(int(l) for l in open(work + '/count'))} files; {nproc} cores, load {load}")
print(f"{'':12}{'wall s':>9}{'CPU s':>9}{'peak MiB':>10}")
for name, wall, user, system, kib in rows:
    print(f"{name:12}{float(wall):9.1f}{float(user) + float(system):9.1f}{int(kib) / 1024:10.0f}")
ref = rows[1:]
wall, cpu = sum(float(x[1]) for x in ref), sum(float(x[2]) + float(x[3]) for x in ref)
print(f"{'reference':12}{wall:9.1f}{cpu:9.1f}{max(int(x[4]) for x in ref) / 1024:10.0f}")
s = rows[0]
print(f"scan / reference: wall {float(s[1]) / wall:.2f}, CPU {(float(s[2]) + float(s[3])) / cpu:.2f}; scan --workers {workers}: {os.path.getsize(ota) / 1e6 / float(s[1]):.1f} MB/s of input")
print(f"temporary files made by the scan (strace): {made}")
print(f"complete {r['complete']}, searched {cov['searched']}, structure {cov['structure']}, unopened {cov['unopened']} of {cov['size']} bytes; records: {dict(reasons)}")
limits = [i for i in cov.get("items") or [] if i["reason"] == "limit" or "nowhere" in i.get("detail", "")]
for i in limits:
    print("LIMIT", i)
sys.exit(bool(limits) or made not in ("0", "not counted: no strace"))
PY
