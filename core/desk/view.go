package desk

import (
	"errors"
	"strings"
	"time"

	"parom/core"
	"parom/core/fit"
	"parom/core/lang"
	"parom/core/store"
)

const (
	// lateAfter is from when on something shown bears its own time.
	lateAfter = time.Minute
	// quoteGraphemes bounds the words of a quoted message told in a line.
	quoteGraphemes = 160
)

// joined puts texts that are not empty together with sep between.
func joined(sep string, parts ...core.Text) core.Text {
	var out core.Text
	for _, p := range parts {
		if p.IsEmpty() {
			continue
		}
		if !out.IsEmpty() {
			out = out.Append(core.Plain(sep))
		}
		out = out.Append(p)
	}
	return out
}

// over lays one style on all of t.
func over(t core.Text, style core.Style) core.Text {
	if t.IsEmpty() {
		return t
	}
	spans := []core.Span{{Length: len(t.Body), Style: style}}
	for _, s := range t.Spans {
		if s.Style != style {
			spans = append(spans, s)
		}
	}
	return core.Text{Body: t.Body, Spans: spans}
}

// wording is a message in words: its body between what is said above and below.
type wording struct {
	text     core.Text
	from, to int // the body's bytes in text
}

// above puts t over a wording.
func (w wording) above(t core.Text) wording {
	if t.IsEmpty() {
		return w
	}
	if w.text.IsEmpty() {
		return wording{text: t, from: len(t.Body), to: len(t.Body)}
	}
	t = t.Append(core.Plain("\n"))
	return wording{t.Append(w.text), w.from + len(t.Body), w.to + len(t.Body)}
}

func (w wording) below(t core.Text) wording {
	w.text = joined("\n", w.text, t)
	return w
}

// manner says how a message is worded.
type manner struct {
	at      time.Time // when it is shown: late when over a minute after it was sent
	divider bool      // the line that a new dialog begins with
	quote   bool      // what it replies to is told in a line
	bare    bool      // the body alone
}

// word tells a message: who speaks if it is not plain, when if it is late, where
// if that is not clear, what it quotes, and the words themselves.
func (d *Desk) word(t *store.Tx, s scene, m core.Message, how manner) (wording, error) {
	body := s.fitter.Shown(m.Content.Text)
	if strings.TrimSpace(body.Body) == "" {
		body = core.Text{}
	}
	w := wording{text: body, to: len(body.Body)}
	if m.Direction == core.System {
		w.text = over(w.text, core.Italic)
	}
	if !m.DeletedAt.IsZero() {
		w.text = over(w.text, core.Strike)
	}
	if how.bare {
		return w, nil
	}
	if m.Content.Subject != "" {
		w = w.above(core.Styled(fit.Short(m.Content.Subject, 200), core.Bold))
	}
	if how.quote && m.ReplyTo != nil {
		q, err := quotedWords(t, s, m.ReplyTo)
		if err != nil {
			return w, err
		}
		w = w.above(q)
	}
	if m.Forwarded != "" {
		w = w.above(s.texts.Styled("show.forwarded", lang.Args{"Name": fit.Name(m.Forwarded)}))
	}
	head, err := d.headline(t, s, m, how.at)
	if err != nil {
		return w, err
	}
	w = w.above(head)
	if how.divider {
		line, err := d.divider(t, s, m)
		if err != nil {
			return w, err
		}
		w = w.above(line)
	}
	return w, nil
}

// headline is whose words they are, where and when: empty for a customer's with
// one address who writes now.
func (d *Desk) headline(t *store.Tx, s scene, m core.Message, at time.Time) (core.Text, error) {
	var parts []core.Text
	say := func(key string, args ...lang.Args) { parts = append(parts, s.texts.Styled(key, args...)) }
	switch m.Direction {
	case core.FromBot:
		say("show.bot")
	case core.Echo:
		say("show.echo")
	case core.System:
		say("show.system")
	case core.FromOperator:
		say("show.operator", lang.Args{"Who": fit.Name(d.nameOf(t, m.Author))})
	case core.Note:
		say("show.note", lang.Args{"Who": fit.Name(d.nameOf(t, m.Author))})
	}
	if m.Address != 0 {
		name, err := d.channelIfUnclear(t, s, m.Address)
		if err != nil {
			return core.Text{}, err
		}
		parts = append(parts, core.Plain(name))
	}
	if at.Sub(m.SentAt) > lateAfter {
		say("show.late", lang.Args{"At": s.texts.When(m.SentAt, at)})
	}
	if !m.EditedAt.IsZero() {
		say("show.edited", lang.Args{"At": s.texts.When(m.EditedAt, at)})
	}
	if !m.DeletedAt.IsZero() {
		say("show.deleted")
	}
	return over(joined(" · ", parts...), core.Italic), nil
}

