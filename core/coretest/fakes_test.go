package coretest_test

import (
	"context"
	"errors"
	"testing"

	"parom/core"
	"parom/core/coretest"
)

func TestAdapter_FailsAsScriptedAndFindsLostAnswers(t *testing.T) {
	a := coretest.NewAbleAdapter("shop", core.Limits{}, coretest.NewClock(start))
	gone := &core.SendError{Reason: core.PeerGone}
	a.Fail(gone)
	a.LoseAnswer(&core.SendError{Reason: core.MaybeSent})
	lost := core.Parcel{Key: core.NewKey()}
	for i, want := range []core.Reason{core.PeerGone, core.MaybeSent, 0} {
		if _, err := a.Send(t.Context(), lost); core.ReasonOf(err) != want {
			t.Fatalf("send %d: %v", i, err)
		}
	}
	if got := len(a.Arrived()); got != 2 {
		t.Fatalf("%d arrived, want the lost one and the last", got)
	}
	if _, found, err := a.Find(t.Context(), core.Destination{}, lost.Key); !found || err != nil {
		t.Fatalf("found %v, %v", found, err)
	}
	if _, found, _ := a.Find(t.Context(), core.Destination{}, core.NewKey()); found {
		t.Fatal("found what was never sent")
	}
}

func TestAdapter_HoldKeepsASendInFlight(t *testing.T) {
	a := coretest.NewAdapter("shop", core.Limits{}, coretest.NewClock(start))
	release := a.Hold()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { _, err := a.Send(ctx, core.Parcel{}); done <- err }()
	for !a.Busy() {
	}
	cancel()
	if err := <-done; core.ReasonOf(err) != core.MaybeSent {
		t.Fatalf("cancelled in flight: %v", err)
	}
	go func() { _, err := a.Send(t.Context(), core.Parcel{}); done <- err }()
	release()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

type inbox struct {
	core.Inbox
	got chan []core.Event
}

func (i inbox) Deliver(_ context.Context, _ core.ChannelID, e []core.Event) error {
	i.got <- e
	return nil
}

func TestAdapter_DeliversToItsInbox(t *testing.T) {
	a := coretest.NewAdapter("shop", core.Limits{}, coretest.NewClock(start))
	in := inbox{got: make(chan []core.Event, 1)}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- a.Run(ctx, in) }()
	if err := a.Deliver(ctx, core.Event{Key: "1"}); err != nil {
		t.Fatal(err)
	}
	if got := <-in.got; len(got) != 1 || got[0].Key != "1" {
		t.Fatalf("got %v", got)
	}
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

func TestConsole_RefusesWhatIsGone(t *testing.T) {
	c := coretest.NewConsole(core.Limits{}, coretest.NewClock(start))
	ctx := t.Context()
	topic, err := c.OpenTopic(ctx, "staff", "Shop · Ann", "")
	if err != nil {
		t.Fatal(err)
	}
	shown, err := c.Show(ctx, core.Post{Topic: topic, Content: core.Content{Text: core.Plain("card")}})
	if err != nil {
		t.Fatal(err)
	}
	c.Shut(topic)
	if _, err := c.Show(ctx, core.Post{Topic: topic}); core.ReasonOf(err) != core.TopicClosed {
		t.Errorf("closed topic: %v", err)
	}
	if err := c.ReopenTopic(ctx, topic); err != nil {
		t.Error(err)
	}
	if err := errors.Join(c.Mark(ctx, shown.Posts[0], "👀"), c.Pin(ctx, shown.Posts[0]), c.Remove(ctx, shown.Posts[0])); err != nil {
		t.Error(err)
	}
	if err := c.Amend(ctx, shown.Posts[0], core.Post{}); core.ReasonOf(err) != core.TargetGone {
		t.Errorf("removed post: %v", err)
	}
	c.Vanish(topic)
	if _, err := c.Show(ctx, core.Post{Topic: topic}); core.ReasonOf(err) != core.TopicGone {
		t.Errorf("deleted topic: %v", err)
	}
	if s := c.Standing(topic); len(s) != 1 || s[0].Mark != "👀" || !s[0].Pinned || !s[0].Removed {
		t.Errorf("standing %+v", s)
	}
}
