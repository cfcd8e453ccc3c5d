package xor_test

import (
	"bytes"
	"compress/flate"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io/fs"
	"maps"
	"math"
	"math/rand"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/unicode"

	"github.com/censorscan/censorscan/extract"
)

func noise(n int) []byte {
	b := make([]byte, n)
	rand.New(rand.NewSource(1)).Read(b)
	return b
}

// corpora make blobs of kinds that firmware is full of.
func corpora(t testing.TB) map[string]func(r *rand.Rand, n int) []byte {
	all := map[string]func(r *rand.Rand, n int) []byte{
		"random": func(r *rand.Rand, n int) []byte { b := make([]byte, n); r.Read(b); return b },
		"deflate": func(r *rand.Rand, n int) []byte {
			var out bytes.Buffer
			w, _ := flate.NewWriter(&out, 6)
			for out.Len() < n {
				fmt.Fprintf(w, "line %d of %x\n", r.Intn(1000), r.Int63())
				w.Flush()
			}
			return out.Bytes()[:n]
		},
		"text under a key of several bytes": func(r *rand.Rand, n int) []byte {
			key := make([]byte, 2+r.Intn(15))
			r.Read(key)
			b := []byte(strings.Repeat(prose, n/len(prose)+1))[:n]
			for i := range b {
				b[i] ^= key[i%len(key)]
			}
			return b
		},
		"floats": func(r *rand.Rand, n int) []byte {
			x, b := r.NormFloat64(), []byte{}
			for len(b) < n {
				b = binary.LittleEndian.AppendUint32(b, math.Float32bits(float32(x)))
				x += r.NormFloat64() / 10
			}
			return b
		},
		"sound of 16 bits": func(r *rand.Rand, n int) []byte {
			b, f, amp := []byte{}, r.Float64()/3, math.Exp(r.Float64()*9)
			for i := 0; len(b) < n; i++ {
				b = binary.LittleEndian.AppendUint16(b, uint16(int16(amp*math.Sin(f*float64(i))+r.NormFloat64()*amp/20)))
			}
			return b
		},
		"sound of 8 bits": func(r *rand.Rand, n int) []byte {
			b, f, amp := make([]byte, n), r.Float64()/3, 4+100*r.Float64()
			for i := range b {
				b[i] = byte(128 + amp*math.Sin(f*float64(i)) + r.NormFloat64()*amp/20)
			}
			return b
		},
		"bitmap": func(r *rand.Rand, n int) []byte {
			b, step := make([]byte, n), 1+r.Intn(4)
			for i := range b {
				if b[i] = byte(r.Intn(256)); i >= step {
					b[i] = b[i-step] + byte(r.Intn(5)-2)
				}
			}
			return b
		},
		"table of offsets": func(r *rand.Rand, n int) []byte {
			at, step, b, big := uint32(r.Intn(4096)), 1+r.Intn(200), []byte{}, r.Intn(2) == 0
			for len(b) < n {
				if at += uint32(r.Intn(step)); big {
					b = binary.BigEndian.AppendUint32(b, at)
				} else {
					b = binary.LittleEndian.AppendUint16(b, uint16(at))
				}
			}
			return b
		},
		"small numbers": func(r *rand.Rand, n int) []byte {
			b, top, width := make([]byte, n), 2+r.Intn(60), 1<<r.Intn(3)
			for i := 0; i < n; i += width {
				b[i] = byte(r.Intn(top))
			}
			return b
		},
		"records": func(r *rand.Rand, n int) []byte {
			b, fixed := []byte{}, make([]byte, 4+r.Intn(20))
			for r.Read(fixed); len(b) < n; {
				b = append(append(b, fixed...), byte(r.Intn(256)), byte(len(b)), byte(len(b)>>8), 0)
			}
			return b
		},
		"base64": func(r *rand.Rand, n int) []byte {
			b := make([]byte, n)
			r.Read(b)
			return []byte(base64.StdEncoding.EncodeToString(b))
		},
		"hex": func(r *rand.Rand, n int) []byte {
			b := make([]byte, n)
			r.Read(b)
			return []byte(hex.EncodeToString(b))
		},
		"png": func(r *rand.Rand, n int) []byte { var b bytes.Buffer; png.Encode(&b, picture(r)); return b.Bytes() },
		"jpeg": func(r *rand.Rand, n int) []byte {
			var b bytes.Buffer
			jpeg.Encode(&b, picture(r), nil)
			return b.Bytes()[min(r.Intn(600), b.Len()-100):]
		},
	}
	for name, e := range map[string]encoding.Encoding{
		"utf-8": encoding.Nop, "utf-16le": unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), "utf-16be": unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM),
		"windows-1251": charmap.Windows1251, "koi8-r": charmap.KOI8R, "latin-1": charmap.ISO8859_1, "shift-jis": japanese.ShiftJIS, "euc-jp": japanese.EUCJP, "euc-kr": korean.EUCKR,
		"ebcdic": charmap.CodePage037,
	} {
		for lang, words := range languages {
			if _, err := e.NewEncoder().String(words); err == nil {
				word := strings.Fields(words)
				all[lang+" in "+name] = func(r *rand.Rand, n int) []byte {
					var s strings.Builder
					for s.Len() < n {
						s.WriteString(word[r.Intn(len(word))])
						s.WriteByte("     \n"[r.Intn(6)])
					}
					b, _ := e.NewEncoder().String(s.String())
					return []byte(b)
				}
			}
		}
	}
	if path, err := os.Executable(); err == nil {
		if b, err := os.ReadFile(path); err == nil {
			all["program"] = cuts(b)
		}
	}
	filepath.WalkDir(testdata, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() && !strings.Contains(path, "testdata/xor/") {
			if b, err := os.ReadFile(path); err == nil && len(b) > 64 {
				all[path] = cuts(b)
			}
		}
		return err
	})
	apks, _ := filepath.Glob("../../../../shared/samples/*.apk")
	for _, path := range apks {
		if b, err := os.ReadFile(path); err == nil {
			all[path] = cuts(b)
		}
	}
	return all
}

