#!/usr/bin/env python3
"""Writes super images after the layout of AOSP's liblp (metadata_format.h, builder.cpp, writer.cpp): an independent writer, since Debian has no lpmake.

usage: make.py OUTPUT [options] NAME=FILE...       a partition of slot 0; NAME@1=FILE is one of slot 1 alone; NAME= is empty
  --minor N       metadata of version 10.N (default 2)
  --slots N       metadata slots (default 2)
  --empty         metadata alone, as in super_empty.img
  --scatter       cut every partition into extents, with zero extents for 64 KiB of zeros
  --device N=S    a further block device N of S bytes; OUTPUT.N is written, partitions go there when the ones before are full
  --size S        bytes of the first block device (default as needed)
"""
import argparse
import hashlib
import struct

SECTOR, RESERVED, GEOMETRY = 512, 4096, 4096
ap = argparse.ArgumentParser()
ap.add_argument("output")
ap.add_argument("--minor", type=int, default=2)
ap.add_argument("--slots", type=int, default=2)
ap.add_argument("--max", type=int, default=4096)
ap.add_argument("--empty", action="store_true")
ap.add_argument("--scatter", action="store_true")
ap.add_argument("--device", action="append", default=[])
ap.add_argument("--size", type=int, default=0)
ap.add_argument("parts", nargs="*")
a = ap.parse_intermixed_args()


def sha(b):
    return hashlib.sha256(b).digest()


geometry = struct.pack("<4sI32sIII", b"gDla", 52, b"\0" * 32, a.max, a.slots, 4096)
geometry = geometry[:8] + sha(geometry) + geometry[40:]
first = -(-(RESERVED + 2 * (GEOMETRY + a.max * a.slots)) // 65536) * 65536
devices = [["super", first, a.size, bytearray(first)]]
for d in a.device:
    name, size = d.split("=")
    devices.append([name, 2048 * SECTOR, int(size), bytearray(2048 * SECTOR)])


def place(data):
    for i, d in enumerate(devices):
        if not d[2] or len(d[3]) + len(data) <= d[2]:
            at = len(d[3])
            d[3].extend(data)
            return i, at
    raise SystemExit("no room")


def extents(data):
    data += b"\0" * (-len(data) % 4096)
    out, step = [], 65536 if a.scatter else max(1, len(data))
    for i in range(0, len(data), step):
        piece = data[i:i + step]
        if a.scatter and not any(piece):
            out.append((len(piece) // SECTOR, 1, 0, 0))
            continue
        dev, at = place(piece)
        out.append((len(piece) // SECTOR, 0, at // SECTOR, dev))
        if a.scatter:
            devices[dev][3].extend(b"gap" + b"\0" * 4093)
    return out


slots = [[] for _ in range(a.slots)]
for p in a.parts:
    name, _, path = p.partition("=")
    name, _, slot = name.partition("@")
    es = extents(open(path, "rb").read()) if path and not a.empty else []
    for s in range(a.slots):
        if not slot or int(slot) == s:
            slots[s] = [q for q in slots[s] if q[0] != name] + [(name, es)]


def metadata(partitions):
    pt = et = b""
    n = 0
    for name, es in partitions:
        pt += struct.pack("<36sIIII", name.encode(), 1, n, len(es), 1)
        n += len(es)
        et += b"".join(struct.pack("<QIQI", *e) for e in es)
    gt = struct.pack("<36sIQ", b"default", 0, 0) + struct.pack("<36sIQ", b"main", 0, 1 << 30)
    dt = b"".join(struct.pack("<QIIQ36sI", d[1] // SECTOR, 1048576, 0, d[2] or len(d[3]), d[0].encode(), 0) for d in devices)
    tables = pt + et + gt + dt
    size = 256 if a.minor >= 2 else 128
    desc, at = b"", 0
    for t, entry in ((pt, 52), (et, 24), (gt, 48), (dt, 64)):
        desc += struct.pack("<III", at, len(t) // entry, entry)
        at += len(t)
    head = struct.pack("<4sHHI32sI32s", b"0PLA", 10, a.minor, size, b"\0" * 32, len(tables), sha(tables)) + desc
    head += b"\0" * (size - len(head))
    head = head[:12] + sha(head) + head[44:]
    blob = head + tables
    assert len(blob) <= a.max, len(blob)
    return blob


def padded(blob):
    return blob + b"\0" * (a.max - len(blob))


pad = geometry + b"\0" * (GEOMETRY - len(geometry))
if a.empty:
    open(a.output, "wb").write(pad + metadata(slots[0]))
else:
    for d in devices:
        if d[2]:
            d[3].extend(b"\0" * (d[2] - len(d[3])))
    all_slots = b"".join(padded(metadata(s)) for s in slots)
    head = b"\0" * RESERVED + pad + pad + all_slots + all_slots
    devices[0][3][:len(head)] = head
    for i, d in enumerate(devices):
        open(a.output + ("." + d[0] if i else ""), "wb").write(d[3])
