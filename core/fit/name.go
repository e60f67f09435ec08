package fit

import (
	"path"
	"strings"
	"unicode"

	"github.com/rivo/uniseg"

	"parom/core"
)

const (
	// MaxNameGraphemes bounds Name: longer ones are made up to annoy.
	MaxNameGraphemes = 64
	// One grapheme of a name may have this many runes; the longest emoji have
	// about ten, stacks of combining marks any number.
	maxRunesInGrapheme = 16
	// MaxFileNameBytes bounds FileName; file systems end at 255.
	MaxFileNameBytes = 120
)

// Name makes a person's or thing's name fit to stand within our own words: one
// line, no control or invisible characters, at most MaxNameGraphemes long, its
// direction isolated. It is empty when nothing visible is left.
func Name(s string) string { return Short(s, MaxNameGraphemes) }

// Short is Name with another bound; what is cut off is replaced by "…".
func Short(s string, graphemes int) string {
	s = strings.Join(strings.Fields(strings.Map(visible, Clean(s))), " ")
	if !strings.ContainsFunc(s, func(r rune) bool { return !unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf) && r != ' ' }) {
		return ""
	}
	var clusters []string
	for state, rest := -1, s; rest != "" && len(clusters) <= graphemes; {
		var c string
		c, rest, _, state = uniseg.FirstGraphemeClusterInString(rest, state)
		clusters = append(clusters, firstRunes(c, maxRunesInGrapheme))
	}
	if len(clusters) > graphemes {
		clusters = append(clusters[:max(0, graphemes-1)], "…")
	}
	return core.Isolate(strings.Join(clusters, ""))
}

// Blanks that Unicode counts as letters or symbols.
const blankLetters = "\u115f\u1160\u3164\uffa0\u2800"

func visible(r rune) rune {
	switch {
	case r == '\u200d' || unicode.Is(unicode.Variation_Selector, r) || r >= 0xe0020 && r <= 0xe007f:
		return r // they hold emoji together
	case unicode.IsSpace(r), strings.ContainsRune(blankLetters, r):
		return ' '
	case unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Cs, unicode.Zl, unicode.Zp):
		return -1
	}
	return r
}

func firstRunes(s string, n int) string {
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}

// FileName is a name under which a file can be offered and saved anywhere: no
// path, no control, direction or shell-bothering characters, no leading dot, no
// name that a system keeps for devices, at most MaxFileNameBytes with the
// extension kept. It is empty when nothing is left: the caller knows a word.
func FileName(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case r == '\\':
			return '/'
		case unicode.Is(unicode.Bidi_Control, r) || unicode.IsControl(r):
			return -1
		case strings.ContainsRune(`<>:"|?*`, r):
			return '_'
		}
		return visible(r)
	}, Clean(s))
	s = strings.Join(strings.Fields(s[strings.LastIndexByte(s, '/')+1:]), " ")
	s = strings.TrimRight(strings.TrimLeft(s, ". "), ". ")
	if stem, _, _ := strings.Cut(s, "."); reserved[strings.ToUpper(strings.TrimSpace(stem))] {
		s = "_" + s
	}
	if len(s) <= MaxFileNameBytes {
		return s
	}
	ext := path.Ext(s)
	if len(ext) > 16 {
		ext = ""
	}
	stem := strings.TrimSuffix(s, ext)
	return strings.TrimRight(upTo(stem, MaxFileNameBytes-len(ext)), ". ") + ext
}

// upTo is the longest beginning of s of at most n bytes that breaks no grapheme
// unless it begins with one that long.
func upTo(s string, n int) string {
	at := 0
	for state, rest := -1, s; rest != ""; {
		var c string
		c, rest, _, state = uniseg.FirstGraphemeClusterInString(rest, state)
		if at+len(c) > n {
			break
		}
		at += len(c)
	}
	if at == 0 {
		for at = min(n, len(s)); at > 0 && !onRune(s, at); at-- {
		}
	}
	return s[:at]
}

// Windows keeps these, whatever the extension.
var reserved = func() map[string]bool {
	m := map[string]bool{"CON": true, "PRN": true, "AUX": true, "NUL": true}
	for d := '0'; d <= '9'; d++ {
		m["COM"+string(d)], m["LPT"+string(d)] = true, true
	}
	return m
}()
