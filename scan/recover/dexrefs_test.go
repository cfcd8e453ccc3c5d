package recover

import (
	"bytes"
	"math/rand"
	"os"
	"slices"
	"testing"
)

func TestReferences(t *testing.T) {
	raw, err := os.ReadFile("../../testdata/app/reader.dex")
	if err != nil {
		t.Fatal(err)
	}
	wanted := func(s string) bool { return s == "sensi_words.txt" || s == "words" }
	got := References(bytes.NewReader(raw), int64(len(raw)), 10, wanted)
	want := []Reference{ // offsets as dexdump tells them
		{"com.example.camera.Downloader.run", "sensi_words.txt", 0x338, []string{"sensi_words.txt", "MiAdBlackListDiskCache"}},
		{"com.example.camera.SensitiveFilter.other", "words", 0x380, []string{"words", "http://www.example.com/not-beside-it"}},
	}
	if !slices.EqualFunc(got, want, func(a, b Reference) bool {
		return a.Method == b.Method && a.Text == b.Text && a.Offset == b.Offset && slices.Equal(a.Strings, b.Strings)
	}) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got := References(bytes.NewReader(raw), int64(len(raw)), 1, wanted); len(got) != 1 {
		t.Errorf("a limit of 1 gives %d", len(got))
	}
	if got := References(bytes.NewReader([]byte("no code")), 7, 10, wanted); got != nil {
		t.Errorf("of a text: %+v", got)
	}
	rng := rand.New(rand.NewSource(1))
	for range 5000 {
		bad := bytes.Clone(raw)
		for range 1 + rng.Intn(5) {
			bad[rng.Intn(len(bad))] = byte(rng.Intn(256))
		}
		References(bytes.NewReader(bad), int64(len(bad)), 10, wanted)
	}
}

func FuzzReferences(f *testing.F) {
	raw, err := os.ReadFile("../../testdata/app/reader.dex")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, r := range References(bytes.NewReader(data), int64(len(data)), 10, func(s string) bool { return len(s)%2 == 0 }) {
			if r.Text == "" || r.Offset < 0 || r.Offset >= int64(len(data)) {
				t.Errorf("%+v", r)
			}
		}
	})
}
