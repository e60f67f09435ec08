package fit

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"parom/core"
)

// Range names what of a message one parcel carries. It is stored with the
// parcel and names the same stretch for as long as the message and what the
// network can show stay the same.
type Range struct {
	// From and To are bytes of the message's text as the network shows it (see
	// Fitter.Shown), or, with AsText, of the words for the one attachment.
	From int `json:"f,omitempty"`
	To   int `json:"t,omitempty"`
	// Attachments are indexes into the message's attachments.
	Attachments []int `json:"a,omitempty"`
	// AsText says that the one attachment is told in words.
	AsText bool `json:"w,omitempty"`
	// Subject says that the message's subject goes along: with the first piece.
	Subject bool `json:"s,omitempty"`
}

// Piece is a network-sized part of a message.
type Piece struct {
	Range   Range
	Content core.Content
}

// Fitter cuts messages to one destination. It is safe for concurrent use.
type Fitter struct {
	limits core.Limits
	words  Words
	source func(holder string) (core.Limits, bool)
}

// New makes a Fitter for a destination. w says what has to be said in words
// to the destination's reader; nil tells places, cards and polls by their data
// alone. source gives the limits of the
// account that holds a file, for what it can hand over; nil, or false: no limit
// is known.
func New(l core.Limits, w Words, source func(holder string) (core.Limits, bool)) *Fitter {
	if w == nil {
		w = wordless{}
	}
	return &Fitter{limits: l, words: w, source: source}
}

// Cut is New(l, nil, nil).Cut(c).
func Cut(c core.Content, l core.Limits) ([]Piece, []Problem) { return New(l, nil, nil).Cut(c) }

// Cut divides a message into pieces in the order in which they are to be sent:
// files, then the text, then places, cards and polls. A text that fits under
// the files travels with them. Nothing is left out but blank text and what the
// problems name; pieces are what can go nevertheless. The same message gives
// the same pieces every time.
func (f *Fitter) Cut(c core.Content) ([]Piece, []Problem) {
	text := f.Shown(c.Text)
	if strings.TrimSpace(text.Body) == "" {
		text = core.Text{}
	}
	files, problems := f.groups(c.Attachments)
	caption := -1
	if !text.IsEmpty() {
		caption = slices.IndexFunc(files, func(group []int) bool { return f.takesCaption(c.Attachments, group, text.Body) })
	}
	var ranges []Range
	for i, group := range files {
		r := Range{Attachments: group}
		if i == caption {
			r.To = len(text.Body)
		}
		ranges = append(ranges, r)
	}
	if caption < 0 {
		ranges = append(ranges, split(text.Body, f.limits.Text)...)
	}
	for i, a := range c.Attachments {
		if a.Kind.IsFile() {
			continue
		}
		if _, native := f.limits.Media[a.Kind]; native {
			ranges = append(ranges, Range{Attachments: []int{i}})
			continue
		}
		for _, r := range split(f.tell(a).Body, f.limits.Text) {
			r.Attachments, r.AsText = []int{i}, true
			ranges = append(ranges, r)
		}
	}
	if c.Subject != "" {
		if len(ranges) == 0 && len(problems) == 0 {
			ranges = []Range{{}}
		}
		if len(ranges) > 0 {
			ranges[0].Subject = true
		}
	}
	pieces := make([]Piece, 0, len(ranges))
	for _, r := range ranges {
		content, err := f.remake(c, text, r)
		if err != nil { // our own range over our own text
			panic(fmt.Sprintf("core/fit: range %+v of %d bytes: %v", r, len(text.Body), err))
		}
		pieces = append(pieces, Piece{Range: r, Content: content})
	}
	return pieces, problems
}

// Remake makes the piece of a stored range again. It fails when the range does
// not lie in the message: the message was changed since, or the range was cut
// for another network.
func (f *Fitter) Remake(c core.Content, r Range) (core.Content, error) {
	return f.remake(c, f.Shown(c.Text), r)
}

func (f *Fitter) remake(c core.Content, text core.Text, r Range) (core.Content, error) {
	var out core.Content
	if r.Subject {
		out.Subject = Clean(c.Subject)
	}
	for _, i := range r.Attachments {
		if i < 0 || i >= len(c.Attachments) {
			return out, fmt.Errorf("remake a piece: no attachment %d of %d", i, len(c.Attachments))
		}
		if r.AsText {
			text = f.tell(c.Attachments[i])
			continue
		}
		a := c.Attachments[i]
		if a.Kind.IsFile() {
			a, _ = f.file(i, a)
		}
		out.Attachments = append(out.Attachments, a)
	}
	if r.From < 0 || r.To < r.From || r.To > len(text.Body) ||
		!onRune(text.Body, r.From) || !onRune(text.Body, r.To) {
		return out, fmt.Errorf("remake a piece: bytes %d to %d do not lie in a text of %d", r.From, r.To, len(text.Body))
	}
	// White space at the end is seen by nobody, and some networks trim it.
	out.Text = text.Slice(r.From, r.From+len(strings.TrimRight(text.Body[r.From:r.To], trimmed)))
	return out, nil
}

func onRune(s string, i int) bool { return i == len(s) || utf8.RuneStart(s[i]) }

func (f *Fitter) takesCaption(all []core.Attachment, group []int, text string) bool {
	if f.limits.Caption.Max <= 0 || !Fits(text, f.limits.Caption) {
		return false
	}
	for _, i := range group {
		a, _ := f.file(i, all[i])
		if f.limits.Media[a.Kind].NoCaption {
			return false
		}
	}
	return true
}