// cuts cuts pieces out of a file.
func cuts(data []byte) func(r *rand.Rand, n int) []byte {
	return func(r *rand.Rand, n int) []byte {
		n = min(n, len(data))
		return data[r.Intn(len(data)-n+1):][:n]
	}
}

func picture(r *rand.Rand) image.Image {
	m := image.NewGray(image.Rect(0, 0, 40, 40))
	for i := range 1600 {
		m.Set(i%40, i/40, color.Gray{byte(i/40*3 + r.Intn(9))})
	}
	return m
}

var languages = map[string]string{
	"russian": "привет мир сегодня хорошая погода мы пойдём гулять в парк потом домой книга стол окно человек время",
	"greek":   "καλημέρα κόσμε σήμερα έχει καλό καιρό θα πάμε βόλτα στο πάρκο μετά σπίτι βιβλίο τραπέζι παράθυρο",
	"arabic":  "مرحبا بالعالم الطقس جميل اليوم سنذهب إلى الحديقة ثم نعود إلى البيت كتاب طاولة نافذة",
	"hindi":   "नमस्ते दुनिया आज मौसम अच्छा है हम पार्क में घूमने जाएँगे फिर घर किताब मेज खिड़की आदमी समय",
	"thai":    "สวัสดี ชาวโลก วันนี้ อากาศดี เรา จะ ไป เดินเล่น ใน สวน แล้ว กลับบ้าน หนังสือ โต๊ะ หน้าต่าง",
	"korean":  "안녕하세요 세계 오늘은 날씨가 좋습니다 우리는 공원에 산책하러 가서 집으로 돌아옵니다 책상 창문 사람 시간",
	"japan":   "こんにちは 世界 今日は 天気が いいです 公園を 散歩して 家に 帰ります 本 机 窓 人 時間 サーバー プログラム",
	"french":  "bonjour le monde aujourd'hui il fait beau nous allons nous promener à l'école où les élèves étudient français",
	"tibetan": "བཀྲ་ཤིས་བདེ་ལེགས། དེ་རིང་ གནམ་གཤིས་ ཡག་པོ་ འདུག ང་ཚོ་ གླིང་ག་ལ་ འགྲོ་གི་ ཡིན།",
	"ascii":   "the weather is fine today so we take a walk in the park and return home to read a book at the table",
}

