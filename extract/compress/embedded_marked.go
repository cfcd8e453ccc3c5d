package compress

import (
	"encoding/binary"
	"io"

	"github.com/censorscan/censorscan/extract"
)

// named knows the headers that name what follows them, so that damage behind them is told.
//
// CCZ: https://github.com/cocos2d/cocos2d-objc/blob/develop/cocos2d/Support/ZipUtils.h. mozLz4: https://github.com/avih/dejsonlz4. Godot's compressed files:
// https://github.com/godotengine/godot/blob/master/core/io/file_access_compressed.cpp.
func (s *search) named() *found {
	h := s.head
	if len(h) < 32 {
		return nil
	}
	c, size, refused := (*codec)(nil), int64(16), error(nil)
	switch string(h[:4]) {
	case "CCZ!":
		codecs := []func() *codec{zlibCodec, bzip2Codec, gzipCodec}
		if kind := int(binary.BigEndian.Uint16(h[4:])); kind < len(codecs) {
			c = codecs[kind]()
		}
	case "CCZp":
		c, refused = zlibCodec(), extract.Encrypted(s.from, "the stream behind a CCZp header is encrypted")
	case "mozL":
		if string(h[:8]) == "mozLz40\x00" {
			c, size = lz4BlockCodec(int64(binary.LittleEndian.Uint32(h[8:]))), 12
		}
	case "GCPF", "RSCC":
		c, size, refused = s.godot()
	}
	if c == nil || size >= s.left(0) {
		return nil
	}
	f := s.streamAt(c, int(size), nil, -1)
	f.header, f.refused = extract.Extent{Offset: s.from, Size: size}, refused
	return f
}

// godot reads a Godot header: the mode of compression, the length of a block and of the content, and what each block takes.
func (s *search) godot() (c *codec, header int64, refused error) {
	mode, block, size := binary.LittleEndian.Uint32(s.head[4:]), binary.LittleEndian.Uint32(s.head[8:]), binary.LittleEndian.Uint32(s.head[12:])
	if block == 0 {
		return nil, 0, nil
	}
	header = 16 + 4*(int64(size/block)+1)
	switch mode {
	case 1:
		c = zlibCodec()
		c.begins = zlibBegins // a stream for each block
	case 2:
		c = zstdCodec()
	case 3:
		c = gzipCodec()
	case 0, 4:
		c, refused = zlibCodec(), extract.Unsupported(s.from, "Godot file in compression mode %d", mode)
	}
	return c, header, refused
}

// marked finds streams that begin with a magic. What stands right at the beginning of an artefact has been looked at by the formats themselves.
func (s *search) marked() *found {
	for off := 0; off <= min(maxHeader, len(s.head)-10); off++ {
		var c *codec
		switch h := s.head[off:]; {
		case h[0] == 'L' && lz4JavaBegins(h):
			c = lz4JavaCodec()
		case off < s.first():
		case gzipBegins(h):
			c = gzipCodec()
		case h[0] == 'B' && bzip2Begins(h):
			c = bzip2Codec()
		case h[0] == 0xfd && xzBegins(h):
			c = xzCodec()
		case h[0] == 0x28 && zstdBegins(h):
			c = zstdCodec()
		case h[0] == 0x04 && lz4Header(h) > 0, h[0] == 0x02 && lz4LegacyBegins(h):
			c = lz4Codec()
		case h[0]&0xf0 == skippableMagic&0xf0 && isSkippable(h): // in front of a frame
			if c = zstdCodec(); !c.detect(s.probe(off)) {
				c = lz4Codec()
			}
		}
		if c == nil || !c.detect(s.probe(off)) {
			continue
		}
		f := s.streamAt(c, off, nil, -1)
		if c.header != nil {
			header, err := c.header(f.file.src)
			if err != nil {
				continue
			}
			f.file.header = header
			if name := base(header.name); name != "" {
				f.file.name = name
			}
		}
		return f
	}
	return nil
}

// zstdBegins accepts a frame header and a possible first block behind it.
func zstdBegins(head []byte) bool {
	n := zstdHeader(head)
	return n > 0 && int(n)+3 <= len(head) && head[n]>>1&3 != 3
}

// first is where a stream may begin of a format that is recognised at the beginning of artefacts.
func (s *search) first() int {
	if s.from == 0 {
		return 1
	}
	return 0
}

