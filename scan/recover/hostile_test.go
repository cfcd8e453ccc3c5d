package recover

import (
	"strings"
	"testing"
	"time"
)

// TestHostile grows the hostile texts: the time they take must grow with the size, not with its square, which would be minutes.
func TestHostile(t *testing.T) {
	known := knownWords()
	for _, s := range hostileTexts() {
		text := strings.Repeat(s, (64<<10)/len(s))
		start := time.Now()
		recoverBytes(t, []byte(text), "x", known)
		recoverBytes(t, []byte("法轮功\n"+text), "x", known)
		if d := time.Since(start); d > 5*time.Second {
			t.Errorf("%.20q of 64 KiB took %v", text, d)
		}
	}
}
