#!/usr/bin/env python3
"""Makes lists.dex with smali (Debian: libsmali-java): one class for each way in which code holds the words of ../words.txt, among other strings."""
import json
import os
import subprocess
import tempfile

os.chdir(os.path.dirname(os.path.abspath(__file__)))
words = open("../words.txt", encoding="utf-8").read().split("\n")[:-1]
half = len(words) // 2
OBJECT = "Ljava/lang/Object;"
STRING = "Ljava/lang/String;"


quoted = json.dumps


def cls(name, body, head=""):
    return ".class public Lcom/example/%s;\n.super %s\n%s\n%s" % (name, OBJECT, head, body)


def method(name, code, registers=6, sig="()V", flags="public static"):
    return ".method %s %s%s\n.registers %d\n%s\n.end method\n" % (flags, name, sig, registers, "\n".join(code))


def log(text):
    return ['const-string v4, "Filter"', "const-string v5, " + quoted(text), "invoke-static {v4, v5}, Landroid/util/Log;->d(%s%s)I" % (STRING, STRING)]


def elements(words, array="v0"):
    """As javac and d8 write an array initialiser; a word that comes twice is loaded once."""
    code = ["const/16 v1, %d" % len(words), "new-array %s, v1, [%s" % (array, STRING)]
    twice = {w for w in words if words.count(w) > 1}
    for i, w in enumerate(sorted(twice)):
        code.insert(0, "const-string v%d, %s" % (8 + i, quoted(w)))
    held = {w: "v%d" % (8 + i) for i, w in enumerate(sorted(twice))}
    for i, w in enumerate(words):
        code.append("%s v2, %d" % ("const/4" if i < 8 else "const/16", i))
        if w not in held:
            code.append("const-string v3, " + quoted(w))
        code.append("aput-object %s, %s, v2" % (held.get(w, "v3"), array))
    return code


def adds(words, target):
    code = []
    for w in words:
        code += ["const-string v2, " + quoted(w), "invoke-interface {%s, v2}, Ljava/util/Set;->add(%s)Z" % (target, OBJECT)]
    return code


files = {}
files["Array"] = cls("Array", method("<clinit>", log("start") + elements(words) + ["sput-object v0, Lcom/example/Array;->WORDS:[" + STRING] + log("done") + ["return-void"],
                     12, flags="static constructor"), ".field static final WORDS:[%s\n" % STRING)
files["Adder"] = cls("Adder", method("<init>", log("loading") + ["new-instance v0, Ljava/util/HashSet;", "invoke-direct {v0}, Ljava/util/HashSet;-><init>()V"] +
                     adds(words, "v0") + ["return-void"], 7, flags="public constructor"))
code = []
for w in words:
    code += ["sget-object v0, Lcom/example/Mapper;->MAP:Ljava/util/Map;", "const-string v1, " + quoted(w), 'const-string v2, "***"',
             "invoke-interface {v0, v1, v2}, Ljava/util/Map;->put(%s%s)%s" % (OBJECT, OBJECT, OBJECT)]
files["Mapper"] = cls("Mapper", method("fill", code + ["return-void"]), ".field static MAP:Ljava/util/Map;\n")
code = []
for i, w in enumerate(words):
    code += ["const-string v0, " + quoted(w), "invoke-virtual {p0, v0}, %s->equals(%s)Z" % (STRING, OBJECT), "move-result v1", "if-eqz v1, :no%d" % i,
             "const/4 v0, 1", "return v0", ":no%d" % i]
files["Equals"] = cls("Equals", method("isBad", code + ["const/4 v0, 0", "return v0"], 4, "(%s)Z" % STRING))
code = ["packed-switch p0, :table"]
for i in range(len(words)):
    code += [":case%d" % i, "const-string v0, " + quoted(words[i]), "return-object v0"]
code += [":table", ".packed-switch 0"] + [":case%d" % i for i in range(len(words))] + [".end packed-switch"]
files["Switch"] = cls("Switch", method("word", code, 2, "(I)" + STRING))
code = ["const-string v%d, %s" % (i, quoted(w)) for i, w in enumerate(words)]
files["Filled"] = cls("Filled", method("words", code + ["filled-new-array/range {v0 .. v%d}, [%s" % (len(words) - 1, STRING), "move-result-object v0",
                      "invoke-static {v0}, Ljava/util/Arrays;->asList([%s)Ljava/util/List;" % OBJECT, "move-result-object v0", "return-object v0"], 32, "()Ljava/util/List;"))
files["Parts"] = cls("Parts", method("part1", adds(words[:half], "p0") + ["return-void"], 4, "(Ljava/util/Set;)V") +
                     method("part2", adds(words[half:], "p0") + ["return-void"], 4, "(Ljava/util/Set;)V") + method("other", log("nothing here") + ["return-void"]))
rows = []
for a in range(0, len(words), 4):
    rows += elements(words[a:a + 4], "v5") + ["sget-object v6, Lcom/example/Table;->T:Ljava/util/List;", "invoke-interface {v6, v5}, Ljava/util/List;->add(%s)Z" % OBJECT]
files["Table"] = cls("Table", method("rows", rows + ["return-void"], 12), ".field static T:Ljava/util/List;\n")
files["Fields"] = cls("Fields", "", "".join(".field public static final W%02d:%s = %s\n" % (i, STRING, quoted(w)) for i, w in enumerate(words)))
files["Noted"] = cls("Noted", "", ".annotation runtime Lcom/example/Words;\n  value = {%s}\n  name = \"filter\"\n.end annotation\n" % ", ".join(map(quoted, words)))
files["Split"] = cls("Split", method("words", ["const-string v0, " + quoted("|".join(words)), 'const-string v1, "\\\\|"',
                     "invoke-virtual {v0, v1}, %s->split(%s)[%s" % (STRING, STRING, STRING), "move-result-object v0", "return-object v0"], 2, "()[" + STRING))
colours = ["红色", "绿色", "蓝色", "黄色", "白色", "黑色", "灰色", "紫色", "\U0001F600", "橙色"]
files["Colours"] = cls("Colours", method("<clinit>", elements(colours) + ["return-void"], 12, flags="static constructor"))

with tempfile.TemporaryDirectory() as tmp:
    for name, text in files.items():
        with open(os.path.join(tmp, name + ".smali"), "w", encoding="utf-8") as f:
            f.write(text)
    subprocess.run(["smali", "assemble", "-o", os.path.abspath("lists.dex"), tmp], check=True)
