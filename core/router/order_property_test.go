package router

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"parom/core"
	"parom/core/store"
)

// known is what is known of a customer's message.
type known struct {
	Text, Quotes, Forwarded string
	Sent, Edited, Deleted   time.Time
	Reaction                string
	Versions                []string
}

// knownOf gives what is known of messages by what the network calls them.
func (b *bench) knownOf(remotes []string) map[string]known {
	b.Helper()
	out := map[string]known{}
	b.update(func(x *store.Tx) error {
		clear(out)
		no, err := x.ChannelNumber("one")
		if err != nil {
			return err
		}
		for _, remote := range remotes {
			rem, err := x.Remote(no, core.RemoteID(remote))
			if err != nil {
				return err
			}
			m, err := x.Message(rem.Message)
			if err != nil {
				return err
			}
			k := known{
				Text: m.Content.Text.Body, Forwarded: m.Forwarded,
				Sent: m.SentAt, Edited: m.EditedAt, Deleted: m.DeletedAt,
			}
			if m.ReplyTo != nil {
				k.Quotes = string(m.ReplyTo.Remote)
			}
			if k.Reaction, err = x.Reaction(m.ID, false); err != nil {
				return err
			}
			vs, err := x.Versions(m.ID)
			if err != nil {
				return err
			}
			for _, v := range vs {
				k.Versions = append(k.Versions, fmt.Sprintf("%v %s", v.At.Format("15:04:05.000"), v.Content.Text.Body))
			}
			out[remote] = k
		}
		return nil
	})
	return out
}

// happened makes what a customer did with some messages, in its order: each is
// posted, then edited, reacted to, maybe deleted. Few different words, so that edits
// repeat and take back what was said.
func happened(b *bench, r *rand.Rand, remotes []string) (evs []core.Event) {
	left := map[string]int{}
	for _, remote := range remotes {
		left[remote] = 1 + r.IntN(6)
	}
	posted1 := map[string]bool{}
	for len(left) > 0 {
		remote := remotes[r.IntN(len(remotes))]
		if left[remote] == 0 {
			continue
		}
		if left[remote]--; left[remote] == 0 {
			delete(left, remote)
		}
		b.clock.Advance(time.Duration(1+r.IntN(40)) * time.Second)
		words := string("абв"[2*r.IntN(3):][:2])
		var body core.EventBody
		switch n := r.IntN(10); {
		case !posted1[remote]:
			p := posted(words)
			p.ReplyTo, p.Forwarded = &core.Reference{Remote: "other"}, "Кто-то"
			posted1[remote], body = true, p
		case n < 6:
			body = core.Edited{Content: posted(words).Content}
		case n < 8:
			body = core.Reacted{Emoji: [][]string{{"❤"}, {"🔥"}, nil}[r.IntN(3)]}
		default:
			body = core.Deleted{}
		}
		evs = append(evs, b.event("7", remote, body))
	}
	return evs
}

// TestDeliver_WhateverTheOrderTheStateIsTheSame: events that come shuffled, some of
// them several times, leave what the same events leave that come once and in order.
func TestDeliver_WhateverTheOrderTheStateIsTheSame(t *testing.T) {
	remotes := []string{"1", "2", "3"}
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 1))
		once := newBench(t)
		evs := happened(once, r, remotes)
		for _, ev := range evs {
			once.deliver("one", ev)
		}
		want := once.knownOf(remotes)
		for range 2 {
			mixed := append(slices.Clone(evs), evs[r.IntN(len(evs))], evs[r.IntN(len(evs))])
			again := evs[r.IntN(len(evs))] // told once more under another name
			again.Key += "again"
			mixed = append(mixed, again)
			r.Shuffle(len(mixed), func(i, j int) { mixed[i], mixed[j] = mixed[j], mixed[i] })
			b := newBench(t)
			for len(mixed) > 0 {
				n := 1 + r.IntN(min(3, len(mixed)))
				b.deliver("one", mixed[:n]...)
				mixed = mixed[n:]
			}
			if got := b.knownOf(remotes); !reflect.DeepEqual(got, want) {
				t.Fatalf("seed %d: shuffled:\n%+v\nin order:\n%+v", seed, got, want)
			}
			if js := b.jobs(store.ToTopic); shows(js) != len(remotes) {
				t.Fatalf("seed %d: %d messages are shown, want %d", seed, shows(js), len(remotes))
			}
			if parked := b.jobs(store.ToRoom); len(parked) != 0 {
				t.Fatalf("seed %d: something was parked: %+v", seed, parked)
			}
		}
	}
}

func shows(js []store.Job) (n int) {
	for _, j := range js {
		if j.Kind == store.JobShow {
			n++
		}
	}
	return n
}

func TestDeliver_EditsBeforeTheMessageItself(t *testing.T) {
	b := newBench(t)
	at := b.clock.Now()
	ev := b.event("7", "1", posted("один"))
	first := b.event("7", "1", core.Edited{Content: posted("два").Content})
	second := b.event("7", "1", core.Edited{Content: posted("три").Content})
	first.At, second.At = at.Add(time.Second), at.Add(2*time.Second)
	b.deliver("one", second, ev, first)
	k := b.knownOf([]string{"1"})["1"]
	want := known{Text: "три", Sent: at, Edited: second.At, Versions: []string{"09:00:00.000 один", "09:00:01.000 два"}}
	if !reflect.DeepEqual(k, want) {
		t.Errorf("got  %+v\nwant %+v", k, want)
	}
	if js := b.jobs(store.ToTopic); len(js) != 1 {
		t.Errorf("%d jobs, want the one message", len(js))
	}
}
