package media

import "github.com/censorscan/censorscan/extract"

// minFrames is how many frames have to follow each other before a stream without a magic is believed.
const minFrames = 4

// frames claims a chain of frames; next gives the size of the one that begins with four to eight bytes, 0 if there is none.
func frames(src extract.Source, at int64, next func(head []byte) int64) []extract.Extent {
	start, n := at, 0
	for ; n < maxParts; n++ {
		head := bytesAt(src, at, int(max(0, min(8, src.Size()-at))))
		if len(head) < 4 {
			break
		}
		size := next(head)
		if size <= 0 || size > src.Size()-at {
			break
		}
		at += size
	}
	if n < minFrames {
		return nil
	}
	return []extract.Extent{{Offset: start, Size: at - start}}
}

func mp3Magic() (list []string) {
	for _, b := range []byte{0xfa, 0xfb, 0xf2, 0xf3, 0xe2, 0xe3, 0xfc, 0xfd} {
		list = append(list, string([]byte{0xff, b}))
	}
	return list
}

// Bit rates in kbit/s: version 1 layers 2 and 3, version 2.
var (
	mp2Rates   = [16]int64{0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384}
	mp3Rates   = [16]int64{0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320}
	lowRates   = [16]int64{0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160}
	mpegHertz  = [4]int64{44100, 48000, 32000}
	mpegShifts = [4]uint{2, 0, 1, 0} // of the sampling rate, by version: 2.5, none, 2, 1
)

// mp3 claims the frames of layers 2 and 3, all of the same version, layer and sampling rate.
func mp3(src extract.Source, at int64) []extract.Extent {
	var first []byte
	return frames(src, at, func(h []byte) int64 {
		if first == nil {
			first = h
		}
		version, layer := h[1]>>3&3, h[1]>>1&3
		if h[0] != 0xff || h[1]&0xfe != first[1]&0xfe || h[2]&0x0c != first[2]&0x0c || version == 1 || layer != 1 && layer != 2 {
			return 0
		}
		rates, samples := &mp3Rates, int64(144)
		switch {
		case version != 3:
			rates = &lowRates
			if layer == 1 {
				samples = 72
			}
		case layer == 2:
			rates = &mp2Rates
		}
		rate, hertz := rates[h[2]>>4]*1000, mpegHertz[h[2]>>2&3]>>mpegShifts[version]
		if rate == 0 || hertz == 0 {
			return 0
		}
		return samples*rate/hertz + int64(h[2]>>1&1)
	})
}

// adts claims the frames of AAC in its transport stream.
func adts(src extract.Source, at int64) []extract.Extent {
	var first []byte
	return frames(src, at, func(h []byte) int64 {
		if first == nil {
			first = h
		}
		// sync, version, layer, profile, rate and channels stay the same
		if len(h) < 7 || h[0] != 0xff || h[1] != first[1] || h[1]&0xf6 != 0xf0 || h[2] != first[2] || h[3]&0xf0 != first[3]&0xf0 || h[2]>>2&15 > 12 {
			return 0
		}
		size := int64(h[3]&3)<<11 | int64(h[4])<<3 | int64(h[5]>>5)
		if size < 7 {
			return 0
		}
		return size
	})
}

// amr claims the frames of adaptive multi-rate speech, narrow or wide band.
func amr(src extract.Source, at int64) []extract.Extent {
	sizes, head := [16]int64{13, 14, 16, 18, 20, 21, 27, 32, 6, 0, 0, 0, 0, 0, 0, 1}, int64(6)
	if string(bytesAt(src, at, 9)) == "#!AMR-WB\n" {
		sizes, head = [16]int64{18, 24, 33, 37, 41, 47, 51, 59, 61, 6, 0, 0, 0, 0, 1, 1}, 9
	}
	return frames(src, at+head, func(h []byte) int64 {
		if h[0]&0x83 != 0 {
			return 0
		}
		return sizes[h[0]>>3&15]
	})
}
