#!/usr/bin/env python3
"""Dumps the partitions of a full A/B update payload (CrAU, major version 2).

    dump.py PAYLOAD [--offset N] [--out DIR]

Prints "NAME SIZE SHA256" for each partition. Holds every partition in memory; independent of censorscan's reader.
"""
import argparse
import bz2
import hashlib
import lzma
import os
import struct
import subprocess


def fields(b):
    """Splits a protobuf message into (number, value)."""
    i = 0

    def varint():
        nonlocal i
        n = shift = 0
        while True:
            c = b[i]
            i += 1
            n |= (c & 0x7F) << shift
            shift += 7
            if c < 0x80:
                return n

    while i < len(b):
        key = varint()
        if key & 7 == 0:
            yield key >> 3, varint()
        elif key & 7 == 1:
            yield key >> 3, b[i:i + 8]
            i += 8
        elif key & 7 == 2:
            n = varint()
            yield key >> 3, b[i:i + n]
            i += n
        elif key & 7 == 5:
            yield key >> 3, b[i:i + 4]
            i += 4
        else:
            raise ValueError(f"wire type {key & 7}")


def unpack(blob):
    if blob[:3] == b"BZh":
        return bz2.decompress(blob)
    if blob[:6] == b"\xfd7zXZ\0":
        return lzma.decompress(blob)
    if blob[:4] == b"\x28\xb5\x2f\xfd":
        return subprocess.run(["zstd", "-q", "-d", "-c"], input=blob, stdout=subprocess.PIPE, check=True).stdout
    raise ValueError(f"blob begins with {blob[:6].hex()}")


def dump(f, base, update, block, data_start):
    one = dict(fields(update))
    info = dict(fields(one[7]))
    image = bytearray(info[1])
    for number, op in fields(update):
        if number != 8:
            continue
        f8 = list(fields(op))
        o = dict(f8)
        f.seek(base + data_start + o.get(2, 0))
        blob = f.read(o.get(3, 0))
        kind = o.get(1, 0)
        if kind in (6, 7):
            continue
        data = blob if kind == 0 else unpack(blob)
        at = 0
        for n, e in f8:
            if n == 6:
                x = dict(fields(e))
                size = x.get(2, 0) * block
                piece = data[at:at + size]
                image[x.get(1, 0) * block:x.get(1, 0) * block + len(piece)] = piece
                at += size
    return one[1].decode(), image


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("payload")
    ap.add_argument("--offset", type=int, default=0)
    ap.add_argument("--out")
    args = ap.parse_args()
    with open(args.payload, "rb") as f:
        f.seek(args.offset)
        magic, version, size, signature = struct.unpack(">4sQQI", f.read(24))
        assert magic == b"CrAU" and version == 2
        manifest = f.read(size)
        block = dict(fields(manifest)).get(3, 4096)
        for number, update in fields(manifest):
            if number == 13:
                name, image = dump(f, args.offset, update, block, 24 + size + signature)
                print(name, len(image), hashlib.sha256(image).hexdigest())
                if args.out:
                    with open(os.path.join(args.out, name + ".img"), "wb") as o:
                        o.write(image)


main()
