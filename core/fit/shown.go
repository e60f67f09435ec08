package fit

import (
	"slices"
	"sort"
	"strings"
	"unicode/utf8"

	"parom/core"
)

// Clean is s with invalid UTF-8 and NUL replaced by U+FFFD, one for each byte,
// and line ends made "\n".
func Clean(s string) string { return CleanText(core.Plain(s)).Body }

// CleanText is Clean with the spans moved along; spans that do not lie in the
// text or between runes are clipped, crossing ones shortened, and what is left
// of them sorted.
func CleanText(t core.Text) core.Text {
	var edits []edit
	for i := 0; i < len(t.Body); {
		r, n := utf8.DecodeRuneInString(t.Body[i:])
		switch {
		case r == utf8.RuneError && n == 1, r == 0:
			edits = append(edits, edit{at: i, cut: 1, put: "\uFFFD"})
		case r == '\r' && strings.HasPrefix(t.Body[i+1:], "\n"):
			edits = append(edits, edit{at: i, cut: 1})
		case r == '\r':
			edits = append(edits, edit{at: i, cut: 1, put: "\n"})
		}
		i += n
	}
	return apply(core.Text{Body: t.Body, Spans: tidy(t)}, edits)
}

// tidy makes spans what core.Text promises: inside the body, between runes,
// sorted, nested.
func tidy(t core.Text) []core.Span {
	var spans []core.Span
	for _, s := range t.Spans {
		from, to := max(0, s.Offset), min(len(t.Body), s.Offset+s.Length)
		for from < to && !utf8.RuneStart(t.Body[from]) {
			from++
		}
		for to > from && !onRune(t.Body, to) {
			to--
		}
		if from < to {
			s.Offset, s.Length = from, to-from
			spans = append(spans, s)
		}
	}
	sortSpans(spans)
	var open []int // ends of the spans around the current one
	kept := spans[:0]
	for _, s := range spans {
		for len(open) > 0 && open[len(open)-1] <= s.Offset {
			open = open[:len(open)-1]
		}
		if len(open) > 0 {
			s.Length = min(s.Length, open[len(open)-1]-s.Offset)
		}
		open = append(open, s.Offset+s.Length)
		kept = append(kept, s)
	}
	sortSpans(kept)
	return kept
}

func sortSpans(spans []core.Span) {
	sort.SliceStable(spans, func(i, j int) bool {
		if spans[i].Offset != spans[j].Offset {
			return spans[i].Offset < spans[j].Offset
		}
		return spans[i].Length > spans[j].Length
	})
}

// Shown is t as the network will show it: clean, the styles it lacks replaced
// by signs where their meaning needs one. A link becomes "text (address)",
// struck text "~text~", a quote lines that begin with "> "; the other styles
// leave plain text.
func (f *Fitter) Shown(t core.Text) core.Text {
	t = CleanText(t)
	var kept, lost []core.Span
	for _, s := range t.Spans {
		if slices.Contains(f.limits.Styles, s.Style) {
			kept = append(kept, s)
		} else {
			lost = append(lost, s)
		}
	}
	if len(lost) == 0 {
		return t
	}
	var opens, closes []edit
	for _, s := range lost { // sorted by offset, outer first
		o, c := signs(t.Body, s)
		opens = append(opens, o...)
		closes = append(c, closes...) // inner first
	}
	// At one place what ends there comes before what begins.
	edits := append(closes, opens...)
	sort.SliceStable(edits, func(i, j int) bool { return edits[i].at < edits[j].at })
	return apply(core.Text{Body: t.Body, Spans: kept}, edits)
}

// signs is what is put before and behind a span whose style is lost.
func signs(body string, s core.Span) (opens, closes []edit) {
	end := s.Offset + s.Length
	inner := body[s.Offset:end]
	switch s.Style {
	case core.Link:
		if url := Clean(s.Value); url != "" && !sameAddress(inner, url) {
			closes = []edit{{at: end, put: " (" + url + ")"}}
		}
	case core.Strike:
		opens, closes = []edit{{at: s.Offset, put: "~"}}, []edit{{at: end, put: "~"}}
	case core.Quote:
		first := "> "
		if s.Offset > 0 && body[s.Offset-1] != '\n' {
			first = "\n> "
		}
		opens = []edit{{at: s.Offset, put: first}}
		for i := range len(inner) - 1 {
			if inner[i] == '\n' {
				opens = append(opens, edit{at: s.Offset + i + 1, put: "> "})
			}
		}
		if end < len(body) && body[end] != '\n' && body[end-1] != '\n' {
			closes = []edit{{at: end, put: "\n"}}
		}
	}
	return opens, closes
}

// sameAddress reports that the words of a link are its address already.
func sameAddress(words, url string) bool {
	bare := func(s string) string {
		s = strings.ToLower(strings.TrimSpace(s))
		for _, scheme := range []string{"https://", "http://", "mailto:", "tel:"} {
			s = strings.TrimPrefix(s, scheme)
		}
		return strings.TrimSuffix(s, "/")
	}
	return bare(words) == bare(url)
}

// edit cuts bytes out of a text and puts others there.
type edit struct {
	at, cut int
	put     string
}

// apply makes edits, sorted by place, and moves the spans along: what is put
// where a span begins or ends stays outside of it, unless it replaces bytes.
func apply(t core.Text, edits []edit) core.Text {
	if len(edits) == 0 {
		return t
	}
	var b strings.Builder
	b.Grow(len(t.Body) + 8*len(edits))
	type shift struct{ at, before, after int } // offset there, without and with what is put
	shifts := make([]shift, 0, len(edits))
	done := 0
	for _, e := range edits {
		b.WriteString(t.Body[done:e.at])
		done = e.at + e.cut
		s := shift{at: e.at, before: b.Len() - e.at}
		b.WriteString(e.put)
		if s.after = b.Len() - e.at; e.cut > 0 {
			s.after = s.before // a span that begins here holds the replacement
			shifts = append(shifts, s, shift{done, b.Len() - done, b.Len() - done})
			continue
		}
		shifts = append(shifts, s)
	}
	b.WriteString(t.Body[done:])
	spans := make([]core.Span, 0, len(t.Spans))
	for _, s := range t.Spans {
		// A beginning goes behind all that is put at its place, an end before.
		i := sort.Search(len(shifts), func(i int) bool { return shifts[i].at > s.Offset })
		end := s.Offset + s.Length
		j := sort.Search(len(shifts), func(i int) bool { return shifts[i].at >= end })
		from, to := s.Offset, end
		if i > 0 {
			from += shifts[i-1].after
		}
		if j < len(shifts) && shifts[j].at == end {
			to += shifts[j].before
		} else if j > 0 {
			to += shifts[j-1].after
		}
		if from < to {
			s.Offset, s.Length = from, to-from
			spans = append(spans, s)
		}
	}
	sortSpans(spans)
	return core.Text{Body: b.String(), Spans: spans}
}
