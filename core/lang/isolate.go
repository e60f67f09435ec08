package lang

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/bidi"
)

const (
	firstStrongIsolate = '\u2068'
	popIsolate         = '\u2069'
)

// Isolate is s made safe to stand in the middle of our words: its own
// direction controls are taken out, and where it has right-to-left letters it
// is wrapped so that they do not turn what stands around it. Anything else
// comes back as it is.
func Isolate(s string) string {
	turns := false
	clean := strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Bidi_Control, r) {
			return -1
		}
		if r > 0x58f && !turns {
			p, _ := bidi.LookupRune(r)
			turns = p.Class() == bidi.R || p.Class() == bidi.AL
		}
		return r
	}, s)
	if !turns {
		return clean
	}
	return string(firstStrongIsolate) + clean + string(popIsolate)
}
