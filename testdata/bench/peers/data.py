# The second half of data.sh: joins the unpacked packages to haystacks and the public lists to term files.
import csv, glob, gzip, io, os, re, subprocess, sys, zipfile

SIZE = 64 << 20
root, clone, wordlists = sys.argv[1:]


def files(*patterns):
    for pattern in patterns:
        for name in sorted(glob.glob(pattern, recursive=True)):
            if os.path.isfile(name) and not os.path.islink(name):
                yield name


def read(names, limit=SIZE):
    """The files after one another; each gives at most an eighth, so that no file fills it alone."""
    out = bytearray()
    for name in names:
        with open(name, "rb") as f:
            data = f.read(limit // 2)
        out += gzip.decompress(data) if name.endswith(".gz") else data
        if len(out) >= limit:
            break
    return bytes(out[:limit])


def classes(names):
    out = bytearray()
    for name in names:
        try:
            jar = zipfile.ZipFile(name)
            for member in jar.namelist():
                if member.endswith(".class"):
                    out += jar.read(member)
                    if len(out) >= SIZE:
                        return bytes(out[:SIZE])
        except zipfile.BadZipFile:
            pass
    return bytes(out)


def chinese():
    """Manuals without markup; lines without Han are left out, lines that stand there already too."""
    han, markup = re.compile("[\u4e00-\u9fff]"), re.compile(r"<[^>]*>")
    seen, out = set(), []
    u = root + "/unpacked/"
    names = files(u + "*zh*/**/*.html", u + "*zh*/**/*.txt.gz", u + "*zh*/**/*.gz", u + "*zh*/**/*.xhp",
                  u + "linux-doc*/**/zh_CN/**/*.html")
    for name in names:
        data = read([name])
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError:
            continue
        for line in markup.sub("", text).splitlines():
            line = line.strip()
            if han.search(line) and line not in seen:
                seen.add(line)
                out.append(line)
    return "\n".join(out)


def fill(data):
    """Repeated until it has the size."""
    if not data:
        sys.exit("no data")
    return (data * (SIZE // len(data) + 1))[:SIZE]


u = root + "/unpacked/"
zh = chinese()
print(f"Chinese text: {len(zh.encode()) >> 20} MiB unique, {sum('一' <= c <= '鿿' for c in zh) / len(zh):.0%} Han")
hay = {
    "native": read([*files(u + "chromium*arm64*/**/chromium", u + "libllvm*arm64*/**/*.so*", u + "chromium*amd64*/**/chromium")]),
    "dex": fill(classes(files(u + "*/**/*.jar", "/usr/share/java/*.jar", "/usr/lib/google-cloud-sdk/**/*.jar", "/usr/share/**/*.jar"))),
    "text": fill(read([n for n in files("/usr/local/go/src/**/*", "/usr/include/**/*", u + "linux-doc*/**/*.html", u + "openjdk-17-doc*/**/*.html")
                       if re.search(r"\.(go|h|hpp|c|json|html|txt|js|py|md|s)$", n) and "zh_" not in n])),
    "random": fill(read(files(root + "/debs/*.deb"))),
    "zh8": fill(zh.encode()),
    "zh16": fill(zh.encode("utf-16-le")),
}
PIECE = 64 << 10
order = (["native"] * 9 + ["random"] * 5 + ["dex"] * 3 + ["text"] * 2 + ["zero"]) * 52
zhp = {200: "zh8", 500: "zh16", 800: "zh8"}
mixed, at = bytearray(), dict.fromkeys([*hay, "zero"], 0)
for i in range(SIZE // PIECE):
    kind = order[(i * 7) % len(order)]
    kind = zhp.get(i, kind)
    at[kind] += PIECE
    mixed += bytes(PIECE) if kind == "zero" else hay[kind][at[kind] % (SIZE - PIECE):][:PIECE]
hay["mixed"] = bytes(mixed)
for name, data in hay.items():
    assert len(data) == SIZE, name
    with open(f"{root}/haystacks/{name}", "wb") as f:
        f.write(data)

if not clone:
    sys.exit(0)


def git(path):
    return subprocess.run(["git", "-C", clone, "show", "HEAD:" + path], check=True, capture_output=True).stdout


def listed(prefix):
    names = subprocess.run(["git", "-C", clone, "ls-tree", "-r", "-z", "--name-only", "HEAD"], check=True, capture_output=True).stdout
    return [n for n in names.decode().split("\0") if n.startswith(prefix)]


def words(data):
    for charset in ("utf-8-sig", "gb18030"):
        try:
            return re.split(r"[\r\n,\t;|、，]+", data.decode(charset))
        except UnicodeDecodeError:
            pass
    return []


def column(path):
    return [row["word"] for row in csv.DictReader(io.StringIO(git(path).decode("utf-8")))]


def distinct(terms):
    """Terms of 4 to 48 bytes in UTF-8 with two Han characters together or of Latin letters alone; no numbers, no paths."""
    seen = set()
    for t in terms:
        t = t.strip().strip('"').strip()
        if t.lower() not in seen and 4 <= len(t.encode()) <= 48 and re.search(r"[\u4e00-\u9fff]{2}|^[A-Za-z][A-Za-z .-]{4,}$", t) and t.isprintable():
            seen.add(t.lower())
            yield t


line = words(git("LINE/raw-block-lists/line-v25.txt"))
names = []
for name in ("loaders", "political", "context"):
    with open(f"{wordlists}/{name}.tsv", encoding="utf-8") as f:
        names += [row.split("\t")[0] for row in f if not row.startswith("#")][1:]
english = [n for n in names if re.fullmatch(r"[A-Za-z][A-Za-z .-]{4,}", n)]
games = [w for p in listed("chinese-games/dataset1/") if p.endswith((".txt", ".csv")) for w in words(git(p))]
big = distinct(w for w in [*line, *column("TOM-Skype--Sina-UC/blocked-words.csv"), *column("SVP/svp_words.csv"), *games] if re.search("[\u4e00-\u9fff]", w))
for name, terms in ("terms450", [*distinct(line)][:390] + [*distinct(english)][:60]), ("terms20000", [t for _, t in zip(range(20000), big)]):
    with open(f"{root}/{name}", "w", encoding="utf-8") as f:
        f.write("\n".join(terms) + "\n")
    print(name, len(terms), "terms")
