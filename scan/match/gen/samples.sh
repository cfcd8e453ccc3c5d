#!/bin/sh
# Makes the samples that gen measures: the folder samples with native, dex, text and zh. The packages come from Debian and are unpacked in a
# temporary folder, not installed. They are others than those that ../../testdata/bench/peers searches.
set -eu
mkdir -p samples
out=$(readlink -f samples)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/lists/partial" "$work/cache/archives/partial" "$work/root"
chmod 755 "$work"
cd "$work"
apt-get update -qq
apt-get download -qq libwebkit2gtk-4.0-37 jruby libnetty-java libxalan2-java libbatik-java python3.11-doc postgresql-doc-15 \
	kicad-doc-zh lilypond-doc-html-zh debian-reference-zh-cn maint-guide-zh-cn fortunes-zh
arm64="-o APT::Architecture=arm64 -o APT::Architectures=arm64 -o Dir::State::lists=$work/lists -o Dir::Cache=$work/cache"
apt-get $arm64 update -qq
apt-get $arm64 download -qq libwebkit2gtk-4.0-37
for deb in *.deb; do
	dpkg-deb -x "$deb" "root/$deb"
done
python3 - "$work/root" "$out" <<'PY'
import glob, os, re, sys, zipfile
root, out = sys.argv[1:]

def files(*patterns):
    return [n for p in patterns for n in sorted(glob.glob(f"{root}/{p}", recursive=True))]

def save(name, data):
    assert len(data) > 1 << 20, name
    with open(f"{out}/{name}", "wb") as f:
        f.write(data)

save("native", b"".join(open(n, "rb").read()[: 24 << 20] for n in files("*webkit*/**/libwebkit2gtk*.so.*.*.*")))
dex = bytearray()
for n in files("*/**/*.jar"):
    try:
        with zipfile.ZipFile(n) as jar:
            dex += b"".join(jar.read(m) for m in jar.namelist() if m.endswith(".class"))
    except (zipfile.BadZipFile, FileNotFoundError):
        pass
save("dex", bytes(dex[: 32 << 20]))
save("text", b"".join(open(n, "rb").read() for n in files("python*/**/*.html", "python*/**/*.txt", "postgresql*/**/*.html"))[: 32 << 20])
han, markup, lines = re.compile("[\u4e00-\u9fff]"), re.compile(r"<[^>]*>"), {}
for n in files("*-zh*/**/*.html", "*-zh*/**/*.txt", "fortunes-zh*/usr/share/games/fortunes/*"):
    if os.path.isdir(n) or n.endswith(".dat"):
        continue
    with open(n, encoding="utf-8", errors="ignore") as f:
        for line in markup.sub("", f.read()).splitlines():
            if han.search(line):
                lines[line.strip()] = None
save("zh", "\n".join(lines).encode())
PY
ls -l "$out"
