package desk

import (
	"context"
	"strings"
	"testing"
	"time"

	"parom/core"
	"parom/core/store"
)

// stuck is a console that shows what has a word in it and does not answer until
// it is let go.
type stuck struct {
	*hooked
	word  string
	shown chan core.PostRef // what it shows and has not told
	letGo chan struct{}
}

func (c *stuck) Show(ctx context.Context, p core.Post) (core.Shown, error) {
	s, err := c.hooked.Show(ctx, p)
	if err == nil && strings.Contains(p.Content.Text.Body, c.word) {
		c.shown <- s.Posts[0]
		select {
		case <-c.letGo:
		case <-ctx.Done():
			return core.Shown{}, ctx.Err()
		}
	}
	return s, err
}

func TestDeliver_WaitsOnlyForWhatItDependsOn(t *testing.T) {
	anna := core.Person{ID: "7", Guise: core.Human, Name: "Анна"}
	var console *stuck
	w := newWorld(t, setup{desk: func(o *Options) {
		console = &stuck{hooked: o.Console.(*hooked), word: "застряло", shown: make(chan core.PostRef, 1), letGo: make(chan struct{})}
		o.Console = console
	}})
	w.says("1", "раз")
	w.deliver("tg", core.Event{From: core.Peer{ID: "p2", Name: "Пётр"}, Remote: "21", Body: core.Posted{Content: core.Content{Text: core.Plain("другой")}}})
	w.settle()
	mine, other := w.topic().Ref, core.TopicRef{}
	w.view(func(tx *store.Tx) error {
		o, err := tx.Topic(2)
		other = o.Ref
		return err
	})
	known := w.console.Standing(other)[0].Ref
	w.still = true
	w.says("2", "застряло")
	var hanging core.PostRef
	w.until("a call hangs", func() bool {
		select {
		case hanging = <-console.shown:
			return true
		default:
			return false
		}
	})

	// The clock stands still: whoever waits, waits for ever.
	seq := hanging.Seq
	deliver := func(a core.Act) <-chan error {
		seq++
		a.Key, a.By, a.At = "act-"+a.Topic.Thread+string(rune('a'+seq)), anna, w.clock.Now()
		if a.Post.Seq == 0 {
			a.Post = core.PostRef{Room: salesRoom, Seq: seq}
		}
		done := make(chan error, 1)
		go func() { done <- w.desk.Deliver(t.Context(), []core.Act{a}) }()
		return done
	}
	text := func(s string) core.Content { return core.Content{Text: core.Plain(s)} }
	for name, a := range map[string]core.Act{
		"an answer in another topic":            {Topic: other, Body: core.Wrote{Content: text("а")}},
		"a reply to a known post":               {Topic: other, Body: core.Wrote{Content: text("б"), ReplyTo: known}},
		"an answer to the topic's one customer": {Topic: mine, Body: core.Wrote{Content: text("в")}},
		"talk in the general part":              {Topic: core.TopicRef{Room: salesRoom}, Body: core.Wrote{Content: text("г")}},
		"talk in a topic of people":             {Topic: core.TopicRef{Room: salesRoom, Thread: "777"}, Body: core.Wrote{Content: text("д")}},
		"a reaction on a known post":            {Topic: core.TopicRef{Room: salesRoom}, Post: known, Body: core.Signed{Emoji: []string{"👍"}}},
	} {
		select {
		case err := <-deliver(a):
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
		case <-time.After(5 * time.Second):
			t.Fatalf("%s waits for a call in another's topic", name)
		}
	}

	quote := deliver(core.Act{Topic: mine, Body: core.Wrote{Content: text("на это"), ReplyTo: hanging}})
	sign := deliver(core.Act{Topic: core.TopicRef{Room: salesRoom}, Post: hanging, Body: core.Signed{Emoji: []string{"👍"}}})
	select {
	case <-quote:
		t.Error("a reply to a post that is not recorded was not waited for")
	case <-sign:
		t.Error("a reaction on a post that is not recorded was not waited for")
	case <-time.After(50 * time.Millisecond):
	}
	close(console.letGo)
	w.still = false
	w.until("both are taken", func() bool { return len(quote) == 1 && len(sign) == 1 })
	if err := <-quote; err != nil {
		t.Error(err)
	}
	w.view(func(tx *store.Tx) error {
		parts, err := tx.PostParts(core.PostRef{Room: salesRoom, Seq: seq - 1})
		if err != nil || len(parts) != 1 || parts[0].Kind != store.PostAnswer {
			t.Errorf("the reply became %+v, %v", parts, err)
		}
		return err
	})
}
