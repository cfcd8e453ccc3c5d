#!/usr/bin/env python3
"""Writes an image as a sparse image with larger headers, fills, "don't care" and CRC32 chunks, after AOSP's sparse_format.h."""
import struct
import sys
import zlib

BLOCK = 4096
data = open(sys.argv[1], "rb").read()
chunks, crc, i = [], 0, 0


def chunk(kind, blocks, body):
    chunks.append(struct.pack("<HHII", kind, 0, blocks, 16 + len(body)) + b"\0" * 4 + body)


blocks = [data[k:k + BLOCK] for k in range(0, len(data), BLOCK)]
zeros = b"\0" * BLOCK
while i < len(blocks):
    b, n = blocks[i], 1
    same = b == b[:4] * (BLOCK // 4)
    while i + n < len(blocks) and n < 20:
        c = blocks[i + n]
        if same and c != b or not same and c == c[:4] * (BLOCK // 4):
            break
        n += 1
    if b == zeros and i % 2 == 0:
        chunk(0xCAC3, n, b"")
    elif same:
        chunk(0xCAC2, n, b[:4])
    else:
        chunk(0xCAC1, n, b"".join(blocks[i:i + n]))
    crc = zlib.crc32(b"".join(blocks[i:i + n]), crc)
    i += n
    if len(chunks) % 3 == 0:
        chunk(0xCAC4, 0, struct.pack("<I", crc))
chunk(0xCAC4, 0, struct.pack("<I", crc))
with open(sys.argv[2], "wb") as f:
    f.write(struct.pack("<IHHHHIIII", 0xED26FF3A, 1, 0, 32, 16, BLOCK, len(blocks), len(chunks), crc) + b"\0" * 4)
    f.write(b"".join(chunks))