var blobs = flag.Int("blobs", 6_000, "blobs that TestNothingIsGuessed looks at")

// TestNothingIsGuessed looks at blobs that were not XORed. What is found in them stays searched as it is, so a few in a hundred thousand do no harm.
func TestNothingIsGuessed(t *testing.T) {
	f := format(t)
	all, blobs := corpora(t), *blobs
	names := slices.Sorted(maps.Keys(all))
	sizes := []int{64, 100, 150, 256, 600, 1500, 5000, 9000}
	guessed, readable := []string{}, 0
	for i := range blobs {
		name := names[i%len(names)]
		r := rand.New(rand.NewSource(int64(i)))
		b := all[name](r, sizes[i/len(names)%len(sizes)])
		if got := found(t, f, extract.BytesSource(b)); got != "" {
			guessed = append(guessed, fmt.Sprintf("%s, %d bytes: %s", name, len(b), got))
			if utf8.Valid(b) && bytes.IndexFunc(b, func(r rune) bool { return r < ' ' && r != '\n' && r != '\r' && r != '\t' }) < 0 {
				readable++
			}
		}
	}
	t.Logf("%d of %d blobs of %d kinds: %v", len(guessed), blobs, len(names), guessed)
	if len(guessed) > 2+blobs/10_000 || readable > 0 {
		t.Errorf("%d of %d blobs are guessed, %d of them are readable: %v", len(guessed), blobs, readable, guessed)
	}
}

// TestRecall XORs real lists with every key and measures how many are found.
func TestRecall(t *testing.T) {
	const dir = "../../../../shared/samples/lists-dev"
	raw, err := os.ReadFile(dir + "/positive.manifest.json")
	if err != nil {
		t.Skip("no lists: ", err)
	}
	var manifest []struct{ File string }
	if err := json.Unmarshal(raw, &manifest); err != nil {
		t.Fatal(err)
	}
	f := format(t)
	r := rand.New(rand.NewSource(1))
	r.Shuffle(len(manifest), func(i, k int) { manifest[i], manifest[k] = manifest[k], manifest[i] })
	type score struct{ n, found, wrong int }
	scores := map[string]*score{}
	for _, m := range manifest[:min(20, len(manifest))] {
		text, err := os.ReadFile(filepath.Join(dir, "positive", m.File))
		if err != nil || !utf8.Valid(text) {
			continue
		}
		for name, data := range encoded(t, string(text)) {
			if got := found(t, f, extract.BytesSource(data)); got != "" {
				t.Errorf("%s in %s as it is: %s", m.File, name, got)
			}
			for _, size := range []int{64, 256, len(data)} {
				if size > len(data) {
					continue
				}
				label := fmt.Sprintf("%-8s %6s", name, map[bool]string{true: "whole", false: fmt.Sprint(size)}[size == len(data)])
				s := scores[label]
				if s == nil {
					s = &score{}
					scores[label] = s
				}
				for key := 1 + r.Intn(15); key < 256; key += 15 {
					s.n++
					switch found(t, f, extract.BytesSource(xored(data[:size], byte(key)))) {
					case fmt.Sprintf("f (xor 0x%02x)", key):
						s.found++
					case "":
					default:
						s.wrong++
					}
				}
			}
		}
	}
	for label, s := range scores {
		t.Logf("%s: %d of %d found, %.1f %%, %d with another key", label, s.found, s.n, 100*float64(s.found)/float64(s.n), s.wrong)
		if s.n >= 100 && strings.HasSuffix(label, "whole") && s.found*100 < 90*s.n || s.wrong*100 > s.n {
			t.Errorf("%s: %d of %d found, %d with another key", label, s.found, s.n, s.wrong)
		}
	}
}