func (s *search) probe(off int) *extract.Probe {
	at := s.from + int64(off)
	return extract.NewProbe(extract.Section(s.src, extract.Extent{Offset: at, Size: s.src.Size() - at}), "", s.budget)
}

// zlib finds zlib streams, of any window. All of a short one has to decode to a right check sum, of a long one its beginning to the usual length of a trial.
func (s *search) zlib() *found {
	for off := 0; off <= min(maxHeader, len(s.head)-8); off++ {
		h := s.head[off:]
		if h[0]&0x8f != 8 || h[1]&0x20 != 0 || binary.BigEndian.Uint16(h)%31 != 0 || !deflateBegins(h[2:]) && len(h) >= 16 {
			continue
		}
		if n, _, err := s.inflate(h[2:], 4<<10); err != nil && err != io.EOF && (s.whole() || n == 0 || !cutShort(err)) {
			continue
		}
		f := s.streamAt(zlibCodec(), off, nil, -1)
		n, raw, err := f.file.trial(zlibTrial)
		switch {
		case err == io.EOF && n > 0:
			f.end = s.from + int64(off) + raw
			return f
		case err == nil, s.size < 0 && cutShort(err) && raw >= 1<<10:
			return f
		}
	}
	return nil
}

// lzma finds lzma-alone streams, and those whose header has 32 bits for the size, or none and the size is in front of it.
func (s *search) lzma() *found {
	for off := 0; off <= min(maxHeader, len(s.head)-lzmaHeader-8); off++ {
		h := s.head[off:]
		if h[0] >= 9*5*5 || !lzmaDict(binary.LittleEndian.Uint32(h[1:])) {
			continue
		}
		if off >= s.first() && lzmaBegins(h) && compressed(h[lzmaHeader:]) {
			if c := lzmaCodec(); s.lzmaStarts(h[0], h[lzmaHeader:], int64(binary.LittleEndian.Uint64(h[lzmaProperties:]))) && c.detect(s.probe(off)) {
				return s.streamAt(c, off, nil, -1)
			}
		}
		if h[0] != lzmaProps {
			continue
		}
		const short = lzmaProperties + 4
		if h[short] == 0 && compressed(h[short:]) {
			if f := s.lzmaSized(off, short, int64(binary.LittleEndian.Uint32(h[lzmaProperties:]))); f != nil {
				return f
			}
		}
		if h[lzmaProperties] == 0 && compressed(h[lzmaProperties:]) {
			for n := range declared(s.head[:off], s.budget.Limits().Buffer) {
				if f := s.lzmaSized(off, lzmaProperties, n); f != nil {
					return f
				}
			}
		}
	}
	return nil
}

// lzmaSized finds the stream of size bytes behind a header of other than the usual length. It has to end where the artefact does, or where a length in front of
// it says.
func (s *search) lzmaSized(off, header int, size int64) *found {
	h := s.head[off:]
	if size < minContent || !s.lzmaStarts(h[0], h[header:], size) || !s.try() {
		return nil
	}
	lead := binary.LittleEndian.AppendUint64(append([]byte(nil), h[:lzmaProperties]...), uint64(size))
	f := s.streamAt(lzmaCodec(), off+header, lead, -1)
	n, raw, err := f.file.trial(size + 1)
	if isLimit(err, n) || s.size < 0 && cutShort(err) && n >= lzmaTrial {
		return f
	}
	raw -= int64(len(lead))
	if err != io.EOF || n != size || !s.ends(off+header, raw, 4) {
		return nil
	}
	f.end = s.from + int64(off+header) + raw
	return f
}

// lzmaStarts decodes the beginning of a stream of size bytes, in little memory.
func (s *search) lzmaStarts(props byte, data []byte, size int64) bool {
	lead := binary.LittleEndian.AppendUint32([]byte{props}, 1<<12)
	lead = binary.LittleEndian.AppendUint64(lead, lzmaNoSize)
	want := int64(1 << 10)
	if size >= 0 {
		want = min(want, size)
	}
	n, _, err := (&file{codec: lzmaCodec(), src: &led{lead, extract.BytesSource(data)}, budget: s.budget}).trial(want)
	return err == nil || err == io.EOF || n > 0 && cutShort(err)
}
