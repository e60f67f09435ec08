package desk

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// leadRunes is how far into a text its beginning is looked at.
const leadRunes = 16

// lead is a text as its beginning looks: without what nobody sees there, and with
// the common form of signs that only look like a slash, a dot or an at. A mark in
// disguise is still a mark.
func lead(s string) string {
	s = strings.TrimLeftFunc(s, isHidden)
	var b strings.Builder
	kept := 0
	for i, r := range s {
		if kept == leadRunes {
			b.WriteString(s[i:])
			break
		}
		if isHidden(r) && !unicode.IsSpace(r) {
			continue
		}
		if common, ok := lookalikes[r]; ok && kept < 2 {
			b.WriteString(common)
		} else {
			b.WriteRune(r)
		}
		kept++
	}
	return b.String()
}

// lookalikes of the signs that have a meaning at a text's beginning.
var lookalikes = map[rune]string{
	'\uFF0F': "/", '\u2044': "/", '\u2215': "/", '\u29F8': "/", '\u2571': "/", '\u2AFD': "//", '\u2AFB': "//",
	'\uFF0E': ".", '\u3002': ".", '\u2024': ".", '\uFE52': ".", '\uFF61': ".", '\u2025': "..", '\uFE30': "..",
	'\uFF20': "@", '\uFE6B': "@",
}

// isHidden reports a rune that shows nothing: spaces, controls, joiners, marks
// without a letter, fillers.
func isHidden(r rune) bool {
	switch r {
	case '\u3164', '\u2800', '\u115F', '\u1160', '\uFFA0', utf8.RuneError:
		return true
	}
	return unicode.IsSpace(r) || unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Mn, unicode.Me, unicode.Variation_Selector)
}
