#!/bin/sh
# Makes small kernels: headers as Linux writes them around streams made by gzip, xz, zstd, lz4 and lzma. Needs python3 and those tools.
#   NAME.img     the kernels
#   golden.tsv   kernel, member, size and SHA-256
set -eu
cd "$(dirname "$0")"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
seq -f "CONFIG_SAMPLE_%04.0f=y" 1 900 >"$tmp/config"
gzip -9nc "$tmp/config" >"$tmp/config.gz"
seq -f "line %05.0f of the kernel proper" 1 4000 >"$tmp/piggy"
gzip -9nc "$tmp/piggy" >"$tmp/piggy.gz"
xz -9 --check=crc32 -c "$tmp/piggy" >"$tmp/piggy.xz"
zstd -q -19 -c "$tmp/piggy" >"$tmp/piggy.zst"
lz4 -l -9 -c "$tmp/piggy" >"$tmp/piggy.lz4" 2>/dev/null
xz --format=lzma -9 -c "$tmp/piggy" >"$tmp/piggy.lzma"
seq -f "file %04.0f of the first file system" 1 300 | gzip -9n >"$tmp/initramfs.gz"
TMP="$tmp" python3 - <<'PY'
import hashlib, os, struct
tmp = os.environ["TMP"]
read = lambda n: open(os.path.join(tmp, n), "rb").read()
golden = []

def write(name, image, **members):
    open(name + ".img", "wb").write(image)
    for m, b in members.items():
        m = m.replace("_", ".").replace("0x", "stream-0x")
        golden.append("%s\t%s\t%d\t%s" % (name, m, len(b), hashlib.sha256(b).hexdigest()))

code = b"\x1f\x8b\x08 decompressor code \x02\x21\x4c\x18 \xfd7zXZ\x00 \x89LZO\x00\r\n\x1a\n " * 8

# arm: magic at 0x24, start, end; the piggy lies behind the decompressor, device trees behind the end
for suffix in "gz", "xz", "lz4", "lzma":
    piggy = read("piggy." + suffix)
    body = code + piggy + b"tail of the zImage"
    head = b"\x00\x00\xa0\xe1" * 9 + struct.pack("<IIII", 0x016F2818, 0, 52 + len(body), 0x04030201)
    write("zimage-" + suffix, head + body + b"\xd0\x0d\xfe\xed appended device tree", **{"piggy_" + suffix: piggy})

# x86: boot protocol 2.15, one sector of boot code and one of setup, a 32-bit size behind the stream
piggy = read("piggy.zst") + struct.pack("<I", len(read("piggy")))
setup = bytearray(1024)
setup[0x1F1] = 1
setup[0x1FE:0x200] = b"\x55\xaa"
setup[0x202:0x208] = b"HdrS" + struct.pack("<H", 0x20F)
struct.pack_into("<II", setup, 0x248, len(code), len(piggy))
setup += code
write("bzimage", bytes(setup) + piggy + b"tail", piggy_zst=piggy)

# EFI zboot: payload, its size, the kind of compression
piggy = read("piggy.gz")
head = b"MZ\0\0zimg" + struct.pack("<II", 512, len(piggy)) + b"\0" * 8 + b"gzip\0"
write("zboot", head.ljust(512, b"\0") + piggy + b"end", piggy_gz=piggy)

# arm64: uncompressed, with its configuration and a file system
config, initramfs = read("config.gz"), read("initramfs.gz")
head = struct.pack("<IIQQQQQQII", 0x91005A4D, 0x14000000, 0x80000, 0, 0xA, 0, 0, 0, 0x644D5241, 0)
image = head + code + b"IKCFG_ST and IKCFG_ED are in the code too".ljust(512, b"\0") + b"IKCFG_ST" + config + b"IKCFG_ED" + b"text" * 99
at = len(image)
image += initramfs + b"end of the image"
write("arm64", image, config_gz=config, **{"0x%x_gz" % at: initramfs})

# Qualcomm: a header and the size before the image, device trees behind it
write("qcom", b"UNCOMPRESSED_IMG" + struct.pack("<I", len(image)) + image + b"\xd0\x0d\xfe\xed device tree", Image=image)
open("golden.tsv", "w").write("\n".join(golden) + "\n")
PY
