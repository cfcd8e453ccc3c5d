#!/bin/sh
# Makes the tar samples with GNU tar, python3 and bsdtar where it is there: sh make.sh
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export TZ=UTC
cd "$work"
sh "$here/../tree.sh" "$here/../tree.tsv"
for format in v7 oldgnu gnu ustar posix; do
	tar --format=$format --owner=0 --group=0 --sort=name -b1 -C tree -cf "$here/$format.tar" assets empty link small.gz '名字 with space'
done
tar --format=ustar --owner=0 --group=0 -b1 -C tree -cf one.tar assets/list.txt
tar --format=gnu --owner=0 --group=0 -b8 -C tree -cf two.tar small.gz
cat one.tar two.tar > "$here/concatenated.tar"
long=$(printf 'd%.0s' $(seq 90))
mkdir -p "special/$long/$long"
printf 'deep' > "special/$long/$long/file with a name that is long"
ln -s "$long/$long/file with a name that is long, and a target that is longer" special/symlink
printf 'shared' > special/a
ln special/a special/b
mkfifo special/fifo
find special -exec touch -h -d '2024-02-03 04:05:06 UTC' {} +
for format in gnu posix; do
	tar --format=$format --owner=0 --group=0 --sort=name -b1 -cf "$here/special-$format.tar" special
done
python3 - <<'PY'
with open("sparse", "wb") as f:
    for i in range(40):
        f.seek(i * 65536)
        f.write(b"run %d\n" % i)
    f.truncate(40 * 65536 + 12345)
PY
touch -d '2024-02-03 04:05:06 UTC' sparse
printf 'after\n' > after
tar --format=oldgnu -S --owner=0 --group=0 -b1 -cf sparse.tar sparse after
for v in 0.0 0.1 1.0; do
	tar --format=posix -S --sparse-version=$v --owner=0 --group=0 -b1 -cf sparse-$v.tar sparse after
done
gzip -n9 sparse.tar sparse-0.0.tar sparse-0.1.tar sparse-1.0.tar
cp sparse*.gz "$here"
python3 - "$here/base256.tar" <<'PY'
import io, sys, tarfile
with tarfile.open(sys.argv[1], "w", format=tarfile.GNU_FORMAT) as t:
    i = tarfile.TarInfo("old")
    i.size, i.mtime, i.uid = 3, -1, 1 << 40
    t.addfile(i, io.BytesIO(b"abc"))
    i = tarfile.TarInfo("dev/null")
    i.type, i.devmajor, i.devminor, i.mode = tarfile.CHRTYPE, 1, 3, 0o666
    t.addfile(i)
PY
python3 - "$here/xattr.tar" <<'PY'
import io, sys, tarfile
with tarfile.open(sys.argv[1], "w", format=tarfile.PAX_FORMAT) as t:
    i = tarfile.TarInfo("f")
    i.size, i.pax_headers = 3, {"SCHILY.xattr.security.selinux": "u:object_r:system_file:s0\0", "comment": "a comment"}
    t.addfile(i, io.BytesIO(b"abc"))
PY
