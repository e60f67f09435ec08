package desk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"parom/core"
	"parom/core/dialogs"
	"parom/core/fit"
	"parom/core/lang"
	"parom/core/outbox"
	"parom/core/store"
)

// noticeActions are the buttons of a kind of notice that names none of its own.
func noticeActions(n store.Notice, p heldPayload) []string {
	switch {
	case len(p.Actions) > 0:
		return p.Actions
	case n.Kind == "failed":
		return []string{"retry", "drop"}
	case n.Kind == "unmarked":
		return []string{"delete", "keep"}
	case n.Kind == "confirm", strings.HasPrefix(n.Kind, "held_"):
		return []string{"send", "note", "drop"}
	}
	return nil
}

// noticed is a line on its way, with the notice whose buttons it carries.
type noticed struct {
	line    dialogs.Line
	notice  store.Notice // zero ID: none
	payload heldPayload
}

func noticedOf(t *store.Tx, j store.Job) (n noticed, err error) {
	if err := json.Unmarshal([]byte(j.Payload), &n.line); err != nil {
		return n, &core.SendError{Reason: core.Rejected, Detail: "malformed line", Err: err}
	}
	if n.line.Notice == 0 {
		return n, nil
	}
	if n.notice, err = t.Notice(n.line.Notice); err != nil {
		return n, err
	}
	if n.notice.Payload != "" {
		if err := json.Unmarshal([]byte(n.notice.Payload), &n.payload); err != nil {
			return n, fmt.Errorf("notice %d: %w", n.notice.ID, err)
		}
	}
	return n, nil
}

// planNotice shows a line, with buttons while it waits for a tap.
func (c *carrier) planNotice(t *store.Tx, s scene, j store.Job) (outbox.Step, error) {
	n, err := noticedOf(t, j)
	if err != nil {
		return outbox.Step{}, err
	}
	settled := !n.notice.SettledAt.IsZero()
	p, err := progressOf(j)
	if err != nil {
		return outbox.Step{}, err
	}
	if len(p.Pieces) == 0 {
		text := c.lineText(t, s, n)
		if settled {
			text = joined("\n", text, c.outcome(t, s, n))
		}
		p.Pieces = s.split(wording{text: text})
	}
	if j.Done >= len(p.Pieces) {
		return outbox.Step{}, t.FinishJob(j)
	}
	post := core.Post{Topic: s.place(), Content: core.Content{Text: p.Pieces[j.Done].Text}, Silent: !n.line.Loud || j.Done > 0}
	if p.Plain {
		post.Content.Text.Spans = nil
	} else if post.ReplyTo, err = answersPost(t, s, n.line); err != nil {
		return outbox.Step{}, err
	}
	last := j.Done == len(p.Pieces)-1
	if n.notice.ID != 0 && !settled && last {
		if post.Buttons, err = c.noticeButtons(t, s, n.notice, noticeActions(n.notice, n.payload), ""); err != nil {
			return outbox.Step{}, err
		}
	}
	return outbox.Step{
		Jobs: []store.Job{j},
		Call: func(ctx context.Context) (any, error) { return c.o.Console.Show(ctx, post) },
		Done: func(t *store.Tx, result any) error {
			shown, ok := result.(core.Shown)
			if !ok || len(shown.Posts) == 0 {
				return fmt.Errorf("line shown: a %T without posts", result)
			}
			return c.lineShown(t, s, j, p, n, shown.Posts[0])
		},
		Failed: func(t *store.Tx, e *core.SendError) (bool, error) {
			if done, err := c.mended(t, s, []store.Job{j}, e); done || err != nil {
				return done, err
			}
			if s.room.Group == "" && (e.Reason == core.PeerGone || e.Reason == core.Rejected) {
				return true, t.FinishJob(j) // an operator who blocked us
			}
			if e.Reason != core.Rejected || p.Plain {
				return false, nil
			}
			p.Plain = true
			j.Cuts, j.State = p.String(), store.JobWaiting
			return true, later(t, j, 0)
		},
		Deadline: callTime,
	}, nil
}

