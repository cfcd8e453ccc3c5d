#!/usr/bin/env python3
"""Writes Chromium resource packs as ui/base/resource/data_pack.cc lays them out. Needs the brotli tool.

  NAME.pak      the packs
  golden.tsv    pack, resources from first to last, size and SHA-256 of their decoded bytes
"""
import gzip
import hashlib
import os
import struct
import subprocess

os.chdir(os.path.dirname(os.path.abspath(__file__)))
golden = []


def brotli(data):
    packed = subprocess.run(["brotli", "-9", "-c"], input=data, stdout=subprocess.PIPE, check=True).stdout
    return b"\x1e\x9b" + struct.pack("<Q", len(data))[:6] + packed


def pack(name, version, encoding, resources, aliases=()):
    n = len(resources)
    if version == 4:
        head, at = struct.pack("<IIB", 4, n, encoding), 9 + 6 * (n + 1)
    else:
        head, at = struct.pack("<IBxxxHH", 5, encoding, n, len(aliases)), 12 + 6 * (n + 1) + 4 * len(aliases)
    body = b""
    for number, data in resources:
        head += struct.pack("<HI", number, at + len(body))
        body += data
    head += struct.pack("<HI", 0, at + len(body))
    for number, index in aliases:
        head += struct.pack("<HH", number, index)
    with open(name + ".pak", "wb") as f:
        f.write(head + body)


def want(name, member, data):
    golden.append("%s\t%s\t%d\t%s\n" % (name, member, len(data), hashlib.sha256(data).hexdigest()))


strings = [(i, ("Message number %d" % i).encode()) for i in range(100, 160)]
pack("v4", 4, 1, strings)
want("v4", "100-159", b"".join(s for _, s in strings))

utf16 = [(i, s.decode().encode("utf-16-le")) for i, s in strings]
pack("v5-utf16", 5, 2, utf16, [(200, 3), (201, 7)])
want("v5-utf16", "100-159", b"".join(s for _, s in utf16))

page = "".join("<p>paragraph %d of a page</p>\n" % i for i in range(400)).encode()
icon = bytes(range(256)) * 20
small = [(1, b"one"), (2, b"two"), (9, b""), (3, b"three")]
pack("v5", 5, 0, small + [(10, brotli(page)), (11, gzip.compress(page, mtime=0)), (12, icon), (20, b"last"), (21, brotli(b""))], [(30, 2)])
want("v5", "1-3", b"onetwothree")
want("v5", "10", page)
want("v5", "11.gz", gzip.compress(page, mtime=0))
want("v5", "12", icon)
want("v5", "20", b"last")
want("v5", "21", b"")

with open("golden.tsv", "w") as f:
    f.writelines(golden)
