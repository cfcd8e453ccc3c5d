package media

import (
	"strings"

	"github.com/censorscan/censorscan/extract"
)

// maxDER is the largest key store, signature or certificate that is taken for nothing else.
const maxDER = 16 << 10

func derMagic() []string { return []string{"\x30\x82", "\x30\x80"} }

// What keys, certificates and signatures begin with, as the bytes behind the head of the outermost sequence: the version of a key store and its content;
// the type of signed data; the versions of private keys; the version of a certificate.
var derKinds = []string{
	"\x02\x01\x03\x30", "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02", "\x02\x01\x00\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00",
	"\x02\x01\x00\x02\x82", "\xa0\x03\x02\x01\x02",
}

// der claims small key stores, certificates, signatures and keys: ASN.1 that is sound to its end.
func der(src extract.Source, at int64) []extract.Extent {
	b := bytesAt(src, at, int(max(0, min(maxDER, src.Size()-at))))
	if len(b) < 16 {
		return nil
	}
	body := b[4:]
	switch {
	case b[1] == 0x80: // its end is marked
		body = b[2:]
	case b[4] == 0x30 && b[5] == 0x82: // what is signed of a certificate
		body = b[8:]
	}
	for _, kind := range derKinds {
		if !strings.HasPrefix(string(body[:min(len(body), 32)]), kind) {
			continue
		}
		if n := value(b, 0); n > 0 {
			return []extract.Extent{{Offset: at, Size: int64(n)}}
		}
	}
	return nil
}

// value returns the size of the ASN.1 value that begins a buffer, 0 if it is not sound.
func value(b []byte, depth int) int {
	if len(b) < 2 || depth > 32 {
		return 0
	}
	nested, n, head := b[0]&0x20 != 0, int(b[1]), 2
	switch {
	case n == 0x80 && nested:
		for at := head; ; {
			if len(b) >= at+2 && b[at] == 0 && b[at+1] == 0 {
				return at + 2
			}
			k := value(b[min(at, len(b)):], depth+1)
			if k == 0 {
				return 0
			}
			at += k
		}
	case n == 0x81 && len(b) > 2:
		n, head = int(b[2]), 3
	case n == 0x82 && len(b) > 3:
		n, head = int(be.Uint16(b[2:])), 4
	case n >= 0x80:
		return 0
	}
	if n > len(b)-head {
		return 0
	}
	for at := head; nested && at < head+n; {
		k := value(b[at:head+n], depth+1)
		if k == 0 {
			return 0
		}
		at += k
	}
	return head + n
}

// mincrypt claims a public key as Android's boot chain and adb keep it: its length in words, a factor of its modulus, the modulus, a power of two, and
// the exponent.
func mincrypt(src extract.Source, at int64) []extract.Extent {
	h := bytesAt(src, at, 12)
	if h == nil {
		return nil
	}
	words := int64(le.Uint32(h))
	size := 12 + 8*words
	exponent := bytesAt(src, at+size-4, 4)
	if exponent == nil || le.Uint32(h[4:])*le.Uint32(h[8:]) != 1<<32-1 {
		return nil
	}
	if e := le.Uint32(exponent); e != 3 && e != 65537 {
		return nil
	}
	return []extract.Extent{{Offset: at, Size: size}}
}