// lineShown records a line, and where its notice stands.
func (c *carrier) lineShown(t *store.Tx, s scene, j store.Job, p progress, n noticed, ref core.PostRef) error {
	row := store.PostPart{RoomNo: s.room.No, Seq: ref.Seq, Topic: s.topic.ID, Kind: store.PostSystem, Attachment: -1, At: t.Now()}
	if notice := n.notice.ID; notice != 0 && j.Done == len(p.Pieces)-1 {
		row.Kind = store.PostNotice
		if err := t.NoticeShown(notice, s.room.No, ref.Seq); err != nil {
			return err
		}
		b, err := json.Marshal(p.Pieces[j.Done].Text)
		if err != nil {
			return err
		}
		if err := t.SetSetting(store.NoticeWords(notice), string(b)); err != nil {
			return err
		}
	}
	if n.line.Stands != 0 {
		m, err := t.Message(n.line.Stands)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		if m.Direction == core.FromCustomer {
			row.Kind, row.Message, row.Address, row.Part = store.PostCustomer, m.ID, m.Address, j.Done
		}
	}
	if err := t.AddPost(row); err != nil {
		return err
	}
	if err := c.worked(t, s.room); err != nil {
		return err
	}
	if j.Done++; j.Done >= len(p.Pieces) {
		return t.FinishJob(j)
	}
	j.Cuts, j.State, j.Attempts = p.String(), store.JobWaiting, 0
	return t.SaveJob(j)
}

// lineText is a line in words: lines of the gateway's own are italic behind a
// sign, what came late bears its time.
func (c *carrier) lineText(t *store.Tx, s scene, n noticed) core.Text {
	key := n.line.Key
	if key == "" {
		key = "notice." + n.notice.Kind
	}
	text := s.texts.Styled(key, lang.Args(n.line.Args))
	if at := n.line.At; !at.IsZero() && t.Now().Sub(at) > lateAfter {
		text = joined(" · ", s.texts.Styled("show.late", lang.Args{"At": s.texts.When(at, t.Now())}), text)
	}
	switch {
	case key == "line.card", key == "line.file_failed": // they have looks of their own
	case strings.HasPrefix(key, "line."):
		text = over(core.Plain("ℹ️ ").Append(text), core.Italic)
	}
	if n.line.Quote != "" {
		text = joined("\n", text, core.Styled(fit.Clean(n.line.Quote), core.Quote))
	}
	if n.line.Document != "" {
		text = joined("\n", text, core.Styled(fit.FileName(n.line.Name), core.Bold), core.Styled(fit.Clean(n.line.Document), core.Block))
	}
	return s.fitter.Shown(text)
}

// answersPost is the post that a line replies to.
func answersPost(t *store.Tx, s scene, l dialogs.Line) (core.PostRef, error) {
	if l.Post.Seq != 0 {
		if l.Post.Room != s.room.Room {
			return core.PostRef{}, nil
		}
		return l.Post, nil
	}
	if l.About == 0 {
		return core.PostRef{}, nil
	}
	ps, err := t.PostsOf(l.About)
	if err != nil {
		return core.PostRef{}, err
	}
	var ref core.PostRef
	for _, p := range ps {
		if p.RoomNo == s.room.No && p.Topic == s.topic.ID {
			ref = p.Ref()
		}
	}
	return ref, nil
}

// noticeButtons are the buttons of a notice, three in a row. late marks the
// words on them when they are offered past their time.
func (c *carrier) noticeButtons(t *store.Tx, s scene, n store.Notice, actions []string, late string) ([][]core.Button, error) {
	var rows [][]core.Button
	for i, action := range actions {
		id, err := t.NoticeButton(n.ID, s.room.No, action) // planned before, and not shown
		if errors.Is(err, store.ErrNotFound) {
			id, err = mintButton(t, store.ButtonRow{RoomNo: s.room.No, Notice: n.ID, Topic: n.Topic, Action: action})
		}
		if err != nil {
			return nil, err
		}
		if i%3 == 0 {
			rows = append(rows, nil)
		}
		rows[len(rows)-1] = append(rows[len(rows)-1], core.Button{ID: id, Label: s.texts.Text("button." + action + late)})
	}
	return rows, nil
}

