package fit

import (
	"unicode/utf8"

	"github.com/rivo/uniseg"

	"parom/core"
)

// Length is how many of unit s counts.
func Length(s string, unit core.Unit) int {
	switch unit {
	case core.UTF16:
		return UTF16Len(s)
	case core.Runes:
		return utf8.RuneCountInString(s)
	}
	return len(s)
}

// UTF16Len is the number of UTF-16 code units of s; an invalid byte counts one.
func UTF16Len(s string) int {
	n := 0
	for _, r := range s {
		n++
		if r > 0xffff {
			n++
		}
	}
	return n
}

// Graphemes is the number of characters as a reader counts them.
func Graphemes(s string) int { return uniseg.GraphemeClusterCount(s) }

// Fits reports that s is within l; a Max of zero is no bound.
func Fits(s string, l core.TextLimit) bool {
	if l.Max <= 0 || len(s) <= l.Max {
		return true
	}
	if len(s) > utf8.UTFMax*l.Max { // no unit has more bytes
		return false
	}
	return Length(s, l.Unit) <= l.Max
}
