#!/usr/bin/env python3
"""Makes the Unity asset bundles of this folder and golden.tsv, which says what they hold.

Written from the layout alone. The lz4 tool and Python's lzma module compress; a raw lz4 block is taken out of a frame with one block.
"""
import hashlib
import lzma
import os
import struct
import subprocess

BLOCK = 16 << 10
NONE, LZMA, LZ4, LZ4HC = 0, 1, 2, 3


def text(lines):
    return "".join("line %d of the asset, 敏感词 %d\n" % (i, i * 7919 % 1000) for i in range(lines)).encode()


def noise(size):
    out, x = bytearray(), 1
    while len(out) < size:
        x = (x * 6364136223846793005 + 1442695040888963407) & (1 << 64) - 1
        out.append(x >> 56)
    return bytes(out)


FILES = [(b"CAB-3f5c91d2", text(1200)), (b"CAB-3f5c91d2.resS", noise(3000)), (b"empty", b""), (b"CAB-77aa/\xff\xfe.sharedAssets", text(300))]


def raw_lz4(data, level):
    frame = subprocess.run(["lz4", "-c", "-B5", "-%d" % level, "--no-frame-crc"], input=data, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True).stdout
    assert frame[:4] == b"\x04\x22\x4d\x18"
    at = 7 + (8 if frame[4] & 8 else 0)
    size = struct.unpack_from("<I", frame, at)[0]
    assert size >> 31 == 0, "the tool stored the block"
    return frame[at + 4:at + 4 + size]


def raw_lzma(data):
    filters = [{"id": lzma.FILTER_LZMA1, "dict_size": 1 << 19, "lc": 3, "lp": 0, "pb": 2}]
    return bytes([0x5d]) + struct.pack("<I", 1 << 19) + lzma.compress(data, lzma.FORMAT_RAW, filters=filters)


def pack(method, data):
    if method == LZMA:
        return raw_lzma(data)
    if method == LZ4:
        return raw_lz4(data, 1)
    if method == LZ4HC:
        return raw_lz4(data, 9)
    return data


def align(data, n=16):
    return data + bytes(-len(data) % n)


def fs(name, version, revision, info, methods, at_end=False, padded=False, aligned=False, key=None, gap=0, block=BLOCK):
    """methods are used for one block after another; key is put behind the header and marks every second block."""
    data, nodes = b"", b""
    for path, content in FILES:
        nodes += struct.pack(">qqI", len(data), len(content), 4) + path + b"\0"
        data += content + bytes(gap if content else 0)
    table, blocks = b"", b""
    for i in range(0, len(data), block):
        n = i // block
        method, piece = methods[n % len(methods)], data[i:i + block]
        packed = pack(method, piece)
        if len(packed) >= len(piece):
            method, packed = NONE, piece
        if key and n % 2:
            packed, method = noise(len(packed)), method | 0x100
        table += struct.pack(">IIH", len(piece), len(packed), method | 0x40)
        blocks += packed
    plain = bytes(16) + struct.pack(">I", len(table) // 10) + table + struct.pack(">I", len(FILES)) + nodes
    packed = pack(info, plain)
    flags = 0x40 | info | (0x80 if at_end else 0) | (0x200 if padded else 0) | (0x400 if key else 0)
    head = b"UnityFS\0" + struct.pack(">I", version) + b"5.x.x\0" + revision + b"\0"
    size_at = len(head)
    head += struct.pack(">qIII", 0, len(packed), len(plain), flags) + (key or b"")
    if version >= 7 or aligned:
        head = align(head)
    out = head if at_end else head + packed
    if padded:
        out = align(out)
    out += blocks + (packed if at_end else b"")
    out = out[:size_at] + struct.pack(">q", len(out)) + out[size_at + 8:]
    save(name, out)


def legacy(name, magic, version):
    names = [(p, c) for p, c in FILES]
    size = 4 + sum(len(p) + 1 + 8 for p, _ in names)
    directory, data, first = struct.pack(">I", len(names)), b"", -(-size // 4) * 4
    for path, content in names:
        directory += path + b"\0" + struct.pack(">II", first + len(data), len(content))
        data = align(data + content, 4)
    plain = align(directory, 4) + data
    packed = plain if magic == b"UnityRaw" else lzma.compress(plain, lzma.FORMAT_ALONE)
    head = magic + b"\0" + struct.pack(">I", version) + b"fusion-2.x.x\0" + b"2.6.1f3\0"
    size = -(-(len(head) + (20 if version >= 4 else 0) + 16 + 16 + 8) // 4) * 4
    if version >= 4:
        head += hashlib.md5(plain).digest() + bytes(4)
    head += struct.pack(">IIII", size + len(packed), size, 1, 2)
    head += struct.pack(">IIII", len(packed) // 2, len(plain) // 2, len(packed), len(plain))
    head += struct.pack(">I", size + len(packed))
    if version >= 3:
        head += struct.pack(">I", len(directory))
    save(name, head + bytes(size - len(head)) + packed)


def save(name, out):
    with open(name, "wb") as f:
        f.write(out)


def main():
    os.chdir(os.path.dirname(os.path.abspath(__file__)))
    fs("v6-lz4hc.unity", 6, b"2018.4.36f1", LZ4HC, [LZ4HC])
    fs("v6-stored.unity", 6, b"5.6.7f1", NONE, [NONE])
    fs("v6-lzma.unity", 6, b"2017.4.1f1", LZMA, [LZMA], block=1 << 20)
    fs("v6-end.unity", 6, b"2018.4.36f1", NONE, [LZ4], at_end=True)
    fs("v6-aligned.unity", 6, b"2019.4.40f1", NONE, [LZ4], aligned=True)
    fs("v7-lz4.unity", 7, b"2020.3.1f1", LZ4, [LZ4])
    fs("v7-end.unity", 7, b"2021.3.9f1", LZ4HC, [LZ4HC, LZMA], at_end=True, padded=True)
    fs("v8-mixed.unity", 8, b"2022.3.20f1", LZMA, [NONE, LZMA, LZ4, LZ4HC], padded=True, gap=8)
    fs("v8-encrypted.unity", 8, b"2022.3.20f1c1", LZ4, [LZ4], padded=True, key=noise(70))
    legacy("raw3.unity3d", b"UnityRaw", 3)
    legacy("web3.unity3d", b"UnityWeb", 3)
    legacy("web2.unity3d", b"UnityWeb", 2)
    with open("golden.tsv", "w") as f:
        for path, content in FILES:
            f.write("%s\t%d\t%s\n" % (path.hex(), len(content), hashlib.sha256(content).hexdigest()))


main()
