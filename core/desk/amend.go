package desk

import (
	"context"
	"encoding/json"
	"errors"

	"parom/core"
	"parom/core/outbox"
	"parom/core/store"
)

// amendment is one post of a message as it should be now.
type amendment struct {
	ref  core.PostRef
	post core.Post
	rows []store.PostPart // what the post shows then
	card bool
}

// planAmend renders the posts of a message anew, one after another. What cannot
// be amended is shown once more, quoting the old post.
func (c *carrier) planAmend(t *store.Tx, s scene, j store.Job) (outbox.Step, error) {
	m, err := t.Message(j.Message)
	if errors.Is(err, store.ErrNotFound) || err == nil && !s.made() {
		return outbox.Step{}, t.FinishJob(j)
	}
	if err != nil {
		return outbox.Step{}, err
	}
	posts, err := c.postsHere(t, s, m.ID)
	if err != nil {
		return outbox.Step{}, err
	}
	if len(posts) == 0 {
		return outbox.Step{}, t.FinishJob(j)
	}
	if other, err := otherFiles(t, m); err != nil {
		return outbox.Step{}, err
	} else if other && !posts[0].At.After(j.CreatedAt) {
		return outbox.Step{}, c.anew(t, s, j, posts[0].Seq)
	}
	as, fit, err := c.amendments(t, s, m, posts)
	if err != nil {
		return outbox.Step{}, err
	}
	if !fit && !as[0].card {
		return outbox.Step{}, c.anew(t, s, j, posts[0].Seq)
	}
	if j.Done >= len(as) {
		return outbox.Step{}, t.FinishJob(j)
	}
	a := as[j.Done]
	return outbox.Step{
		Jobs: []store.Job{j},
		Call: func(ctx context.Context) (any, error) { return nil, c.o.Console.Amend(ctx, a.ref, a.post) },
		Done: func(t *store.Tx, _ any) error {
			if err := c.amended(t, s, a); err != nil {
				return err
			}
			if j.Done++; j.Done < len(as) {
				j.State, j.Attempts = store.JobWaiting, 0
				return again(t, j)
			}
			if !fit { // the card has it shortened
				return c.anew(t, s, j, a.ref.Seq)
			}
			return t.FinishJob(j)
		},
		Failed: func(t *store.Tx, e *core.SendError) (bool, error) {
			if done, err := c.mended(t, s, []store.Job{j}, e); done || err != nil || !lasting(e) {
				return done, err
			}
			return true, c.notAmended(t, s, j, m, a, e)
		},
		Deadline: callTime,
	}, nil
}

// amended records what a post shows now.
func (c *carrier) amended(t *store.Tx, s scene, a amendment) error {
	for _, row := range a.rows {
		if err := t.AddPost(row); err != nil {
			return err
		}
	}
	if a.card {
		memo, err := cardMemoOf(t, s.topic.ID)
		if err != nil {
			return err
		}
		memo.Sum = cardSum(a.post)
		if err := memo.save(t, s.topic.ID); err != nil {
			return err
		}
	}
	return c.worked(t, s.room)
}

// notAmended shows a message once more when its post is gone or cannot change.
func (c *carrier) notAmended(t *store.Tx, s scene, j store.Job, m core.Message, a amendment, e *core.SendError) error {
	reply := a.ref.Seq
	if e.Reason == core.TargetGone {
		reply = 0
		if err := c.postGone(t, s, a.ref); err != nil {
			return err
		}
		if !m.DeletedAt.IsZero() {
			return t.FinishJob(j) // gone here as well as there
		}
	}
	return c.anew(t, s, j, reply)
}

// postGone forgets a post that somebody deleted.
func (c *carrier) postGone(t *store.Tx, s scene, ref core.PostRef) error {
	if err := t.DropPost(ref); err != nil {
		return err
	}
	topic, err := t.Topic(s.topic.ID)
	if err != nil || topic.CardSeq != ref.Seq {
		return err
	}
	topic.CardSeq = 0 // the next post brings a card
	return t.SaveTopic(topic)
}

// anew ends a job and has its message shown once more.
func (c *carrier) anew(t *store.Tx, s scene, j store.Job, reply int64) error {
	b, err := json.Marshal(showPayload{Anew: true, Reply: reply})
	if err != nil {
		return err
	}
	if err := t.FinishJob(j); err != nil {
		return err
	}
	return t.Enqueue(&store.Job{
		Lane: store.TopicLane(s.topic.ID), Kind: store.JobShow, Message: j.Message, Payload: string(b),
		Priority: store.States,
	})
}

// postsHere are the gateway's posts of a message in the topic, as shown last.
func (c *carrier) postsHere(t *store.Tx, s scene, id core.MessageID) ([]store.PostPart, error) {
	all, err := t.PostsOf(id)
	if err != nil {
		return nil, err
	}
	var out []store.PostPart
	for _, p := range all {
		switch p.Kind {
		case store.PostAnswer, store.PostNote, store.PostHeld:
			continue // people's own
		}
		if p.RoomNo == s.room.No && p.Topic == s.topic.ID {
			out = append(out, p)
		}
	}
	return newest(out), nil
}

