#!/usr/bin/env python3
"""Lays out the file trees of the demo OTA. The planted lists are made of terms of the wordlists of this repository and of words that no wordlist knows, so
that a scan has to recover more than it knows.

    plant.py WORDLISTS OUT
"""
import base64
import json
import os
import random
import sys

wordlists, out = sys.argv[1:]
rng = random.Random(20210823)


def terms(name):
    rows = [l.rstrip("\n").split("\t") for l in open(f"{wordlists}/{name}.tsv", encoding="utf-8") if not l.startswith("#")]
    return [r[0] for r in rows[1:]]


syllables = "安白宝北才长成川春达大丹道德东方飞丰福刚高格光桂海汉和宏华怀惠吉嘉建江杰金锦京静君凯康乐立丽连林灵龙美明茂南宁平奇启庆泉荣瑞山胜石书水思松泰天庭同万为文夏祥新兴雄修雅延阳义英永勇宇玉元远月云振正志中竹子"


def unknown(n):
    return ["".join(rng.choice(syllables) for _ in range(rng.randint(3, 5))) for _ in range(n)]


def mixed(known, n_known, n_unknown):
    entries = rng.sample(known, min(n_known, len(known))) + unknown(n_unknown)
    rng.shuffle(entries)
    return list(dict.fromkeys(entries))


def write(path, data):
    path = os.path.join(out, path)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as f:
        f.write(data if isinstance(data, bytes) else data.encode("utf-8"))


han = [t for t in terms("political") + terms("context") if any(ord(c) > 0x3000 for c in t)]
planted = []


def plant(path, chain, form, entries, data):
    write(path, data)
    planted.append((chain, form, entries))


watermark = mixed(han, 70, 130)
plant("system/app/Camera/Camera.apk.d/assets/sensi/sensi_words.txt", "system!/app/Camera/Camera.apk!assets/sensi/sensi_words.txt",
      "base64 of lines", watermark, base64.b64encode("\n".join(watermark).encode()))
ads = mixed(han, 120, 180)
answer = {"status": 0, "message": "updated", "version": 20240203, "cacheTime": 86400, "keywords": json.dumps(ads, separators=(",", ":"))}
plant("system/app/Security/Security.apk.d/assets/MiAdBlacklistConfig", "system!/app/Security/Security.apk!assets/MiAdBlacklistConfig",
      "json in json", ads, json.dumps(answer))
notes = mixed(han, 90, 160)
plant("product/app/Notes/Notes.apk.d/assets/keyword.txt", "product!/app/Notes/Notes.apk!assets/keyword.txt",
      "gbk lines", notes, "\r\n".join(notes).encode("gb18030"))
chat = mixed(han, 60, 90)
plant("vendor/etc/chat/filter.txt", "vendor!/etc/chat/filter.txt", "utf-16 pipes", chat, "\ufeff".encode("utf-16le") + "|".join(chat).encode("utf-16le"))

# what is no list
write("system/build.prop", "ro.build.fingerprint=demo/zijin_demo/zijin:11/RKQ1.201112.002/V12.5.7.0.DEMO:user/release-keys\n"
      "ro.product.model=Demo 11\nro.miui.ui.version.name=V125\nro.miui.region=CN\nro.build.version.security_patch=2021-10-01\n")
write("system/etc/about.txt", "".join(f"第{i}章:{''.join(unknown(6))}。\n" for i in range(1, 40)) + "1989年六四事件之后,此书在境外出版。\n")
write("system/usr/dict/words.tsv", "".join(f"{w}\t{rng.randint(1, 9999)}\n" for w in sorted(unknown(3000) + ["法轮功", "达赖喇嘛", "新唐人"])))
write("system/framework/loader.dex.txt", "Lcom/xiaomi/miglobaladsdk/MiAdBlackListDiskCache;\nMiAdBlackListDiskCache.java\n")
write("product/etc/locale/zh.json", json.dumps({f"key_{i}": w for i, w in enumerate(unknown(400))}, ensure_ascii=False))
write("ramdisk/prop.default", "ro.bootimage.build.fingerprint=demo/zijin_demo/zijin:11/RKQ1/V12.5.7.0.DEMO:user/release-keys\n")
write("ramdisk/init.rc", "on boot\n    start demo\n")

with open(os.path.join(out, "planted.txt"), "w", encoding="utf-8") as f:
    for chain, form, entries in planted:
        print(f"demo_ota.zip!payload.bin!{chain}\t{form}\t{json.dumps(entries, ensure_ascii=False)}", file=f)