// outcome is what became of a notice: who pressed what.
func (c *carrier) outcome(t *store.Tx, s scene, n noticed) core.Text {
	who := ""
	if n.notice.SettledBy != "" {
		who = fit.Name(c.nameOf(t, n.notice.SettledBy))
	}
	if n.payload.Outcome == "" {
		return core.Text{}
	}
	return over(s.texts.Styled("outcome."+n.payload.Outcome, lang.Args{"Who": who}), core.Italic)
}

// planSettle takes the buttons off a notice; in their place stands what became of
// it. Words that merely waited too long can still be sent.
func (c *carrier) planSettle(t *store.Tx, s scene, j store.Job) (outbox.Step, error) {
	var settle struct {
		Notice int64 `json:"notice"`
	}
	if err := json.Unmarshal([]byte(j.Payload), &settle); err != nil {
		return outbox.Step{}, &core.SendError{Reason: core.Rejected, Detail: "malformed settling", Err: err}
	}
	n, err := t.Notice(settle.Notice)
	if errors.Is(err, store.ErrNotFound) || err == nil && (n.Post.Seq == 0 || !s.made()) {
		return outbox.Step{}, t.FinishJob(j) // not shown: when it is, it is settled
	}
	if err != nil {
		return outbox.Step{}, err
	}
	is := noticed{notice: n}
	if n.Payload != "" {
		if err := json.Unmarshal([]byte(n.Payload), &is.payload); err != nil {
			return outbox.Step{}, fmt.Errorf("notice %d: %w", n.ID, err)
		}
	}
	var words core.Text
	if kept, err := t.Setting(store.NoticeWords(n.ID)); err != nil {
		return outbox.Step{}, err
	} else if kept != "" {
		if err := json.Unmarshal([]byte(kept), &words); err != nil {
			return outbox.Step{}, fmt.Errorf("words of notice %d: %w", n.ID, err)
		}
	}
	outcome := c.outcome(t, s, is)
	if is.payload.Outcome != "expired" && outcome.Body != "" && strings.HasSuffix(words.Body, "\n"+outcome.Body) {
		if err := t.DropSetting(store.NoticeWords(n.ID)); err != nil { // settled before it was shown: it says so
			return outbox.Step{}, err
		}
		return outbox.Step{}, t.FinishJob(j)
	}
	post := core.Post{Topic: s.place(), Content: core.Content{Text: joined("\n", words, outcome)}}
	if !s.fits(post.Content.Text, false) {
		room := func(t core.Text) bool { return s.fits(joined("\n", t, outcome), false) }
		post.Content.Text = joined("\n", shortened(words, room), outcome)
	}
	actions := noticeActions(n, is.payload)
	expired := is.payload.Outcome == "expired" && len(actions) > 0 && actions[0] == "send"
	if expired {
		if post.Buttons, err = c.noticeButtons(t, s, n, actions[:1], "_late"); err != nil {
			return outbox.Step{}, err
		}
	}
	return outbox.Step{
		Jobs: []store.Job{j},
		Call: func(ctx context.Context) (any, error) { return nil, c.o.Console.Amend(ctx, n.Post, post) },
		Done: func(t *store.Tx, _ any) error {
			if !expired {
				if err := t.DropSetting(store.NoticeWords(n.ID)); err != nil {
					return err
				}
			}
			return t.FinishJob(j)
		},
		Failed: func(t *store.Tx, e *core.SendError) (bool, error) {
			if e.Reason == core.RoomMoved || e.Reason == core.BadConfig || e.Reason == core.TopicClosed {
				return c.mended(t, s, []store.Job{j}, e)
			}
			if !lasting(e) {
				return false, nil
			}
			return true, t.FinishJob(j) // the post is gone, and its buttons with it
		},
		Deadline: callTime,
	}, nil
}
