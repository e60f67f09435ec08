package lang

import (
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"

	"parom/core"
)

var markStyles = map[rune]core.Style{
	'*': core.Bold, '_': core.Italic, '`': core.Code, '~': core.Strike, ']': core.Link,
}

// marks parses a template's result: style marks become spans, places become
// values. Every byte it looks at was written by us.
type marks struct {
	in     string
	values []core.Text
	out    core.Text
	open   []mark
	before rune // the rune before the current one, zero at the start
}

type mark struct {
	sign   rune
	offset int
}

// parseMarks also reports whether every mark was closed; tests insist on it.
func parseMarks(s string, values []core.Text) (core.Text, bool) {
	m := &marks{in: s, values: values}
	for m.in != "" {
		m.step()
	}
	spans := m.out.Spans
	sort.SliceStable(spans, func(i, j int) bool {
		if spans[i].Offset != spans[j].Offset {
			return spans[i].Offset < spans[j].Offset
		}
		return spans[i].Length > spans[j].Length
	})
	return m.out, len(m.open) == 0
}

func (m *marks) step() {
	r, n := utf8.DecodeRuneInString(m.in)
	rest := m.in[n:]
	inCode := len(m.open) > 0 && m.open[len(m.open)-1].sign == '`'
	switch {
	case r == '\\' && rest != "":
		m.in = rest
		r, n = utf8.DecodeRuneInString(m.in)
		m.take(r, n)
	case m.place(r):
		m.out = m.out.Append(m.values[r-firstPlace])
		m.in, m.before = rest, r
	case inCode && r != '`':
		m.take(r, n)
	case r == '[' && strings.Contains(rest, "]("):
		m.push(']', n)
	case r == ']' && m.top(']') && strings.HasPrefix(rest, "("):
		m.link(rest[1:])
	case r != ']' && markStyles[r] != 0 && m.closes(r, rest):
		m.pop("")
		m.in, m.before = rest, r
	case r != ']' && markStyles[r] != 0 && m.opens(r, rest):
		m.push(r, n)
	default:
		m.take(r, n)
	}
}

func (m *marks) place(r rune) bool { return r >= firstPlace && int(r-firstPlace) < len(m.values) }

func (m *marks) take(r rune, n int) {
	m.out.Body += m.in[:n]
	m.in, m.before = m.in[n:], r
}

func (m *marks) push(sign rune, n int) {
	m.open = append(m.open, mark{sign, len(m.out.Body)})
	m.before, m.in = sign, m.in[n:]
}

func (m *marks) pop(value string) {
	last := m.open[len(m.open)-1]
	m.open = m.open[:len(m.open)-1]
	length := len(m.out.Body) - last.offset
	if length == 0 || last.sign == ']' && value == "" {
		return
	}
	m.out.Spans = append(m.out.Spans, core.Span{
		Offset: last.offset, Length: length, Style: markStyles[last.sign], Value: value,
	})
}

// link ends a [label](url); rest begins behind the parenthesis. Values in the
// URL are inserted as their plain text.
func (m *marks) link(rest string) {
	end := strings.IndexByte(rest, ')')
	if end < 0 {
		m.take(']', 1)
		return
	}
	var url strings.Builder
	for _, r := range rest[:end] {
		if m.place(r) {
			url.WriteString(m.values[r-firstPlace].Body)
		} else {
			url.WriteRune(r)
		}
	}
	m.pop(url.String())
	m.in, m.before = rest[end+1:], ')'
}

func (m *marks) top(sign rune) bool {
	return len(m.open) > 0 && m.open[len(m.open)-1].sign == sign
}

func (m *marks) closes(sign rune, rest string) bool {
	next, _ := utf8.DecodeRuneInString(rest)
	return m.top(sign) && (sign == '`' || !unicode.IsSpace(m.before) && !isWord(next))
}

func (m *marks) opens(sign rune, rest string) bool {
	next, _ := utf8.DecodeRuneInString(rest)
	return rest != "" && strings.ContainsRune(rest, sign) && !isWord(m.before) && !unicode.IsSpace(next)
}

// isWord includes the places: what stands there is a word or a number.
func isWord(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.Is(unicode.Co, r)
}
