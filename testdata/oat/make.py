#!/usr/bin/env python3
"""Writes vdex, OAT and odex files around small DEX files, as the headers of AOSP's art/runtime/vdex_file.h and oat.h of their time lay them out.

  NAME          the files
  golden.tsv    file, member, size and SHA-256
"""
import hashlib
import os
import struct
import zlib

os.chdir(os.path.dirname(os.path.abspath(__file__)))


def dex(strings, magic=b"dex\n035\0"):
    """A DEX file that holds nothing but strings."""
    strings = sorted(strings)
    ids, data = b"", b""
    base = 0x70 + 4 * len(strings)
    for s in strings:
        ids += struct.pack("<I", base + len(data))
        data += bytes([len(s)]) + s.encode() + b"\0"
    data += b"\0" * (-(base + len(data)) % 4)
    at = base + len(data)
    data += struct.pack("<I", 3)
    for kind, size, off in (0x0000, 1, 0), (0x0001, len(strings), 0x70), (0x1000, 1, at):
        data += struct.pack("<HHII", kind, 0, size, off)
    size = base + len(data)
    head = struct.pack("<IIIIII", size, 0x70, 0x12345678, 0, 0, at)
    head += struct.pack("<II", len(strings), 0x70) + b"\0" * 40 + struct.pack("<II", size - base, base)
    body = head + ids + data
    sha = hashlib.sha1(body).digest()
    return magic + struct.pack("<I", zlib.adler32(sha + body)) + sha + body


def align(b):
    return b + b"\0" * (-len(b) % 4)


one = dex(["Lcom/example/One;", "first sample string", "onCreate"])
two = dex(["Lcom/example/Two;", "second sample string"], b"dex\n039\0")
compact = dex(["compact"], b"cdex001\0")
dexes = align(one) + align(two)
deps = b"\x02\0\0\0Ljava/lang/Object;\0com.example.Dependency\0\0"
crc = struct.pack("<II", zlib.crc32(one), zlib.crc32(two))
quick = b"\x11\x22\x33\x44" * 6
golden = []


def write(name, data, *members):
    with open(name, "wb") as f:
        f.write(data)
    for i, m in enumerate(members):
        member = "classes%s.dex" % (i + 1 if i else "")
        golden.append("%s\t%s\t%d\t%s\n" % (name, member, len(m), hashlib.sha256(m).hexdigest()))


write("v010.vdex", b"vdex010\0" + struct.pack("<IIII", 2, len(dexes), len(deps), len(quick)) + crc + dexes + deps + quick, one, two)
section = struct.pack("<I", 0) + align(one) + struct.pack("<I", 12) + align(two)
write("v019.vdex", b"vdex019\x00002\0" + struct.pack("<II", 2, len(deps)) + crc +
      struct.pack("<III", len(section), 0, len(quick)) + section + deps + quick, one, two)
section = struct.pack("<I", 0) + align(compact)
write("v021.vdex", b"vdex021\x00002\0" + struct.pack("<IIII", 1, len(deps), 0, 0) + crc[:4] +
      struct.pack("<III", len(section), 0, len(quick)) + section + deps + quick, compact)
at = 12 + 4 * 12
heads = struct.pack("<III", 0, at, 8) + struct.pack("<III", 1, at + 8, len(dexes))
heads += struct.pack("<III", 2, at + 8 + len(dexes), len(deps)) + struct.pack("<III", 3, 0, 0)
write("v027.vdex", b"vdex027\0" + struct.pack("<I", 4) + heads + crc + dexes + deps, one, two)
heads = struct.pack("<III", 0, at, 8) + struct.pack("<III", 1, 0, 0) + struct.pack("<III", 2, at + 8, len(deps)) + struct.pack("<III", 3, 0, 0)
write("v027-none.vdex", b"vdex027\0" + struct.pack("<I", 4) + heads + crc + deps)
elf = b"\x7fELF\x02\x01\x01" + b"\0" * 9 + struct.pack("<HHI", 3, 183, 1)
write("v079.odex", elf.ljust(4096, b"\0") + b"oat\n079\0" + b"\x01\x02\x03\x04" * 40 + dexes + b"machine code", one, two)
write("dalvik.odex", b"dey\n036\0" + struct.pack("<IIIIIIII", 40, len(one), 40 + len(one), 8, 48 + len(one), 8, 0, 0) + align(one) + b"dependencies", one)
with open("golden.tsv", "w") as f:
    f.writelines(golden)
