package telegramsim

import (
	"sort"
	"strings"
	"unicode"
	"unicode/utf16"
)

// units counts UTF-16 code units, as Telegram counts all lengths and offsets.
func units(s string) int {
	n := 0
	for _, r := range s {
		n++
		if r > 0xFFFF {
			n++
		}
	}
	return n
}

// slice cuts s by UTF-16 units. Bounds outside are clamped.
func slice(s string, offset, length int) string {
	u := utf16.Encode([]rune(s))
	offset = min(max(offset, 0), len(u))
	end := min(max(offset+length, offset), len(u))
	return string(utf16.Decode(u[offset:end]))
}

// tidy replaces control characters and trims white space as TDLib does,
// moving entities along.
func tidy(text string, es []Entity) (string, []Entity) {
	text = strings.Map(func(r rune) rune {
		if r == '\r' {
			return -1
		}
		if r < 32 && r != '\n' && r != '\t' {
			return ' '
		}
		return r
	}, text)
	trimmed := strings.TrimRightFunc(text, unicode.IsSpace)
	lead := len(trimmed) - len(strings.TrimLeftFunc(trimmed, unicode.IsSpace))
	shift := units(trimmed[:lead])
	text = trimmed[lead:]
	total := units(text)
	var out []Entity
	for _, e := range es {
		start, end := max(e.Offset-shift, 0), min(e.Offset+e.Length-shift, total)
		if end > start {
			e.Offset, e.Length = start, end-start
			out = append(out, e)
		}
	}
	return text, sortEntities(out)
}

// sortEntities orders as the wire does: by offset, the longer first.
func sortEntities(es []Entity) []Entity {
	sort.SliceStable(es, func(i, j int) bool {
		if es[i].Offset != es[j].Offset {
			return es[i].Offset < es[j].Offset
		}
		return es[i].Length > es[j].Length
	})
	return es
}

func overlaps(es []Entity, offset, length int) bool {
	for _, e := range es {
		if e.Offset < offset+length && offset < e.Offset+e.Length {
			return true
		}
	}
	return false
}
