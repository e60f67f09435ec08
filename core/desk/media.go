package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"parom/core"
	"parom/core/dialogs"
	"parom/core/fit"
	"parom/core/lang"
	"parom/core/outbox"
	"parom/core/store"
)

const (
	// soonTime is how long a text waits for its files.
	soonTime = 3 * time.Second
	// slowBytes is from which size on nobody waits: no upload is that fast.
	slowBytes = 10 << 20
	// fileTime is for how long a file that failed is tried again.
	fileTime = 10 * time.Minute
	// latePart is where the numbers of files begin that came later.
	latePart = 100
)

// byReference reports that the console takes the file without its bytes.
func (c *carrier) byReference(a core.Attachment) bool {
	return !a.Kind.IsFile() || a.Holder != "" && a.Holder == c.limits.Holder && a.Locator != ""
}

// uploads are files whose references are dead: their bytes go.
func uploads(as []core.Attachment) []core.Attachment {
	as = slices.Clone(as)
	for i := range as {
		if as[i].Blob != "" {
			as[i].Holder, as[i].Locator, as[i].Source = "", "", ""
		}
	}
	return as
}

// missing are the files whose bytes have to be fetched first.
func (c *carrier) missing(as []core.Attachment) (out []core.Attachment) {
	if c.porter == nil {
		return nil
	}
	for _, a := range as {
		if !c.byReference(a) && !c.porter.Has(a) {
			out = append(out, a)
		}
	}
	return out
}

// brought is what became of fetching files, by holder and locator.
type brought struct {
	files  map[fileName]core.Attachment
	failed map[fileName]*core.SendError // for good
}

type fileName struct{ holder, locator string }

func nameOfFile(a core.Attachment) fileName { return fileName{a.Holder, a.Locator} }

// bring fetches files until ctx ends. What merely takes too long is in neither map.
func (c *carrier) bring(ctx context.Context, as []core.Attachment) brought {
	b := brought{files: map[fileName]core.Attachment{}, failed: map[fileName]*core.SendError{}}
	for _, a := range as {
		name := nameOfFile(a)
		a.Blob = ""
		err := c.porter.Bring(ctx, &a, c.limits.Media[a.Kind].SendBytes)
		var e *core.SendError
		switch {
		case err == nil:
			b.files[name] = a
		case ctx.Err() == nil && errors.As(err, &e) && lasting(e):
			b.failed[name] = e
		}
	}
	return b
}

// lasting reports a failure that trying again does not mend.
func lasting(e *core.SendError) bool {
	switch e.Reason {
	case core.Unavailable, core.Throttled, core.MaybeSent, core.BadConfig:
		return false
	}
	return true
}

// bringSoon fetches the files of a post for as long as its text may wait. What
// is not there by then follows on its own.
func (c *carrier) bringSoon(s scene, j store.Job, p progress, m core.Message, now piece, missing []core.Attachment) outbox.Step {
	call := func(ctx context.Context) (any, error) {
		// Its own time, so that what is there already is not thrown away.
		ctx, cancel := core.WithTimeout(ctx, c.o.Clock, soonTime)
		defer cancel()
		return c.bring(ctx, missing), nil
	}
	if slices.ContainsFunc(missing, func(a core.Attachment) bool { return a.SizeBytes > slowBytes }) {
		call = func(context.Context) (any, error) { return brought{}, nil }
	}
	return outbox.Step{
		Jobs: []store.Job{j},
		Call: call,
		Done: func(t *store.Tx, result any) error {
			b, ok := result.(brought)
			if !ok {
				return fmt.Errorf("files brought: a %T", result)
			}
			was := m
			m, err := keepBlobs(t, m.ID, b)
			if err != nil {
				return err
			}
			if outbox.ContentSum(m.Content) != outbox.ContentSum(was.Content) {
				return nil // changed meanwhile: it is planned anew
			}
			var late []int
			failed := map[int]*core.SendError{}
			for _, i := range now.Files {
				a := m.Content.Attachments[i]
				switch e := b.failed[nameOfFile(a)]; {
				case e != nil:
					failed[i] = e
				case !c.byReference(a) && a.Blob == "":
					late = append(late, i)
				}
			}
			if len(late)+len(failed) > 0 {
				p.Pieces = p.replace(j.Done, c.without(s, m, now, failed, late))
			}
			j.Cuts = p.String()
			return t.SaveJob(j)
		},
		Deadline: soonTime + callTime,
		Aside:    true,
	}
}

// keepBlobs notes with a message where its files lie now.
func keepBlobs(t *store.Tx, id core.MessageID, b brought) (core.Message, error) {
	m, err := t.Message(id)
	if err != nil {
		return m, err
	}
	changed := false
	for i := range m.Content.Attachments {
		a := &m.Content.Attachments[i]
		if is, ok := b.files[nameOfFile(*a)]; ok {
			a.Blob, a.SizeBytes, a.MIME, changed = is.Blob, is.SizeBytes, is.MIME, true
		} else if _, gone := b.failed[nameOfFile(*a)]; gone {
			a.Blob, changed = "", true
		}
	}
	if changed {
		err = t.SaveAttachments(m)
	}
	return m, err
}

func failedAll(files []int, e *core.SendError) map[int]*core.SendError {
	out := map[int]*core.SendError{}
	for _, i := range files {
		out[i] = e
	}
	return out
}

