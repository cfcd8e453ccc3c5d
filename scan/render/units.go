package render

import (
	"fmt"
	"math"
	"strings"
	"unicode"

	"github.com/censorscan/censorscan/scan"
)

// Bytes formats a number of bytes with a binary unit.
func Bytes(n int64) string {
	if n < 1024 {
		return fmt.Sprintf("%d B", n)
	}
	f := float64(n)
	for _, unit := range []string{"KiB", "MiB", "GiB"} {
		if f /= 1024; f < 1023.95 {
			return fmt.Sprintf("%.1f %s", f, unit)
		}
	}
	return fmt.Sprintf("%.1f TiB", f/1024)
}

// Percent formats the share of a ledger that is not unopened. It rounds down: only what is whole is 100 %.
func Percent(l scan.Ledger) string {
	if l.Unopened == 0 {
		return "100 %"
	}
	return fmt.Sprintf("%.2f %%", roundDown(l.Percent()))
}

// roundDown keeps two places of a percentage, so that 100.00 is only what is whole.
func roundDown(p float64) float64 { return math.Floor(p*100) / 100 }

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// Printable replaces what a terminal could take for a command, and line breaks, by escapes.
func Printable(s string) string {
	if strings.IndexFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) < 0 {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if unicode.IsPrint(r) {
			b.WriteRune(r)
		} else {
			fmt.Fprintf(&b, `\u{%X}`, r)
		}
	}
	return b.String()
}
