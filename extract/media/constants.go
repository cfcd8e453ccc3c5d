package media

import (
	"crypto/sha256"
	"encoding/hex"

	"github.com/censorscan/censorscan/extract"
)

// constants are large tables of numbers that common libraries hold and that no structure tells from an encrypted stream.
var constants = []struct {
	what  string
	magic string
	size  int
	sum   string
}{
	// multiples of the base point of P-256, as OpenSSL and BoringSSL keep them: in libcrypto, Conscrypt, WebView and whatever links them
	{"ecp_nistz256_precomputed", "\x3c\x14\xa9\x18\xd4\x30\xe7\x79\x01\xb6\xed\x5f\xfc\x95\xba\x75", 37 * 64 * 64, "e373124f67e14a9deeb7a334cf17b3f0bcc262499061a3377788a357570e70d2"},
}

func constantMagic() (list []string) {
	for _, c := range constants {
		list = append(list, c.magic)
	}
	return list
}

// constant claims a table that is known byte for byte.
func constant(src extract.Source, at int64) []extract.Extent {
	for _, c := range constants {
		b := bytesAt(src, at, c.size)
		if b == nil || string(b[:len(c.magic)]) != c.magic {
			continue
		}
		if sum := sha256.Sum256(b); hex.EncodeToString(sum[:]) == c.sum {
			return []extract.Extent{{Offset: at, Size: int64(c.size)}}
		}
	}
	return nil
}
