package desk

import (
	"errors"
	"strings"

	"parom/core"
	"parom/core/store"
)

// quote has a post answer what its message answers.
func (c *carrier) quote(t *store.Tx, s scene, post *core.Post, j store.Job, p progress, payload showPayload, m core.Message) error {
	switch {
	case j.Done > 0 || p.Plain && j.Attempts > 1:
	case payload.Reply != 0:
		post.ReplyTo = core.PostRef{Room: s.room.Room, Seq: payload.Reply}
	case m.ReplyTo != nil && s.limits.Reply != core.Absent:
		target, err := replyTarget(t, s, m.ReplyTo)
		if err != nil || target == nil {
			return err
		}
		post.ReplyTo = target.Ref()
		if s.limits.Fragment != core.Absent {
			post.Fragment, err = fragmentFor(t, *target, m.ReplyTo)
		}
		return err
	}
	return nil
}

// mustQuote reports that what a message answers has to be told in words: its
// post is not here, or posts cannot answer.
func (c *carrier) mustQuote(t *store.Tx, s scene, m core.Message) (bool, error) {
	if m.ReplyTo == nil || s.limits.Reply == core.Absent {
		return m.ReplyTo != nil, nil
	}
	target, err := replyTarget(t, s, m.ReplyTo)
	return target == nil || m.ReplyTo.Fragment != "" && s.limits.Fragment == core.Absent, err
}

// replyTarget is the post of the room that a reference means: the part with the
// quoted words, or the file; nil: none stands here.
func replyTarget(t *store.Tx, s scene, ref *core.Reference) (*store.PostPart, error) {
	if ref.Message == 0 {
		return nil, nil
	}
	all, err := t.PostsOf(ref.Message)
	if err != nil {
		return nil, err
	}
	var here []store.PostPart
	for _, p := range all {
		if p.RoomNo == s.room.No && p.Topic == s.topic.ID {
			here = append(here, p)
		}
	}
	if len(here) == 0 {
		return nil, nil
	}
	here = newest(here)
	if ref.Fragment != "" {
		p, err := partMeant(t, here, ref.Fragment)
		return &p, err
	}
	if at, ok, err := remoteMeant(t, ref); err != nil {
		return nil, err
	} else if ok {
		for i, p := range here {
			if at.Attachment >= 0 && p.Attachment == at.Attachment || at.Attachment < 0 && p.From <= at.From && at.From < p.To {
				return &here[i], nil
			}
		}
	}
	return &here[0], nil
}

// remoteMeant is the part of a message that its network's name stands for.
func remoteMeant(t *store.Tx, ref *core.Reference) (store.Remote, bool, error) {
	if ref.Remote == "" {
		return store.Remote{}, false, nil
	}
	rs, err := t.RemotesOf(ref.Message)
	for _, r := range rs {
		if r.Remote == ref.Remote {
			return r, true, err
		}
	}
	return store.Remote{}, false, err
}

// fragmentFor is what a quote of a post points at: the quoted words, or in a
// merged post the words of the message that is meant.
func fragmentFor(t *store.Tx, p store.PostPart, ref *core.Reference) (string, error) {
	if ref.Fragment != "" {
		return ref.Fragment, nil
	}
	parts, err := t.PostParts(p.Ref())
	if err != nil || len(parts) < 2 {
		return "", err
	}
	m, err := t.Message(p.Message)
	if err != nil {
		return "", err
	}
	line, _, _ := strings.Cut(m.Content.Text.Body, "\n")
	return line[:onRune(line, min(len(line), 200))], nil
}

// partMeant is the part of a post that a reply means: the one with the quoted
// words, without a fragment the last. parts must not be empty.
func partMeant(t *store.Tx, parts []store.PostPart, fragment string) (store.PostPart, error) {
	if len(parts) == 0 {
		return store.PostPart{}, errors.New("part of a post that shows nothing")
	}
	last := parts[len(parts)-1]
	fragment = strings.Join(strings.Fields(fragment), " ")
	if fragment == "" || len(parts) == 1 {
		return last, nil
	}
	best, most := last, 0
	for _, p := range parts {
		if p.Message == 0 {
			continue
		}
		m, err := t.Message(p.Message)
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return last, err
		}
		body := m.Content.Text.Body
		if p.To > p.From && p.To <= len(body) {
			body = body[onRune(body, p.From):onRune(body, p.To)]
		}
		if n := overlap(strings.Join(strings.Fields(body), " "), fragment); n > 0 && n >= most {
			best, most = p, n
		}
	}
	return best, nil
}

// overlap is how much of a fragment stands in a part: all of it, or the part
// itself when the fragment is wider.
func overlap(body, fragment string) int {
	switch {
	case body == "":
		return 0
	case strings.Contains(body, fragment):
		return len(fragment)
	case strings.Contains(fragment, body):
		return len(body)
	}
	return 0
}

// newest are the posts of a message as it was shown last: one that could not be
// amended was shown once more.
func newest(ps []store.PostPart) []store.PostPart {
	start := 0
	for i, p := range ps {
		if p.Part == 0 {
			start = i
		}
	}
	return ps[start:]
}
