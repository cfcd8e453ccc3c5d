package selftest

// taken is a sample that another tool made, gzipped in the folder samples, and its clean counterpart: see samples/make.sh.
type taken struct {
	format, shape, layout string
	tool                  string
	file, name            string // in the folder, and of the image
	via                   string // as in packing
}

func takenSamples() []taken {
	inFormat := func(format, tool, file, name, via string) taken {
		return taken{format, "lines", plainLines, tool, file, name, via}
	}
	inShape := func(shape, layout, tool, name string) taken {
		return taken{plain, shape, layout, tool, "words." + shape, name, ""}
	}
	return []taken{
		inFormat("bzip2", "bzip2", "words.bz2", "data.bz2", ""),
		inFormat("ext4", "mke2fs", "words.ext4", "system.img", ""),
		inFormat("erofs", "mkfs.erofs, plain", "words.erofs", "system.img", ""),
		inFormat("erofs", "mkfs.erofs, lz4hc", "words-lz4.erofs", "system.img", ""),
		inFormat("gpt", "sgdisk", "words.gpt", "disk.img", ""),
		inFormat("mbr", "sfdisk", "words.mbr", "disk.img", ""),
		inFormat("super", "testdata/super/make.py", "words.super", "super.img", ""),
		inFormat("super devices", "testdata/super/make.py", "words.devices", "devices.tar", "!vendor!"),
		inFormat("sparse", "img2simg", "words.simg", "system.img", ""),
		inFormat("payload", "testdata/payload/make_payload.py, bzip2", "words.payload", "payload.bin", ""),
		inFormat("boot", "mkbootimg, version 3", "words.boot", "boot.img", ""),
		inFormat("cpio", "cpio, odc", "words.cpio", "data.cpio", ""),
		inShape("dex", "set that code fills", "smali", "classes.dex"),
		{"oat", "dex", "set that code fills", "smali, struct of Python", "words.vdex", "base.vdex", ""},
		inShape("arsc", "string-array", "aapt2", "resources.arsc"),
		inShape("axml", "attributes", "aapt2", "a.xml"),
		inShape("elf", "array of pointers", "gcc", "liba.so"),
		inShape("sqlite", "column", "sqlite3", "a.db"),
		inShape("lua", "table", "luac 5.3", "a.luac"),
		inShape("luajit", "table", "luajit", "a.ljbc"),
		inShape("bplist", "array", "plistlib of Python", "a.plist"),
	}
}
