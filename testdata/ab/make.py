#!/usr/bin/env python3
"""Makes the Android backups of this folder, as `adb backup` writes them: header lines, then a tar of apps/<package>/<domain>/<path>."""
import hashlib, io, os, tarfile, zlib

HERE = os.path.dirname(os.path.abspath(__file__))
FILES = {
    "apps/com.example.notes/_manifest": b"1\ncom.example.notes\n7\n29\n\n0\n0\n",
    "apps/com.example.notes/f/words.txt": ("\n".join("备份词%d" % i for i in range(200)) + "\n").encode(),
    "apps/com.example.notes/sp/settings.xml": b"<?xml version='1.0' encoding='utf-8' standalone='yes' ?>\n<map />\n",
}


def archive():
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as t:
        for name, content in FILES.items():
            info = tarfile.TarInfo(name)
            info.size, info.mtime, info.mode = len(content), 1600000000, 0o600
            t.addfile(info, io.BytesIO(content))
    return out.getvalue()


def write(name, header, body):
    with open(os.path.join(HERE, name), "wb") as f:
        f.write(b"ANDROID BACKUP\n" + header + body)


def main():
    tar = archive()
    write("v1-deflated.ab", b"1\n1\nnone\n", zlib.compress(tar, 9))
    write("v3-stored.ab", b"3\n0\nnone\n", tar)
    write("v5-deflated.ab", b"5\n1\nnone\n", zlib.compress(tar, 1))
    noise = b"".join(hashlib.sha256(b"%d" % i).digest() for i in range(64))
    hexed = lambda a, b: noise[a:b].hex().upper().encode() + b"\n"
    write("v4-encrypted.ab", b"4\n1\nAES-256\n" + hexed(0, 64) + hexed(64, 128) + b"10000\n" + hexed(128, 144) + hexed(144, 240), noise)
    with open(os.path.join(HERE, "golden.txt"), "w") as f:
        f.write("%s %d archive.tar\n" % (hashlib.sha256(tar).hexdigest(), len(tar)))


main()
