package app

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/binary"
	"encoding/hex"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/klauspost/compress/zip"
)

// signers reads the certificates of the newest signature scheme that the APK has: of its signing block, or else of META-INF.
// Layout: https://source.android.com/docs/security/features/apksigning/v2 and v3; PKCS #7 (RFC 2315) for v1.
func signers(r io.ReaderAt, size int64, blocks []*zip.File) []Signer {
	pairs := signingBlock(r, size)
	for _, s := range []struct {
		id   uint32
		name string
	}{{0x1b93ad61, "v3.1"}, {0xf05368c0, "v3"}, {0x7109871a, "v2"}} {
		if out := blockSigners(pairs[s.id], s.name); len(out) > 0 {
			return out
		}
	}
	var out []Signer
	for _, f := range blocks {
		if raw, err := readFile(f, maxSignature); err == nil {
			out = append(out, certificates(raw)...)
		}
	}
	return out
}

// isSignatureBlock tells whether a file of the APK is a signature of scheme v1.
func isSignatureBlock(name string) bool {
	dir, base := path.Split(strings.ToUpper(name))
	return dir == "META-INF/" && slices.Contains([]string{".RSA", ".DSA", ".EC"}, path.Ext(base))
}

// maxTail is how far from the end of a zip its directory is looked for.
const maxTail = 66 << 10

// signingBlock returns the pairs of the APK Signing Block, which lies in front of the zip's directory.
func signingBlock(r io.ReaderAt, size int64) map[uint32][]byte {
	tail := make([]byte, min(size, maxTail))
	if n, _ := r.ReadAt(tail, size-int64(len(tail))); n < len(tail) {
		return nil
	}
	end := bytes.LastIndex(tail, []byte("PK\x05\x06"))
	if end < 0 || end+20 > len(tail) {
		return nil
	}
	directory := int64(binary.LittleEndian.Uint32(tail[end+16:]))
	const magic = "APK Sig Block 42"
	foot := make([]byte, 8+len(magic))
	if directory > size || directory < 32 {
		return nil
	}
	if n, _ := r.ReadAt(foot, directory-int64(len(foot))); n < len(foot) || string(foot[8:]) != magic {
		return nil
	}
	length := binary.LittleEndian.Uint64(foot)
	if length < 24 || length > maxSignature || int64(length) > directory-8 {
		return nil
	}
	block := make([]byte, length-24)
	if n, _ := r.ReadAt(block, directory-int64(length)); n < len(block) {
		return nil
	}
	pairs := map[uint32][]byte{}
	for len(block) >= 12 {
		n := binary.LittleEndian.Uint64(block)
		if n < 4 || n > uint64(len(block)-8) {
			break
		}
		id := binary.LittleEndian.Uint32(block[8:])
		if _, twice := pairs[id]; !twice {
			pairs[id] = block[12 : 8+n]
		}
		block = block[8+n:]
	}
	return pairs
}

// next splits a part with its length in front off p; nil if there is none.
func next(p []byte) (part, rest []byte) {
	if len(p) < 4 {
		return nil, nil
	}
	n := binary.LittleEndian.Uint32(p)
	if uint64(n) > uint64(len(p)-4) {
		return nil, nil
	}
	return p[4 : 4+n : 4+n], p[4+n:]
}

// blockSigners reads the first certificate of each signer: signed data holds digests, then certificates.
func blockSigners(p []byte, scheme string) []Signer {
	var out []Signer
	all, _ := next(p)
	for len(all) > 0 {
		var one []byte
		if one, all = next(all); one == nil {
			break
		}
		signed, _ := next(one)
		_, signed = next(signed)
		chain, _ := next(signed)
		if cert, _ := next(chain); cert != nil {
			out = append(out, signerOf(cert, scheme))
		}
	}
	return out
}

func signerOf(cert []byte, scheme string) Signer {
	sum := sha256.Sum256(cert)
	s := Signer{Scheme: scheme, SHA256: hex.EncodeToString(sum[:])}
	if c, err := x509.ParseCertificate(cert); err == nil {
		s.Subject = c.Subject.String()
	}
	return s
}

// certificates reads the certificates of a PKCS #7 signature.
func certificates(raw []byte) []Signer {
	var info struct {
		Type    asn1.ObjectIdentifier
		Content asn1.RawValue `asn1:"explicit,tag:0"`
	}
	if _, err := asn1.Unmarshal(raw, &info); err != nil {
		return nil
	}
	var signed struct {
		Version      int
		Digests      asn1.RawValue
		Content      asn1.RawValue
		Certificates asn1.RawValue `asn1:"optional,tag:0"`
	}
	if _, err := asn1.Unmarshal(info.Content.Bytes, &signed); err != nil {
		return nil
	}
	var out []Signer
	for rest := signed.Certificates.Bytes; len(rest) > 0; {
		var cert asn1.RawValue
		var err error
		if rest, err = asn1.Unmarshal(rest, &cert); err != nil {
			break
		}
		out = append(out, signerOf(cert.FullBytes, "v1"))
	}
	return out
}
