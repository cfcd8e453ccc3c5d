#!/usr/bin/env python3
"""Writes an A/B update payload (CrAU, major version 2) from partition images.

    make_payload.py [options] OUT NAME=IMAGE...

Independent of censorscan's reader: protobuf and header by hand, after AOSP
system/update_engine/update_metadata.proto.
"""
import argparse
import bz2
import hashlib
import itertools
import lzma
import struct
import subprocess

BLOCK = 4096
TYPES = {"replace": 0, "bz": 1, "zero": 6, "discard": 7, "xz": 8, "zstd": 14}


def varint(n):
    out = bytearray()
    while n >= 0x80:
        out.append(n & 0x7F | 0x80)
        n >>= 7
    out.append(n)
    return bytes(out)


def number(field, value):
    return varint(field << 3) + varint(value)


def string(field, value):
    return varint(field << 3 | 2) + varint(len(value)) + value


def pack(kind, data):
    if kind == "bz":
        return bz2.compress(data)
    if kind == "xz":
        return lzma.compress(data, check=lzma.CHECK_CRC32)
    if kind == "zstd":
        return subprocess.run(["zstd", "-q", "-c", "-9"], input=data, stdout=subprocess.PIPE, check=True).stdout
    return data


def extents(blocks):
    """Runs of neighbouring block numbers, in the order given."""
    runs = []
    for b in blocks:
        if runs and runs[-1][0] + runs[-1][1] == b:
            runs[-1][1] += 1
        else:
            runs.append([b, 1])
    return runs


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("out")
    ap.add_argument("images", nargs="+")
    ap.add_argument("--blocks", type=int, default=16, help="blocks of one operation, 0: one operation for each partition")
    ap.add_argument("--kinds", default="replace,bz,xz,zstd", help="types of operations, in turn")
    ap.add_argument("--zstd-type", type=int, default=14, help="number of REPLACE_ZSTD")
    ap.add_argument("--scatter", action="store_true", help="every other block first, so that operations have many extents")
    ap.add_argument("--delta", action="append", default=[], help="partition that gets a SOURCE_COPY operation too")
    args = ap.parse_args()

    TYPES["zstd"] = args.zstd_type
    kinds = itertools.cycle(args.kinds.split(","))
    holes = itertools.cycle(["zero", "discard"])
    blobs, partitions = bytearray(), b""
    for image in args.images:
        name, path = image.split("=", 1)
        data = open(path, "rb").read()
        data += bytes(-len(data) % BLOCK)
        total = len(data) // BLOCK
        order = list(range(total))
        if args.scatter:
            order = order[::2] + order[1::2]
        step = args.blocks or total
        update = string(1, name.encode())
        update += string(7, number(1, len(data)) + string(2, hashlib.sha256(data).digest()))
        for at in range(0, total, step):
            run = order[at:at + step]
            chunk = b"".join(data[b * BLOCK:(b + 1) * BLOCK] for b in run)
            op = b""
            if any(chunk):
                kind = next(kinds)
                blob = pack(kind, chunk)
                op += number(1, TYPES[kind]) + number(2, len(blobs)) + number(3, len(blob))
                op += string(8, hashlib.sha256(blob).digest())
                blobs += blob
            else:
                op += number(1, TYPES[next(holes)])
            for start, count in extents(run):
                op += string(6, number(1, start) + number(2, count))
            update += string(8, op)
        if name in args.delta:
            update += string(8, number(1, 4) + string(4, number(1, 0) + number(2, 1)) + string(6, number(1, 0) + number(2, 1)))
        partitions += string(13, update)

    signature = string(1, string(2, b"\x5a" * 256))
    manifest = number(3, BLOCK) + number(4, len(blobs)) + number(5, len(signature)) + number(12, 0) + partitions
    with open(args.out, "wb") as f:
        f.write(b"CrAU" + struct.pack(">QQI", 2, len(manifest), len(signature)))
        f.write(manifest + signature + blobs + signature)


main()