// channelIfUnclear names the channel of an address whose contact has others.
func (d *Desk) channelIfUnclear(t *store.Tx, s scene, id core.AddressID) (string, error) {
	as, err := t.AddressesOf(s.topic.Contact)
	if err != nil || len(as) < 2 {
		return "", err
	}
	a, err := t.Address(id)
	if err != nil {
		return "", err
	}
	return fit.Name(d.o.Router.Channel(a.Channel).Name), nil
}

// divider is the line between two dialogs of a topic.
func (d *Desk) divider(t *store.Tx, s scene, m core.Message) (core.Text, error) {
	dia, err := t.Dialog(m.Dialog)
	if err != nil {
		return core.Text{}, err
	}
	channel, err := d.channelName(t, m.Address)
	if err != nil {
		return core.Text{}, err
	}
	return s.texts.Styled("show.divider", lang.Args{"Number": number(int64(dia.ID)), "Date": s.texts.Date(dia.OpenedAt), "Channel": channel}), nil
}

func (d *Desk) channelName(t *store.Tx, id core.AddressID) (string, error) {
	if id == 0 {
		return "", nil
	}
	a, err := t.Address(id)
	if errors.Is(err, store.ErrNotFound) {
		return "", nil
	}
	return fit.Name(d.o.Router.Channel(a.Channel).Name), err
}

// quotedWords tells in a line what a message replies to.
func quotedWords(t *store.Tx, s scene, ref *core.Reference) (core.Text, error) {
	words := ref.Fragment
	if words == "" && ref.Message != 0 {
		m, err := t.Message(ref.Message)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return core.Text{}, err
		}
		if words = m.Content.Text.Body; words == "" && len(m.Content.Attachments) > 0 {
			words = s.texts.KindLabel(m.Content.Attachments[0].Kind)
		}
	}
	return core.Styled(fit.Short(words, quoteGraphemes), core.Quote), nil
}

// fileLine tells of a file that is not in the post: it follows, or it failed.
func (s scene) fileLine(key string, a core.Attachment, more lang.Args) core.Text {
	args := lang.Args{"What": s.texts.KindLabel(a.Kind), "Name": fit.FileName(a.Name), "Size": ""}
	if a.SizeBytes > 0 {
		args["Size"] = s.texts.Bytes(a.SizeBytes)
	}
	for k, v := range more {
		args[k] = v
	}
	return s.texts.Styled(key, args)
}

// fits reports that t can be one post, or a caption.
func (s scene) fits(t core.Text, caption bool) bool {
	if caption {
		return s.limits.Caption.Max > 0 && fit.Fits(t.Body, s.limits.Caption)
	}
	return fit.Fits(t.Body, s.limits.Text)
}

// shortened is t cut to n bytes or less, between words, with an ellipsis.
func shortened(t core.Text, fits func(core.Text) bool) core.Text {
	if fits(t) {
		return t
	}
	low, high := 0, len(t.Body)
	for low < high {
		mid := (low + high + 1) / 2
		if fits(t.Slice(0, onRune(t.Body, mid)).Append(core.Plain("…"))) {
			low = mid
		} else {
			high = mid - 1
		}
	}
	at := onRune(t.Body, low)
	if word := strings.LastIndexAny(t.Body[:at], " \n"); word > at*3/4 {
		at = word
	}
	return t.Slice(0, at).Append(core.Plain("…"))
}

func onRune(s string, i int) int {
	for i > 0 && i < len(s) && s[i]&0xC0 == 0x80 {
		i--
	}
	return i
}
