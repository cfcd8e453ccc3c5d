#!/bin/sh
# Compares extract with the reference tool of a format, run in turn on the same input: throughput.sh FOLDER [INPUT...]
# FOLDER keeps the inputs from one run to the next; they are made of the files of this machine where they are not there yet (about MIB each, 512):
#   ext4     system.img      debugfs rdump          sparse   system.simg       simg2img        brotli   system.new.dat.br   brotli -d
#   erofs    product.img     fsck.erofs --extract   lz4      system.img.lz4    lz4 -d
# Both write to OUT, a new folder below /dev/shm, so that no disk decides; the inputs are in the page cache. A pair is run ROUNDS (5) times, first one
# first, then the other; what is told is the median of each. The first round also compares what they wrote. extract opens nothing within what it
# wrote (--depth 1), as the tools do not. CENSORSCAN names a program that is built already, WORKERS how many workers extract (2).
# Needs go, python3, e2fsprogs, erofs-utils, android-sdk-libsparse-utils, brotli, lz4.
set -eu
mkdir -p "$1"
folder=$(cd "$1" && pwd)
shift
cd "$(dirname "$0")"
PATH=$PATH:/usr/sbin:/sbin
for tool in go python3 mke2fs debugfs mkfs.erofs fsck.erofs img2simg simg2img brotli lz4; do
	command -v "$tool" >/dev/null || { echo "throughput.sh needs $tool" >&2; exit 1; }
done
out=$(mktemp -d -p "${OUT:-/dev/shm}")
trap 'rm -rf "$out"' EXIT

# tree: about MIB of what a system holds: programs, libraries, packed and plain data, many small files, text
tree() {
	[ -d "$folder/tree" ] || python3 - "$folder/tree" "${MIB:-512}" "$(go env GOROOT)" <<'PY'
import os, shutil, sys
to, mib, goroot = sys.argv[1], int(sys.argv[2]), sys.argv[3]
sources = [("/usr/bin", 30), ("/usr/lib", 40), ("/usr/share", 15), (goroot, 15)] # per cent
for source, share in sources:
    left = mib * share * 9 // 1000 << 20
    for folder, names, files in os.walk(source):
        names.sort()
        for name in sorted(files):
            path = os.path.join(folder, name)
            if left <= 0 or os.path.islink(path) or not os.path.isfile(path) or os.path.getsize(path) > left:
                continue
            left -= os.path.getsize(path)
            target = os.path.join(to, os.path.basename(source), os.path.relpath(path, source))
            os.makedirs(os.path.dirname(target), exist_ok=True)
            shutil.copyfile(path, target)
PY
}

# made NAME COMMAND...: makes an input unless it is there
made() {
	name=$1
	shift
	[ -e "$folder/$name" ] && return
	tree
	"$@" >"$folder/log" 2>&1 || { cat "$folder/log" >&2; exit 1; }
	mv "$folder/new" "$folder/$name"
}
made system.img mke2fs -q -t ext4 -O ^has_journal -b 4096 -m 0 -d "$folder/tree" "$folder/new" "${MIB:-512}M"
made product.img mkfs.erofs -zlz4 -C65536 -T0 "$folder/new" "$folder/tree"
made system.simg img2simg "$folder/system.img" "$folder/new"
made system.img.lz4 lz4 -q -B6 --content-size "$folder/system.img" "$folder/new"
made system.new.dat.br brotli -q 6 -o "$folder/new" "$folder/system.img"

if [ -n "${CENSORSCAN:-}" ]; then
	cp "$CENSORSCAN" "$out/censorscan"
else
	CGO_ENABLED=0 go build -o "$out/censorscan" ../../cmd/censorscan
fi
python3 - "$folder" "$out" "${ROUNDS:-5}" "${WORKERS:-2}" "$@" <<'PY'
import filecmp, os, shutil, statistics, subprocess, sys, time
folder, out, rounds, workers = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
pairs = { # input, the tool's command, what we call the file that it writes ("" for a folder)
    "ext4": ("system.img", ["debugfs", "-R", "rdump / {}", "{in}"], ""),
    "erofs": ("product.img", ["fsck.erofs", "--extract={}", "{in}"], ""),
    "sparse": ("system.simg", ["simg2img", "{in}", "{}/system"], "system"),
    "lz4": ("system.img.lz4", ["lz4", "-q", "-d", "{in}", "{}/system.img"], "system.img"),
    "brotli": ("system.new.dat.br", ["brotli", "-d", "-o", "{}/system.new.dat", "{in}"], "system.new.dat"),
}


def measure(command):
    """Wall, CPU and system seconds, and peak KiB of a run."""
    start = time.perf_counter()
    p = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    said = p.stderr.read()
    _, status, use = os.wait4(p.pid, 0)
    wall = time.perf_counter() - start
    if status:
        sys.exit("%s: status %d\n%s" % (command, status, said.decode()))
    return wall, use.ru_utime + use.ru_stime, use.ru_stime, use.ru_maxrss


def files(top):
    return {os.path.relpath(os.path.join(d, f), top): os.path.join(d, f) for d, _, fs in os.walk(top) for f in fs if not os.path.islink(os.path.join(d, f))}


def compare(name, source, single):
    ours, theirs = files(os.path.join(out, "ours", source + "!")), files(os.path.join(out, "theirs"))
    if single:
        ours, theirs = {single: v for v in ours.values()}, {single: v for v in theirs.values()}
    bad = set(ours) ^ set(theirs) | {n for n in set(ours) & set(theirs) if not filecmp.cmp(ours[n], theirs[n], shallow=False)}
    if bad or not ours:
        sys.exit("%s: %d of %d files differ: %s" % (name, len(bad), len(theirs), sorted(bad)[:5]))
    return len(ours), sum(os.path.getsize(v) for v in ours.values())


print("%d cores, --workers %s, %d rounds, load %s" % (os.cpu_count(), workers, rounds, " ".join(open("/proc/loadavg").read().split()[:3])))
print("%-8s%10s%8s  %-22s%-22s%-26s%-18s" % ("", "MiB out", "files", "wall s: tool  ours", "CPU s: tool  ours", "tool / ours: wall  CPU", "peak MiB: tool  ours"))
for name in sys.argv[5:] or pairs:
    source, command, single = pairs[name]
    path = os.path.join(folder, source)
    with open(path, "rb") as f, open(os.devnull, "wb") as null:
        shutil.copyfileobj(f, null)
    theirs = [a.replace("{in}", path).replace("{}", os.path.join(out, "theirs")) for a in command]
    ours = [os.path.join(out, "censorscan"), "extract", "-q", "--depth", "1", "--workers", workers, "-o", os.path.join(out, "ours"), path]
    taken = {"theirs": [], "ours": []}
    for i in range(rounds):
        for who, c in sorted([("theirs", theirs), ("ours", ours)], reverse=i % 2):
            os.mkdir(os.path.join(out, who))
            taken[who].append(measure(c))
        if i == 0:
            count, size = compare(name, source, single)
        for who in taken:
            shutil.rmtree(os.path.join(out, who))
    m = {who: [statistics.median(column) for column in zip(*taken[who])] for who in taken}
    t, o = m["theirs"], m["ours"]
    print("%-8s%10d%8d  %12.2f %5.2f    %11.2f %5.2f    %17.2f %4.2f    %14.0f %5.0f" % (name, size >> 20, count, t[0], o[0], t[1], o[1], t[0] / o[0], t[1] / o[1],
          max(x[3] for x in taken["theirs"]) / 1024, max(x[3] for x in taken["ours"]) / 1024), flush=True)
PY
