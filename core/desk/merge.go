package desk

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"parom/core"
	"parom/core/lang"
	"parom/core/outbox"
	"parom/core/store"
)

// mergeAfter is how long the head of a topic's lane has waited when its group's
// budget is short: then the texts behind it go with it in one post. A lane that
// gets its places is never that late.
const mergeAfter = 3 * time.Second

// planMerged puts waiting texts of one author at one address in a single post.
// merged is false when there is nothing to merge.
func (c *carrier) planMerged(t *store.Tx, s scene, jobs []store.Job) (step outbox.Step, merged bool, err error) {
	if s.topic.CardSeq == 0 || t.Now().Sub(jobs[0].CreatedAt) <= mergeAfter {
		return outbox.Step{}, false, nil
	}
	ms, text, err := c.together(t, s, jobs)
	if err != nil || len(ms) < 2 {
		return outbox.Step{}, false, err
	}
	jobs = jobs[:len(ms)]
	unsure := unsureOf(ms[0], jobs)
	content := core.Content{Text: text}
	if len(unsure) > 0 {
		content = s.repeated(content)
	}
	post := core.Post{Topic: s.place(), Content: content, Silent: ms[0].Direction != core.FromCustomer}
	return outbox.Step{
		Jobs: jobs,
		Call: func(ctx context.Context) (any, error) { return c.o.Console.Show(ctx, post) },
		Done: func(t *store.Tx, result any) error {
			shown, ok := result.(core.Shown)
			if !ok || len(shown.Posts) == 0 {
				return fmt.Errorf("merged post shown: a %T without posts", result)
			}
			if err := twice(t, unsure); err != nil {
				return err
			}
			if err := c.recordMerged(t, s, shown.Posts[0].Seq, ms, t.Now()); err != nil {
				return err
			}
			for _, j := range jobs {
				if err := t.FinishJob(j); err != nil {
					return err
				}
			}
			c.countShown(t, len(ms))
			return c.worked(t, s.room)
		},
		Failed: func(t *store.Tx, e *core.SendError) (bool, error) {
			if done, err := c.mended(t, s, jobs, e); done || err != nil {
				return done, err
			}
			if e.Reason != core.Rejected && e.Reason != core.TooLarge {
				return false, nil
			}
			for _, j := range jobs { // one of them is to blame: each by itself
				if err := c.resume(t, j, false, func(p *progress) { p.Alone = true }); err != nil {
					return false, err
				}
			}
			return true, nil
		},
		Deadline: callTime,
	}, true, nil
}

// together finds the messages at the head of a lane that go in one post.
func (c *carrier) together(t *store.Tx, s scene, jobs []store.Job) (ms []core.Message, text core.Text, err error) {
	for _, j := range jobs {
		m, ok, err := mergeable(t, j)
		if err != nil {
			return nil, text, err
		}
		if !ok || len(ms) > 0 && !sameVoice(ms[0], m) {
			break
		}
		more, err := c.mergedText(t, s, append(ms[:len(ms):len(ms)], m), t.Now())
		if err != nil {
			return nil, text, err
		}
		if !s.fits(more, false) {
			break
		}
		ms, text = append(ms, m), more
	}
	return ms, text, nil
}

func sameVoice(a, b core.Message) bool {
	return a.Address == b.Address && a.Direction == b.Direction && a.Author == b.Author && a.Dialog == b.Dialog
}

// mergeable reports that a job shows a mere text that nothing was shown of yet,
// and not the first of its dialog.
func mergeable(t *store.Tx, j store.Job) (core.Message, bool, error) {
	if j.Kind != store.JobShow || j.Done > 0 {
		return core.Message{}, false, nil
	}
	payload, err := showPayloadOf(j)
	if err != nil || payload.File != nil || payload.Anew {
		return core.Message{}, false, err
	}
	p, err := progressOf(j)
	if err != nil || p.Alone || len(p.Pieces) > 0 {
		return core.Message{}, false, err
	}
	m, err := t.Message(j.Message)
	if errors.Is(err, store.ErrNotFound) {
		return m, false, nil
	}
	if err != nil || len(m.Content.Attachments) > 0 || m.Content.Text.IsEmpty() || m.Content.Subject != "" {
		return m, false, err
	}
	dia, err := t.Dialog(m.Dialog)
	return m, err == nil && dia.Divided, err
}

// mergedText is the post of several messages: whose they are, then each with its
// number and time.
func (c *carrier) mergedText(t *store.Tx, s scene, ms []core.Message, at time.Time) (core.Text, error) {
	voice := ms[0]
	voice.SentAt, voice.EditedAt, voice.DeletedAt = at, time.Time{}, time.Time{}
	out, err := c.headline(t, s, voice, at)
	if err != nil {
		return out, err
	}
	for i, m := range ms {
		args := lang.Args{"Number": number(int64(i + 1)), "At": s.texts.When(m.SentAt, at), "Edited": "", "Deleted": ""}
		if !m.EditedAt.IsZero() {
			args["Edited"] = s.texts.When(m.EditedAt, at)
		}
		if !m.DeletedAt.IsZero() {
			args["Deleted"] = "yes"
		}
		part := s.texts.Styled("show.part", args)
		if m.Forwarded != "" {
			part = joined("\n", part, s.texts.Styled("show.forwarded", lang.Args{"Name": m.Forwarded}))
		}
		if m.ReplyTo != nil {
			q, err := quotedWords(t, s, m.ReplyTo)
			if err != nil {
				return out, err
			}
			part = joined("\n", part, q)
		}
		w, err := c.word(t, s, m, manner{bare: true})
		if err != nil {
			return out, err
		}
		between := " "
		if strings.Contains(part.Body, "\n") {
			between = "\n"
		}
		out = joined("\n", out, joined(between, part, w.text))
	}
	return out, nil
}

func (c *carrier) recordMerged(t *store.Tx, s scene, seq int64, ms []core.Message, at time.Time) error {
	for n, m := range ms {
		row := store.PostPart{
			RoomNo: s.room.No, Seq: seq, N: n, Topic: s.topic.ID, Kind: postKind(m), Message: m.ID,
			To: len(m.Content.Text.Body), Attachment: -1, At: at,
		}
		if m.Direction == core.FromCustomer {
			row.Address = m.Address
		}
		if err := t.AddPost(row); err != nil {
			return err
		}
	}
	return nil
}
