package recover

import (
	"strings"
	"testing"
	"time"
)

// TestHostile grows the hostile texts: time must grow with the size, not with its square.
func TestHostile(t *testing.T) {
	known := knownWords()
	for _, s := range hostileTexts() {
		text := strings.Repeat(s, (1<<20)/len(s))
		start := time.Now()
		recoverBytes(t, []byte(text), "x", known)
		recoverBytes(t, []byte("法轮功\n"+text), "x", known)
		if d := time.Since(start); d > 20*time.Second {
			t.Errorf("%.20q of 1 MiB took %v", text, d)
		} else if d > time.Second {
			t.Logf("%.20q of 1 MiB took %v", text, d)
		}
	}
}