// otherFiles reports that the last edit of a message exchanged its files.
func otherFiles(t *store.Tx, m core.Message) (bool, error) {
	if m.EditedAt.IsZero() {
		return false, nil
	}
	vs, err := t.Versions(m.ID)
	if err != nil || len(vs) == 0 {
		return false, err
	}
	was := vs[len(vs)-1].Content.Attachments
	if len(was) != len(m.Content.Attachments) {
		return true, nil
	}
	for i, a := range m.Content.Attachments {
		if was[i].Kind != a.Kind || was[i].Locator != a.Locator {
			return true, nil
		}
	}
	return false, nil
}

// amendments are the posts of a message with its present words. fit is false when
// they are too few for them.
func (c *carrier) amendments(t *store.Tx, s scene, m core.Message, posts []store.PostPart) (as []amendment, fit bool, err error) {
	first := posts[0]
	parts, err := t.PostParts(first.Ref())
	if err != nil {
		return nil, false, err
	}
	if len(parts) > 1 {
		return c.amendMerged(t, s, parts)
	}
	quote, err := c.mustQuote(t, s, m)
	if err != nil {
		return nil, false, err
	}
	w, err := c.word(t, s, m, manner{at: first.At, quote: quote})
	if err != nil {
		return nil, false, err
	}
	told, err := c.toldFiles(t, s, m)
	if err != nil {
		return nil, false, err
	}
	w = w.below(told)
	card := first.Kind == store.PostCard
	if card {
		text, err := c.cardOf(t, s)
		if err != nil {
			return nil, false, err
		}
		w = w.above(text.Append(core.Plain("\n")))
	}
	as, fit = c.spread(s, m, posts, w, card)
	if card {
		as[0].card = true
		if as[0].post.Buttons, err = c.cardButtons(t, s); err != nil {
			return nil, false, err
		}
	}
	return as, fit, nil
}

// spread lays a wording over the posts that show a message's words.
func (c *carrier) spread(s scene, m core.Message, posts []store.PostPart, w wording, card bool) (as []amendment, fit bool) {
	var worded []store.PostPart
	for _, p := range posts {
		if p.Attachment < 0 || p.To > p.From {
			worded = append(worded, p)
		}
	}
	if len(worded) == 0 {
		worded = posts[:1]
	}
	caption := worded[0].Attachment >= 0
	pieces := []piece{{Text: w.text, To: w.to - w.from}}
	fit = s.fits(w.text, caption)
	switch {
	case !fit && !caption && len(worded) > 1:
		pieces = s.split(w)
		fit = len(pieces) <= len(worded)
	case !fit && card:
		pieces[0].Text = shortened(w.text, func(t core.Text) bool { return s.fits(t, caption) })
	}
	for i, row := range worded {
		text := s.texts.Styled("show.shorter")
		row.From, row.To = 0, 0
		if i < len(pieces) {
			text, row.From, row.To = pieces[i].Text, pieces[i].From, pieces[i].To
		}
		content := core.Content{Text: text}
		if row.Attachment >= 0 && row.Attachment < len(m.Content.Attachments) {
			content.Attachments = m.Content.Attachments[row.Attachment : row.Attachment+1]
		}
		as = append(as, amendment{ref: row.Ref(), post: core.Post{Topic: s.place(), Content: content}, rows: []store.PostPart{row}})
	}
	return as, fit
}

func (c *carrier) amendMerged(t *store.Tx, s scene, parts []store.PostPart) ([]amendment, bool, error) {
	ms := make([]core.Message, len(parts))
	rows := make([]store.PostPart, len(parts))
	for i, p := range parts {
		var err error
		if ms[i], err = t.Message(p.Message); err != nil {
			return nil, false, err
		}
		p.To = len(ms[i].Content.Text.Body)
		rows[i] = p
	}
	text, err := c.mergedText(t, s, ms, parts[0].At)
	if err != nil {
		return nil, false, err
	}
	return []amendment{{ref: parts[0].Ref(), post: core.Post{Topic: s.place(), Content: core.Content{Text: text}}, rows: rows}},
		s.fits(text, false), nil
}

// toldFiles names the files of a message that no post shows.
func (c *carrier) toldFiles(t *store.Tx, s scene, m core.Message) (core.Text, error) {
	groups, told := s.arrange(m.Content)
	if len(groups) == 0 {
		return told, nil
	}
	ps, err := t.PostsOf(m.ID)
	if err != nil {
		return told, err
	}
	seen := map[int]bool{}
	for _, p := range ps {
		seen[p.Attachment] = true
	}
	js, err := t.JobsOf(m.ID)
	if err != nil {
		return told, err
	}
	coming := map[int]bool{}
	for _, j := range js {
		if p, err := showPayloadOf(j); err == nil && p.File != nil && j.Kind == store.JobShow {
			coming[*p.File] = true
		}
	}
	for _, g := range groups {
		for _, i := range g {
			a := m.Content.Attachments[i]
			switch {
			case seen[i]:
			case coming[i]:
				told = joined("\n", told, s.fileLine("show.file_late", a, nil))
			default:
				told = joined("\n", told, c.failedLine(s, a, &core.SendError{Reason: core.MediaGone}))
			}
		}
	}
	return told, nil
}
