package desk

import (
	"context"
	"errors"
	"strings"
	"time"

	"parom/core"
	"parom/core/store"
)

// settleMax bounds how long acts wait for what is being shown to be recorded.
const settleMax = 2 * time.Second

// awaitShown gives what is being shown a little while to be recorded, where
// somebody may have answered it already. Only topics of whose posts an act
// depends are waited for, and only when the store cannot tell: a call that hangs
// in one topic is no reason for the others to wait.
func (d *Desk) awaitShown(ctx context.Context, acts []core.Act) {
	if d.o.Outbox == nil || !answersSomething(acts) {
		return
	}
	d.o.Outbox.Settle(ctx, store.ToTopic, settleMax, func(underWay []store.Lane) []store.Lane {
		var needed []store.Lane
		err := d.o.DB.View(ctx, func(t *store.Tx) error {
			u := unrecorded{t: t, underWay: wordsOnly(underWay)}
			needed = nil
			for _, a := range acts {
				ls, err := u.needed(a)
				if err != nil {
					return err
				}
				needed = append(needed, ls...)
			}
			return nil
		})
		if err != nil {
			return nil // the transaction that follows will tell
		}
		return needed
	})
}

// answersSomething reports that somebody wrote or signed: he may have seen what
// is not recorded yet.
func answersSomething(acts []core.Act) bool {
	for _, a := range acts {
		switch a.Body.(type) {
		case core.Wrote, core.Signed:
			if a.By.Guise == core.Human {
				return true
			}
		}
	}
	return false
}

// wordsOnly leaves out the lanes of files that follow their text: an upload takes
// minutes.
func wordsOnly(lanes []store.Lane) []store.Lane {
	var out []store.Lane
	for _, l := range lanes {
		if !strings.Contains(string(l), "/") {
			out = append(out, l)
		}
	}
	return out
}

// unrecorded finds what acts depend on and the store does not know yet.
type unrecorded struct {
	t        *store.Tx
	underWay []store.Lane
}

// needed are the lanes that an act has to wait for.
func (u unrecorded) needed(a core.Act) ([]store.Lane, error) {
	if a.By.Guise != core.Human || len(u.underWay) == 0 {
		return nil, nil
	}
	switch b := a.Body.(type) {
	case core.Signed:
		parts, err := u.t.PostParts(a.Post)
		if err != nil || len(parts) > 0 {
			return nil, err
		}
		return u.topics(func(o store.Topic) bool { return o.Ref.Room == a.Post.Room })
	case core.Wrote:
		return u.neededToAnswer(a, b)
	}
	return nil, nil
}

func (u unrecorded) neededToAnswer(a core.Act, b core.Wrote) ([]store.Lane, error) {
	if a.Topic.Thread == "" {
		return nil, nil
	}
	topic, err := u.t.TopicAt(a.Topic)
	if errors.Is(err, store.ErrNotFound) { // ours, maybe, and just being made
		return u.topics(func(o store.Topic) bool { return o.State == store.TopicOpening })
	}
	if err != nil {
		return nil, err
	}
	known, err := u.isClear(topic.ID, a.Post, b.ReplyTo)
	if err != nil || known {
		return nil, err
	}
	return u.topics(func(o store.Topic) bool { return o.ID == topic.ID })
}

// isClear reports that the store knows whom an answer in a topic is for: by what it
// quotes, or because all that stand above it, or may, are one.
func (u unrecorded) isClear(topic core.TopicID, at, quoted core.PostRef) (bool, error) {
	if quoted != (core.PostRef{}) {
		parts, err := u.t.PostParts(quoted)
		if err != nil || len(parts) == 0 {
			return false, err
		}
		if parts[len(parts)-1].Kind != store.PostCard {
			return true, nil
		}
	}
	may, err := u.t.Appearing(topic)
	if err != nil || len(may) == 0 {
		return err == nil, err
	}
	above, err := u.t.CustomerPostAbove(topic, at)
	switch {
	case err == nil:
		may = append(may, above.Address)
	case !errors.Is(err, store.ErrNotFound):
		return false, err
	}
	for _, id := range may {
		if id != may[0] {
			return false, nil
		}
	}
	return true, nil
}

// topics are the lanes under way of topics that match.
func (u unrecorded) topics(match func(store.Topic) bool) ([]store.Lane, error) {
	var out []store.Lane
	for _, l := range u.underWay {
		topic, err := u.t.Topic(core.TopicID(l.Number()))
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if match(topic) {
			out = append(out, l)
		}
	}
	return out, nil
}
