#!/usr/bin/env python3
"""Writes files that were XORed with one byte.

  NAME.bin      the files; the key is in the name
  golden.tsv    file, member, size and SHA-256 of its bytes
"""
import hashlib
import io
import os
import zipfile

os.chdir(os.path.dirname(os.path.abspath(__file__)))
notes = """春天来了，院子里的花都开了。
我们每天早上七点出发，下午回家。
老师说这本书很有意思，大家应该读一读。
北京的秋天不冷也不热，是旅行的好时候。
请把电话号码和地址写在这张纸上。
"""
archive = io.BytesIO()
with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as z:
    z.writestr(zipfile.ZipInfo("notes.txt", (2020, 1, 1, 0, 0, 0)), notes * 20)
golden = []


def write(name, data, key):
    with open(name, "wb") as f:
        f.write(bytes(b ^ key for b in data))
    golden.append((name, "%s (xor 0x%02x)" % (name, key), str(len(data)), hashlib.sha256(data).hexdigest()))


write("utf8-5a.bin", notes.encode(), 0x5A)
write("gbk-01.bin", notes.encode("gbk"), 0x01)
write("big5-c3.bin", "這裡沒有甚麼特別的東西，只是一些關於天氣和旅行的話。\r\n他們說明天還會下雨，我們應該帶傘出門。\r\n".encode("big5"), 0xC3)
write("utf16le-ff.bin", ("\ufeff" + notes).encode("utf-16-le"), 0xFF)
write("ascii-80.bin", b"the quick brown fox\njumps over\nthe lazy dog and runs away\nwithout a second look\n", 0x80)
write("zip-a7.bin", archive.getvalue(), 0xA7)
with open("golden.tsv", "w") as f:
    f.writelines("\t".join(row) + "\n" for row in golden)
