package router

import (
	"cmp"
	"slices"
	"time"

	"parom/core"
	"parom/core/store"
)

// stretch is which bytes of a message's body a part of it carries. A part without
// words has an empty one, where its words would stand.
type stretch struct{ from, to int }

// rewritten is a text of several parts, in order, after part i says other words,
// and where each part's words stand now: on lines of their own, in the same order.
func rewritten(t core.Text, parts []stretch, i int, words core.Text) (core.Text, []stretch) {
	var out core.Text
	now := make([]stretch, len(parts))
	end := 0 // of the part before, as it was
	for k, p := range parts {
		from := min(max(p.from, end), len(t.Body))
		end = min(max(p.to, from), len(t.Body))
		said := t.Slice(from, end)
		if k == i {
			said = words
		}
		if !said.IsEmpty() && !out.IsEmpty() {
			out = out.Append(core.Plain("\n"))
		}
		now[k].from = len(out.Body)
		if !said.IsEmpty() {
			out = out.Append(said)
		}
		now[k].to = len(out.Body)
	}
	return out, now
}

// changed is a message's content after part i of it, which carries an attachment
// (-1: none), became c; and where its parts' words stand now.
func changed(m core.Message, parts []stretch, i, attachment int, c core.Content) (core.Content, []stretch) {
	now := m.Content
	if len(parts) <= 1 || i < 0 {
		c.Subject = now.Subject
		// Where the bytes lie is kept: an edit of the words leaves the file.
		c.Attachments = slices.Clone(c.Attachments)
		for k, a := range c.Attachments {
			if k < len(now.Attachments) && a.Locator == now.Attachments[k].Locator {
				c.Attachments[k] = now.Attachments[k]
			}
		}
		return c, []stretch{{to: len(c.Text.Body)}}
	}
	if len(c.Attachments) == 1 && attachment >= 0 && attachment < len(now.Attachments) &&
		c.Attachments[0].Locator != now.Attachments[attachment].Locator {
		now.Attachments = slices.Clone(now.Attachments)
		now.Attachments[attachment] = c.Attachments[0]
	}
	var at []stretch
	now.Text, at = rewritten(now.Text, parts, i, c.Text)
	return now, at
}

// remoteEdit is a customer's edit of the part that rem names, with what becomes of
// the parts of its message.
type remoteEdit struct {
	content core.Content
	parts   []store.Remote
	one     bool // the message has no other part
}

func editOfRemote(t *store.Tx, m core.Message, rem store.Remote, c core.Content) (remoteEdit, error) {
	e := remoteEdit{}
	all, err := t.RemotesOf(m.ID)
	if err != nil {
		return e, err
	}
	var at []stretch
	for _, r := range all {
		if r.ChannelNo == rem.ChannelNo {
			e.parts, at = append(e.parts, r), append(at, stretch{r.From, r.To})
		}
	}
	i := slices.IndexFunc(e.parts, func(r store.Remote) bool { return r.Remote == rem.Remote })
	e.one = len(e.parts) <= 1
	e.content, at = changed(m, at, i, rem.Attachment, c)
	for k := range e.parts {
		if k < len(at) {
			e.parts[k].From, e.parts[k].To = at[k].from, at[k].to
		}
	}
	return e, nil
}

func (e remoteEdit) save(t *store.Tx) error {
	for _, r := range e.parts {
		if err := t.SaveRemote(r); err != nil {
			return err
		}
	}
	return nil
}

// postEdit is the same for an operator's own post.
type postEdit struct {
	content core.Content
	parts   []store.PostPart
}

func editOfPost(t *store.Tx, m core.Message, post store.PostPart, c core.Content) (postEdit, error) {
	e := postEdit{}
	all, err := t.PostsOf(m.ID)
	if err != nil {
		return e, err
	}
	for _, p := range all {
		if p.Kind == store.PostAnswer {
			e.parts = append(e.parts, p)
		}
	}
	slices.SortStableFunc(e.parts, func(a, b store.PostPart) int { return cmp.Compare(a.Part, b.Part) })
	at := make([]stretch, len(e.parts))
	for k, p := range e.parts {
		at[k] = stretch{p.From, p.To}
	}
	i := slices.IndexFunc(e.parts, func(p store.PostPart) bool { return p.RoomNo == post.RoomNo && p.Seq == post.Seq })
	e.content, at = changed(m, at, i, post.Attachment, c)
	for k := range e.parts {
		if k < len(at) {
			e.parts[k].From, e.parts[k].To = at[k].from, at[k].to
		}
	}
	return e, nil
}

// replace stores the new content of m and where its parts stand in it; at as in
// store.Tx.ReplaceContent.
func (e postEdit) replace(t *store.Tx, m core.Message, at time.Time) error {
	if err := t.ReplaceContent(&m, e.content, at); err != nil {
		return err
	}
	for _, p := range e.parts {
		if err := t.AddPost(p); err != nil {
			return err
		}
	}
	return nil
}