// without is a piece with some of its files told in words: those that follow
// later, and those that cannot be had.
func (c *carrier) without(s scene, m core.Message, now piece, failed map[int]*core.SendError, late []int) []piece {
	words := piece{Text: now.Text, From: now.From, To: now.To, Part: now.Part, Card: now.Card, Late: late}
	files := piece{Part: now.Part + 1}
	for _, i := range now.Files {
		a := m.Content.Attachments[i]
		switch e := failed[i]; {
		case e != nil:
			words.Text = joined("\n", words.Text, c.failedLine(s, a, e))
		case slices.Contains(late, i):
			words.Text = joined("\n", words.Text, s.fileLine("show.file_late", a, nil))
		default:
			files.Files = append(files.Files, i)
		}
	}
	if len(files.Files) == 0 {
		return []piece{words}
	}
	return []piece{words, files}
}

// failedLine names a file that cannot be shown, with its size, and the limit if
// that is the cause.
func (c *carrier) failedLine(s scene, a core.Attachment, e *core.SendError) core.Text {
	more := lang.Args{"Cause": e.Reason, "Limit": ""}
	if limit := c.limits.Media[a.Kind].SendBytes; e.Reason == core.TooLarge && limit > 0 {
		more["Limit"] = s.texts.Bytes(limit)
	}
	return s.fileLine("show.file_failed", a, more)
}

// follow enqueues a file that comes after its text, in a lane of its own, so that
// words go on meanwhile.
func (c *carrier) follow(t *store.Tx, s scene, m core.MessageID, i int) error {
	lane := store.TopicLane(s.topic.ID) + store.Lane(fmt.Sprintf("/f%d-%d", m, i))
	return t.Enqueue(&store.Job{
		Lane: lane, Kind: store.JobShow, Message: m, Slot: "file",
		Payload: fmt.Sprintf(`{"file":%d}`, i), Priority: store.States,
	})
}

// planFile shows one file of a message that its text went before.
func (c *carrier) planFile(t *store.Tx, s scene, j store.Job, p progress, m core.Message, i int) (outbox.Step, error) {
	made, err := s.fitter.Remake(m.Content, fit.Range{Attachments: []int{i}})
	if err != nil {
		return outbox.Step{}, t.FinishJob(j) // the customer took it out of his message
	}
	as := made.Attachments
	if p.Upload {
		as = uploads(as)
	}
	if missing := c.missing(as); len(missing) > 0 {
		return c.bringFile(s, j, m, i, missing), nil
	}
	unsure := unsureOf(m, []store.Job{j})
	post := core.Post{Topic: s.place(), Content: core.Content{Attachments: as}, Silent: true}
	if at, err := replyTarget(t, s, &core.Reference{Message: m.ID}); err != nil {
		return outbox.Step{}, err
	} else if at != nil && !p.Plain {
		post.ReplyTo = at.Ref()
	}
	return outbox.Step{
		Jobs: []store.Job{j},
		Call: func(ctx context.Context) (any, error) { return c.o.Console.Show(ctx, post) },
		Done: func(t *store.Tx, result any) error {
			shown, ok := result.(core.Shown)
			if !ok || len(shown.Posts) == 0 {
				return fmt.Errorf("shown: a %T without posts", result)
			}
			if err := twice(t, unsure); err != nil {
				return err
			}
			if err := c.record(t, s, m, piece{Files: []int{i}, Part: latePart + i}, shown); err != nil {
				return err
			}
			return t.FinishJob(j)
		},
		Failed: func(t *store.Tx, e *core.SendError) (bool, error) {
			if done, err := c.mended(t, s, []store.Job{j}, e); done || err != nil || !lasting(e) {
				return done, err
			}
			if e.Reason == core.MediaGone && !p.Upload {
				p.Upload = true
				j.Cuts, j.State = p.String(), store.JobWaiting
				return true, later(t, j, 0)
			}
			return true, c.fileLost(t, s, j, m, i, e)
		},
		Deadline: c.uploadTime(as),
	}, nil
}

// bringFile fetches one file for as long as it takes.
func (c *carrier) bringFile(s scene, j store.Job, m core.Message, i int, missing []core.Attachment) outbox.Step {
	deadline := fileTime
	for _, a := range missing {
		deadline += time.Duration(a.SizeBytes>>18) * time.Second
	}
	return outbox.Step{
		Jobs: []store.Job{j},
		Call: func(ctx context.Context) (any, error) {
			b := brought{files: map[fileName]core.Attachment{}}
			for _, a := range missing {
				name := nameOfFile(a)
				a.Blob = ""
				if err := c.porter.Bring(ctx, &a, c.limits.Media[a.Kind].SendBytes); err != nil {
					return nil, err
				}
				b.files[name] = a
			}
			return b, nil
		},
		Done: func(t *store.Tx, result any) error {
			b, ok := result.(brought)
			if !ok {
				return fmt.Errorf("file brought: a %T", result)
			}
			if _, err := keepBlobs(t, m.ID, b); err != nil {
				return err
			}
			return t.SaveJob(j)
		},
		Failed: func(t *store.Tx, e *core.SendError) (bool, error) {
			if !lasting(e) && t.Now().Sub(j.CreatedAt) < fileTime {
				return false, nil
			}
			return true, c.fileLost(t, s, j, m, i, e)
		},
		Deadline: deadline,
		Aside:    true,
	}
}

// fileLost names a file that will not come, as a reply to its message.
func (c *carrier) fileLost(t *store.Tx, s scene, j store.Job, m core.Message, i int, e *core.SendError) error {
	if err := t.FinishJob(j); err != nil {
		return err
	}
	return dialogs.Say(t, s.topic.ID, dialogs.Line{
		Key: "line.file_failed", About: m.ID,
		Args: dialogs.Args{"File": c.failedLine(s, m.Content.Attachments[i], e)},
	})
}
