package core

// Text is what somebody wrote: a body in UTF-8 and the styles that lie on it.
// There is no markup in the body, so nothing a customer writes can become any.
type Text struct {
	Body  string `json:"body,omitempty"`
	Spans []Span `json:"spans,omitempty"`
}

// Span is one style on a stretch of a Text. Offset and Length are bytes of
// Body and fall between runes. Spans are sorted by offset, longer first; they
// may nest, never cross.
type Span struct {
	Offset int    `json:"o"`
	Length int    `json:"l"`
	Style  Style  `json:"s"`
	Value  string `json:"v,omitempty"` // URL of a Link, language of a Block, person of a Mention
}

// Style says how a Span looks.
type Style uint8

// The styles the gateway knows. A network that lacks one shows plain text.
const (
	Bold Style = iota + 1
	Italic
	Underline
	Strike
	Spoiler
	Code  // inline, fixed width
	Block // fixed width, Value may name the language
	Quote
	Link    // Value is the URL
	Mention // Value is the network's own id of the person; shown as plain text elsewhere
)

// Plain is a Text without styles.
func Plain(s string) Text { return Text{Body: s} }

// Styled is a Text with one style over all of it.
func Styled(s string, style Style) Text {
	if s == "" {
		return Text{}
	}
	return Text{Body: s, Spans: []Span{{Length: len(s), Style: style}}}
}

// IsEmpty reports that there is nothing to show.
func (t Text) IsEmpty() bool { return t.Body == "" }

// Append returns t followed by u, u's spans moved along.
func (t Text) Append(u Text) Text {
	out := Text{Body: t.Body + u.Body, Spans: make([]Span, 0, len(t.Spans)+len(u.Spans))}
	out.Spans = append(out.Spans, t.Spans...)
	for _, s := range u.Spans {
		s.Offset += len(t.Body)
		out.Spans = append(out.Spans, s)
	}
	return out
}

// Slice returns the bytes from..to of t with the styles that lie on them.
// Both must fall between runes.
func (t Text) Slice(from, to int) Text {
	out := Text{Body: t.Body[from:to]}
	for _, s := range t.Spans {
		a, b := max(s.Offset, from), min(s.Offset+s.Length, to)
		if a < b {
			s.Offset, s.Length = a-from, b-a
			out.Spans = append(out.Spans, s)
		}
	}
	return out
}
