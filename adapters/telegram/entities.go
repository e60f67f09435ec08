package telegram

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"parom/adapters/telegram/botapi"
	"parom/core"
)

// styleOf maps entity types to styles (core.telegram.org/bots/api#messageentity).
// Types that are absent need no span: links, mentions and hashtags that the
// reader's client finds by itself, and custom emoji, whose text is an ordinary
// emoji for everybody else.
var styleOf = map[string]core.Style{
	"bold":                  core.Bold,
	"italic":                core.Italic,
	"underline":             core.Underline,
	"strikethrough":         core.Strike,
	"spoiler":               core.Spoiler,
	"code":                  core.Code,
	"pre":                   core.Block,
	"blockquote":            core.Quote,
	"expandable_blockquote": core.Quote,
	"text_link":             core.Link,
	"text_mention":          core.Mention,
}

var typeOf = map[core.Style]string{
	core.Bold:      "bold",
	core.Italic:    "italic",
	core.Underline: "underline",
	core.Strike:    "strikethrough",
	core.Spoiler:   "spoiler",
	core.Code:      "code",
	core.Block:     "pre",
	core.Quote:     "blockquote",
	core.Link:      "text_link",
	core.Mention:   "text_mention",
}

// TextOf converts a message's text and its entities, whose places count UTF-16
// units. An entity that lies outside the text is cut to it, one whose edge falls
// into a surrogate pair takes the whole character.
func TextOf(text string, entities []botapi.MessageEntity) core.Text {
	text = strings.ToValidUTF8(text, "\uFFFD")
	t := core.Text{Body: text}
	var spans []core.Span
	for _, e := range entities {
		style, known := styleOf[e.Type]
		if !known || e.Length <= 0 {
			continue
		}
		s := core.Span{Style: style, Offset: e.Offset, Length: e.Length}
		switch style {
		case core.Block:
			s.Value = e.Language
		case core.Link:
			s.Value = e.URL
		case core.Mention:
			if e.User == nil {
				continue
			}
			s.Value = strconv.FormatInt(e.User.ID, 10)
		}
		spans = append(spans, s)
	}
	if len(spans) == 0 {
		return t
	}
	toBytes := byteOffsets(text)
	kept := spans[:0]
	for _, s := range spans {
		from, to := toBytes.floor(s.Offset), toBytes.ceil(s.Offset+s.Length)
		if s.Offset+s.Length < s.Offset { // an absurd length
			to = len(text)
		}
		if from >= to {
			continue
		}
		s.Offset, s.Length = from, to-from
		kept = append(kept, s)
	}
	t.Spans = nested(kept)
	return t
}

// Entities is TextOf's inverse: the text with the entities to send it with.
// Spans that do not lie on the body are left out.
func Entities(t core.Text) (string, []botapi.MessageEntity) {
	body := strings.ToValidUTF8(t.Body, "\uFFFD")
	if body != t.Body || len(t.Spans) == 0 { // places in an invalid text mean nothing
		return body, nil
	}
	units := utf16Offsets(body, t.Spans)
	var out []botapi.MessageEntity
	for _, s := range t.Spans {
		from, okFrom := units[s.Offset]
		to, okTo := units[s.Offset+s.Length]
		if !okFrom || !okTo || from >= to {
			continue
		}
		e := botapi.MessageEntity{Type: typeOf[s.Style], Offset: from, Length: to - from}
		switch s.Style {
		case core.Block:
			e.Language = s.Value
		case core.Link:
			e.URL = s.Value
		case core.Mention:
			id, err := strconv.ParseInt(s.Value, 10, 64)
			if err != nil {
				continue
			}
			e.User = &botapi.User{}
			e.User.ID = id
		}
		if e.Type != "" {
			out = append(out, e)
		}
	}
	return body, out
}

// unitMap gives the byte offset of each UTF-16 unit of a text; the second unit
// of a pair has -1. The last element is the length of the text.
type unitMap []int

func byteOffsets(text string) unitMap {
	m := make(unitMap, 0, len(text)+1)
	for i, r := range text {
		m = append(m, i)
		if r > 0xFFFF {
			m = append(m, -1)
		}
	}
	return append(m, len(text))
}

// floor is the byte at which the character holding unit u begins.
func (m unitMap) floor(u int) int {
	u = min(max(u, 0), len(m)-1)
	if m[u] < 0 {
		u--
	}
	return m[u]
}

// ceil is the byte at which the first character at or after unit u begins.
func (m unitMap) ceil(u int) int {
	u = min(max(u, 0), len(m)-1)
	if m[u] < 0 {
		u++
	}
	return m[u]
}

// utf16Offsets maps the edges of spans, in bytes, to UTF-16 units. Edges outside
// the text or inside a character are absent.
func utf16Offsets(text string, spans []core.Span) map[int]int {
	edges := make([]int, 0, 2*len(spans))
	for _, s := range spans {
		edges = append(edges, s.Offset, s.Offset+s.Length)
	}
	slices.Sort(edges)
	out := make(map[int]int, len(edges))
	at, unit := 0, 0
	for _, e := range edges {
		if e < at || e > len(text) {
			continue
		}
		for at < e {
			r, size := utf8.DecodeRuneInString(text[at:])
			if at+size > e {
				break
			}
			at += size
			unit++
			if r > 0xFFFF {
				unit++
			}
		}
		if at == e {
			out[e] = unit
		}
	}
	return out
}

// nested sorts spans by place, longer first, and cuts those that cross another
// in two, as core.Text wants them.
func nested(spans []core.Span) []core.Span {
	order := func(a, b core.Span) int {
		return cmp.Or(cmp.Compare(a.Offset, b.Offset), cmp.Compare(b.Length, a.Length), cmp.Compare(a.Style, b.Style), cmp.Compare(a.Value, b.Value))
	}
	slices.SortStableFunc(spans, order)
	var out, open []core.Span
	for len(spans) > 0 {
		s := spans[0]
		spans = spans[1:]
		for len(open) > 0 && end(open[len(open)-1]) <= s.Offset {
			open = open[:len(open)-1]
		}
		if len(open) > 0 && end(open[len(open)-1]) < end(s) {
			edge := end(open[len(open)-1])
			rest := s
			rest.Offset, rest.Length = edge, end(s)-edge
			s.Length = edge - s.Offset
			at, _ := slices.BinarySearchFunc(spans, rest, order)
			spans = slices.Insert(spans, at, rest)
		}
		open = append(open, s)
		out = append(out, s)
	}
	slices.SortStableFunc(out, order)
	return slices.Compact(out)
}

func end(s core.Span) int { return s.Offset + s.Length }
