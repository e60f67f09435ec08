package fit

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/rivo/uniseg"

	"parom/core"
)

// Borders at which a text may be cut, best last.
const (
	atGrapheme = iota
	atBreak    // a hyphen, a slash, a no-break space
	atWord
	atSentence
	atLine
	atParagraph
	borders
)

// What is not sent at the end of a piece, and so does not count there.
const trimmed = " \t\n"

// split cuts s into stretches that join to s, but for stretches that are blank;
// each is within l once the white space at its end is trimmed. A border at a paragraph, line or sentence is taken when at least
// half of the limit is used by then; otherwise the last word. A word is broken
// only if it is over the limit by itself, and so is a grapheme. One rune that is
// over the limit goes alone.
func split(s string, l core.TextLimit) (out []Range) {
	for from := 0; from < len(s); {
		to := len(s)
		if !Fits(s[from:], l) {
			to = from + firstCut(s[from:], l)
		}
		if strings.TrimSpace(s[from:to]) != "" {
			out = append(out, Range{From: from, To: to})
		}
		from = to
	}
	return out
}

// firstCut is where the first stretch of s, which is over the limit, ends.
func firstCut(s string, l core.TextLimit) int {
	var last [borders]int
	used, blank, at, state := 0, 0, 0, -1 // blank: white space since the last word
	for rest := s; rest != ""; {
		var cluster string
		var bounds int
		cluster, rest, bounds, state = uniseg.StepString(rest, state)
		n := Length(cluster, l.Unit)
		if strings.Trim(cluster, trimmed) == "" {
			blank += n
		} else if used+blank+n > l.Max {
			break
		} else {
			used, blank = used+blank+n, 0
		}
		at += len(cluster)
		b := border(s, at, cluster, bounds)
		if b > atWord && used*2 < l.Max {
			b = atWord
		}
		last[b] = at
	}
	for b := borders - 1; b >= 0; b-- {
		if last[b] > 0 {
			return last[b]
		}
	}
	return runeCut(s, l)
}

// border is what kind of place byte at of s is; cluster ends there.
func border(s string, at int, cluster string, bounds int) int {
	next, _ := utf8.DecodeRuneInString(s[at:])
	r, _ := utf8.DecodeLastRuneInString(cluster)
	switch {
	case r == '\n' && next != '\n' && strings.HasSuffix(s[:at], "\n\n"):
		return atParagraph
	case r == '\n' && next != '\n':
		return atLine
	case unicode.IsSpace(next): // white space stays with what it follows
		return atGrapheme
	case bounds&uniseg.MaskSentence != 0 && unicode.IsSpace(r):
		return atSentence
	case r == '\u00a0', r == '\u202f': // they hold unless nothing else helps
		return atBreak
	case unicode.IsSpace(r):
		return atWord
	case bounds&uniseg.MaskLine == uniseg.LineDontBreak:
		return atGrapheme
	case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana):
		return atWord // scripts that put no spaces between words
	}
	return atBreak
}

// runeCut breaks the grapheme that s begins with.
func runeCut(s string, l core.TextLimit) int {
	used := 0
	for i, r := range s {
		n := Length(string(r), l.Unit)
		if i > 0 && used+n > l.Max {
			return i
		}
		used += n
	}
	return len(s)
}
