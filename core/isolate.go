package core

import (
	"strings"
	"unicode"
)

const (
	firstStrongIsolate = "\u2068"
	popIsolate         = "\u2069"
)

// Isolate is s made safe to stand in the middle of our words: its own
// direction controls are taken out, and where it has right-to-left letters it
// is wrapped so that they do not turn what stands around it. Anything else
// comes back as it is.
func Isolate(s string) string {
	clean := strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Bidi_Control, r) {
			return -1
		}
		return r
	}, s)
	if strings.ContainsFunc(clean, turns) {
		return firstStrongIsolate + clean + popIsolate
	}
	return clean
}

// turns reports that r is in a block whose letters run from right to left
// (Unicode's DerivedBidiClass.txt, the ranges that default to R or AL).
func turns(r rune) bool {
	return r >= 0x590 && r <= 0x8ff || r >= 0xfb1d && r <= 0xfdff || r >= 0xfe70 && r <= 0xfeff ||
		r >= 0x10800 && r <= 0x10fff || r >= 0x1e800 && r <= 0x1efff
}
