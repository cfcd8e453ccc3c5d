#!/bin/sh
# Makes the images of this folder with e2fsprogs 1.47, as root (device nodes), and golden.tsv from the tree that went into them.
# Usage: make.sh, in this folder. The images are mostly zeros and are stored with gzip.
set -eu
PATH=$PATH:/usr/sbin:/sbin
export E2FSPROGS_FAKE_TIME=1700000000
here=$(pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
umask 022
tree=$work/tree
mkdir -p "$tree/app/deep/er" "$tree/names" "$tree/many"
cd "$tree"
printf 'a small file\n' >app/small.txt
printf '' >app/empty
head -c 60 /dev/zero | tr '\0' a >app/sixty
head -c 150 /dev/zero | tr '\0' b >app/inline150
i=0
while [ $i -lt 2600 ]; do printf 'line %d of a longer file\n' $i; i=$((i + 1)); done >app/long
printf 'at the end' | dd of=app/sparse bs=1 seek=300000 2>/dev/null
dd if=app/long of=app/holes bs=4096 count=1 2>/dev/null
dd if=app/long of=app/holes bs=4096 count=2 seek=9 conv=notrunc 2>/dev/null
ln app/long app/deep/er/hard
ln -s ../small.txt app/deep/fast
ln -s "$(printf '%0200d' 0 | tr 0 l)" app/deep/slow
ln -s ../../../../etc/passwd app/deep/outside
printf 'x' >"names/$(printf '%0255d' 0 | tr 0 n)"
printf 'bytes' >"names/$(printf 'not \377 utf-8')"
printf '名字' >names/习近平
mkfifo names/pipe
mknod names/null c 1 3
mknod names/disk b 259 100000
i=0
while [ $i -lt 120 ]; do printf '%d' $i >"many/a file with a rather long name, number $i"; i=$((i + 1)); done
chmod 4755 app/small.txt
chmod 1777 app/deep
cd "$here"

python3 - "$tree" >golden.tsv <<'PY'
import hashlib, os, stat, sys
from urllib.parse import quote
root = os.fsencode(sys.argv[1])
for path, dirs, files in sorted(os.walk(root)):
    for name in sorted(dirs + files) + ([b"."] if path == root else []):
        p = os.path.normpath(os.path.join(path, name))
        st = os.lstat(p)
        digest = link = "-"
        size = 0
        if stat.S_ISREG(st.st_mode):
            data = open(p, "rb").read()
            size, digest = len(data), hashlib.sha256(data).hexdigest()
        if stat.S_ISLNK(st.st_mode):
            link = quote(os.readlink(p))
        print("/" + quote(p[len(root) + 1:]), oct(st.st_mode)[2:], size, digest, link, f"{os.major(st.st_rdev)}:{os.minor(st.st_rdev)}", sep="\t")
PY

# image NAME SIZE OPTIONS...
image() {
    name=$1 size=$2
    shift 2
    rm -f "$work/img"
    mke2fs -q -F -d "$tree" -U 01234567-89ab-cdef-0123-456789abcdef -E hash_seed=01234567-89ab-cdef-0123-456789abcdef,root_owner=0:0 "$@" "$work/img" "$size"
}
store() { gzip -9nc "$work/img" >"$name.img.gz"; }

image ext2 1M -t ext2 -b 1024 -N 256; store
image ext3-inode128 4M -t ext3 -b 1024 -I 128 -J size=1 -N 256; store
image ext4 2M -t ext4 -b 4096 -N 256 -O ^has_journal; store
image inline 1M -t ext4 -b 1024 -N 256 -O inline_data,^has_journal; store
image meta_bg 2M -t ext4 -b 1024 -g 512 -N 256 -O meta_bg,64bit,^resize_inode,^flex_bg,^has_journal; store
image bigalloc 4M -t ext4 -b 1024 -C 4096 -N 256 -O bigalloc,^has_journal; store
image block16k 8M -t ext4 -b 16384 -N 256 -O ^has_journal; store

# Directories with an index, as e2fsck makes them; attributes in the inode and in a block.
image indexed 1M -t ext4 -b 1024 -N 256 -O ^has_journal
debugfs -w -R 'ea_set /app/long security.selinux u:object_r:system_file:s0' "$work/img" 2>/dev/null
head -c 400 /dev/zero | tr '\0' v >"$work/value"
debugfs -w -R "ea_set -f $work/value /app/long user.large" "$work/img" 2>/dev/null
e2fsck -fyD "$work/img" >/dev/null || [ $? -le 1 ]
store

# What debugfs cannot do by name, done to the bytes: Android's shared_blocks (app/holes gets the blocks of app/long), a file with the flag of fscrypt
# (many/..., number 7), and one with the flag of fs-verity whose content ends before its blocks do (app/sparse: the end at 300000 is the "tree").
image android 1M -t ext4 -b 1024 -N 256 -O ^has_journal,^metadata_csum
python3 - "$work/img" <<'PY'
import re, struct, subprocess, sys
image = sys.argv[1]
def place(path):
    out = subprocess.run(["debugfs", "-R", f'imap "{path}"', image], capture_output=True, text=True).stdout
    block, offset = re.search(r"block (\d+), offset 0x([0-9a-f]+)", out).groups()
    return int(block) * 1024 + int(offset, 16)
long, holes, sealed, verity = map(place, ["/app/long", "/app/holes", "/many/a file with a rather long name, number 7", "/app/sparse"])
with open(image, "r+b") as f:
    def get(at, form):
        f.seek(at)
        return struct.unpack(form, f.read(struct.calcsize(form)))[0]
    def put(at, form, value):
        f.seek(at)
        f.write(struct.pack(form, value))
    put(1024 + 0x64, "<I", get(1024 + 0x64, "<I") | 0x4000)
    put(holes + 4, "<I", get(long + 4, "<I"))
    put(holes + 0x28, "60s", get(long + 0x28, "60s"))
    put(sealed + 0x20, "<I", get(sealed + 0x20, "<I") | 0x800)
    put(verity + 0x20, "<I", get(verity + 0x20, "<I") | 0x100000)
    put(verity + 4, "<I", 1000)
PY
store
