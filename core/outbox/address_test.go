package outbox_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"parom/core"
	"parom/core/coretest"
	"parom/core/outbox"
	"parom/core/store"
)

func ops(a coretest.AbleAdapter) (out []string) {
	for _, c := range a.Calls() {
		s := c.Op
		if c.Op == "Send" || c.Op == "Edit" {
			s += " " + c.Parcel.Content.Text.Body
		}
		if c.Op != "Send" {
			for _, r := range c.Remote {
				s += " " + string(r)
			}
		}
		out = append(out, s)
	}
	return out
}

func TestEdit_BringsWhatIsThereToTheNewText(t *testing.T) {
	for _, tc := range []struct {
		name, before, after string
		want                []string
	}{
		{"one part stays one", "one", "two", []string{"Edit two shop-1"}},
		{
			"only the part that differs is changed", "aaaaaaaaaaaaaaaaaaa bbbbbbbbbbbbbbb", "aaaaaaaaaaaaaaaaaaa ccccccccccccccc",
			[]string{"Edit ccccccccccccccc shop-2"},
		},
		{"a part too many is deleted", "aaaaaaaaaaaaaaaaaaa bbbbbbbbbbbbbbb", "short", []string{"Edit short shop-1", "Delete shop-2"}},
		{
			"a part more is sent", "short", "aaaaaaaaaaaaaaaaaaa bbbbbbbbbbbbbbb",
			[]string{"Edit aaaaaaaaaaaaaaaaaaa shop-1", "Send bbbbbbbbbbbbbbb"},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t, setup{})
			a := w.able("shop")
			ann := w.address("shop", "ann")
			id := w.say(ann, tc.before)
			w.awaitEmpty()
			n := len(a.Calls())
			a.Fail(nil) // nothing fails
			w.rewrite(ann, id, tc.after)
			w.awaitEmpty()
			if got := ops(a)[n:]; !slices.Equal(got, tc.want) {
				t.Fatalf("calls %q", got)
			}
			// And once more, from what was recorded.
			w.rewrite(ann, id, "end")
			w.awaitEmpty()
			if got := ops(a)[n+len(tc.want)]; got != "Edit end shop-1" {
				t.Fatalf("then %q", got)
			}
			if sent, _, _ := w.watch.get(); len(sent) != 3 {
				t.Fatalf("told %d times", len(sent))
			}
		})
	}
}

func TestEdit_WhileTheMessageIsUncertainFollowsIt(t *testing.T) {
	s, a := plain(setup{still: true}, network)
	w := newWorld(t, s)
	a.Fail(fault(core.MaybeSent))
	ann := w.address("shop", "ann")
	id := w.say(ann, "old")
	w.await("failure", func() bool { return len(a.Calls()) == 1 && !w.out.Busy() })
	w.rewrite(ann, id, "new")
	w.clock.Advance(2 * time.Second)
	w.awaitEmpty()
	if got := texts(a.Arrived()); !slices.Equal(got, []string{"old"}) {
		t.Fatalf("arrived %q", got)
	}
	if _, parked, _ := w.watch.get(); !slices.Equal(parked, []core.Reason{core.Rejected}) {
		t.Fatalf("an edit this network cannot make: parked %v", parked)
	}
}

func TestDelete_TakesEveryPartAway(t *testing.T) {
	w := newWorld(t, setup{})
	a := w.able("shop")
	ann := w.address("shop", "ann")
	id := w.say(ann, "aaaaaaaaaaaaaaaaaaa bbbbbbbbbbbbbbb")
	w.do(store.JobDelete, ann, id, "")
	w.awaitEmpty()
	if got := ops(a)[2:]; !slices.Equal(got, []string{"Delete shop-1 shop-2"}) {
		t.Fatalf("calls %q", got)
	}
	if m := w.message(id); m.Delivery != core.DeliveryDeleted || m.DeletedAt.IsZero() {
		t.Fatalf("message %+v", m)
	}
}

func TestWindows_AreNotTried(t *testing.T) {
	l := network
	l.EditWindow, l.DeleteWindow = time.Minute, 2*time.Minute
	w := newWorld(t, setup{limits: l, still: true})
	ann := w.address("shop", "ann")
	id := w.say(ann, "x")
	w.awaitEmpty()
	w.clock.Advance(90 * time.Second)
	w.rewrite(ann, id, "y")
	w.awaitEmpty()
	w.clock.Advance(90 * time.Second)
	w.do(store.JobDelete, ann, id, "")
	w.awaitEmpty()
	if _, parked, _ := w.watch.get(); !slices.Equal(parked, []core.Reason{core.WindowClosed, core.WindowClosed}) {
		t.Fatalf("parked %v", parked)
	}
	if n := len(w.able("shop").Calls()); n != 1 {
		t.Fatalf("%d calls", n)
	}
}

func TestReactionsAndReadMarks_MeanTheLastPart(t *testing.T) {
	w := newWorld(t, setup{})
	ann := w.address("shop", "ann")
	id := w.say(ann, "aaaaaaaaaaaaaaaaaaa bbbbbbbbbbbbbbb")
	w.do(store.JobReact, ann, id, `{"emoji":"👍"}`)
	w.do(store.JobRead, ann, id, "")
	w.awaitEmpty()
	if got := ops(w.able("shop"))[2:]; !slices.Equal(got, []string{"React shop-2", "MarkRead shop-2"}) {
		t.Fatalf("calls %q", got)
	}
}

func TestQuote_PointsAtThePartMeant(t *testing.T) {
	w := newWorld(t, setup{})
	a := w.able("shop")
	ann, bob := w.address("shop", "ann"), w.address("shop", "bob")
	quoted := w.say(ann, "aaaaaaaaaaaaaaaaaaa bbbbbbbbbbbbbbb")
	for _, ref := range []core.Reference{{Message: quoted}, {Message: quoted, Fragment: "aaaa"}, {Message: quoted + 1000}} {
		w.post(core.Message{Address: ann, ReplyTo: &ref, Content: core.Content{Text: core.Plain("answer")}}, "")
	}
	_ = bob
	w.awaitEmpty()
	var got []string
	for _, p := range a.Arrived()[2:] {
		if p.ReplyTo == nil {
			got = append(got, "none")
		} else {
			got = append(got, string(p.ReplyTo.Remote))
		}
	}
	if !slices.Equal(got, []string{"shop-2", "shop-1", "none"}) {
		t.Fatalf("quotes %q", got)
	}
}

func TestFiles_AreBroughtUnlessTheyGoByReference(t *testing.T) {
	for _, tc := range []struct {
		name   string
		holder string
		dead   bool
		want   []string
		blob   bool
	}{
		{"same account", "acc", false, []string{"Send "}, false},
		{"another account", "other", false, []string{"Fetch", "Send "}, true},
		{"a reference that died", "acc", true, []string{"Send ", "Fetch", "Send "}, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			l := network
			l.Holder = "acc"
			clock := coretest.NewClock(start)
			a := coretest.NewAbleAdapter("shop", l, clock)
			a.Keep("loc", []byte("photo"))
			porter := newPorter(t, a)
			w := newWorld(t, setup{
				clock: clock, channels: map[core.ChannelID]core.Adapter{"shop": a}, address: outbox.AddressOptions{Porter: porter},
			})
			if tc.dead {
				a.Fail(fault(core.MediaGone))
			}
			id := w.post(core.Message{Address: w.address("shop", "ann"), Content: core.Content{
				Attachments: []core.Attachment{{Kind: core.Photo, Holder: tc.holder, Locator: "loc"}},
			}}, "")
			w.awaitEmpty()
			if got := ops(a); !slices.Equal(got, tc.want) {
				t.Fatalf("calls %q", got)
			}
			at := a.Arrived()[0].Content.Attachments[0]
			if (at.Blob != "") != tc.blob || tc.dead && at.Locator != "" {
				t.Fatalf("sent %+v", at)
			}
			if m := w.message(id); m.Twice || m.Delivery != core.DeliverySent {
				t.Fatalf("message %+v", m)
			}
		})
	}
}

func TestFiles_ThatCannotBeFetchedAreTriedAgainThenNamed(t *testing.T) {
	clock := coretest.NewClock(start)
	a := coretest.NewAbleAdapter("shop", network, clock)
	porter := newPorter(t, a)
	w := newWorld(t, setup{
		clock: clock, channels: map[core.ChannelID]core.Adapter{"shop": a}, address: outbox.AddressOptions{Porter: porter},
	})
	a.Fail(fault(core.Unavailable), fault(core.Unavailable)) // then: no such file
	ann := w.address("shop", "ann")
	w.post(core.Message{Address: ann, Content: core.Content{
		Attachments: []core.Attachment{{Kind: core.Photo, Holder: "x", Locator: "lost"}},
	}}, "")
	w.say(ann, "after")
	w.awaitEmpty()
	if got := ops(a); !slices.Equal(got, []string{"Fetch", "Fetch", "Fetch", "Send after"}) {
		t.Fatalf("calls %q", got)
	}
	if _, parked, _ := w.watch.get(); !slices.Equal(parked, []core.Reason{core.MediaGone}) {
		t.Fatalf("parked %v", parked)
	}
}

func TestAlbum_EachFileHasItsName(t *testing.T) {
	l := network
	l.Holder, l.Caption = "acc", core.TextLimit{Max: 20}
	l.Album = core.AlbumLimit{Max: 10, Mix: [][]core.Kind{{core.Photo}}}
	w := newWorld(t, setup{limits: l})
	photo := core.Attachment{Kind: core.Photo, Holder: "acc", Locator: "loc"}
	ann := w.address("shop", "ann")
	id := w.post(core.Message{Address: ann, Content: core.Content{
		Text: core.Plain("caption"), Attachments: []core.Attachment{photo, photo, photo},
	}}, "")
	w.awaitEmpty()
	w.view(func(tx *store.Tx) error {
		rs, err := tx.RemotesOf(id)
		for i, r := range rs {
			if r.Attachment != i || r.Part != i || (r.To > 0) != (i == 0) {
				err = fmt.Errorf("remotes %+v", rs)
			}
		}
		return err
	})
	w.rewrite(ann, id, "new caption")
	w.awaitEmpty()
	if got := ops(w.able("shop"))[1:]; !slices.Equal(got, []string{"Edit new caption shop-1"}) {
		t.Fatalf("calls %q", got)
	}
}

func TestRates_BoundTheAccountAndEachCorrespondent(t *testing.T) {
	l := network
	l.Rate = core.Rate{PerSecond: 5, PerPeerPerSecond: 1}
	w := newWorld(t, setup{limits: l})
	for i := range 10 {
		a := w.address("shop", fmt.Sprint(i))
		for j := range 4 {
			w.say(a, fmt.Sprint(j))
		}
	}
	w.awaitEmpty()
	all, each := []time.Duration{}, map[core.PeerID][]time.Duration{}
	for _, c := range w.able("shop").Calls() {
		at := c.At.Sub(start)
		all = append(all, at)
		each[c.To.Peer] = append(each[c.To.Peer], at)
	}
	checkWindow(t, "account", all, 5, time.Second)
	for p, log := range each {
		checkWindow(t, string(p), log, 1, time.Second)
	}
	if last := all[len(all)-1]; last > 8100*time.Millisecond {
		t.Fatalf("40 messages at 5/s took %s", last)
	}
}

func checkWindow(t interface{ Fatalf(string, ...any) }, what string, log []time.Duration, n int, per time.Duration) {
	for i := n; i < len(log); i++ {
		if d := log[i] - log[i-n]; d < per {
			t.Fatalf("%s: %d calls in %s, ending at %s", what, n+1, d, log[i])
		}
	}
}

func TestPeerGone_IsLeftToWhoWatches(t *testing.T) {
	w := newWorld(t, setup{})
	ann := w.address("shop", "ann")
	w.able("shop").Fail(&core.SendError{Reason: core.PeerGone, Detail: "bot was blocked"})
	w.say(ann, strings.Repeat("x", 5))
	w.awaitEmpty()
	if _, parked, _ := w.watch.get(); !slices.Equal(parked, []core.Reason{core.PeerGone}) {
		t.Errorf("parked %v", parked)
	}
	w.view(func(tx *store.Tx) error {
		a, err := tx.Address(ann)
		if err == nil && a.Gone != "" { // it would be no news to who tells the operators
			err = fmt.Errorf("address %+v", a)
		}
		return err
	})
}

// part is a text of exactly one part, of one letter.
func part(letter string) string { return strings.Repeat(letter, 15) + " " }

func TestEdit_ANewerOneTakesThePlaceOfOneUnderWay(t *testing.T) {
	w := newWorld(t, setup{})
	a := w.able("shop")
	ann := w.address("shop", "ann")
	id := w.say(ann, part("a")+part("b")+part("c"))
	w.awaitEmpty()
	release := a.Hold()
	w.rewrite(ann, id, part("x")+part("y")+part("c"))
	w.await("its first call", a.Busy)
	w.rewrite(ann, id, part("z")+part("y")+part("c"))
	release()
	w.awaitEmpty()
	if _, parked, _ := w.watch.get(); len(parked) > 0 || w.jobs() != 0 {
		t.Fatalf("parked %v", parked)
	}
	wantShown(t, a, part("z"), part("y"), part("c"))
}

func TestEdit_OneThatNeverLeftIsNotTakenForWhatTheCustomerHas(t *testing.T) {
	w := newWorld(t, setup{})
	a := w.able("shop")
	ann := w.address("shop", "ann")
	id := w.say(ann, part("a")+part("b"))
	w.awaitEmpty()
	a.Fail(&core.SendError{Reason: core.Throttled, RetryAfter: time.Minute})
	w.rewrite(ann, id, part("x")+part("y"))
	w.await("it waits", func() bool { return len(a.Calls()) == 3 })
	w.rewrite(ann, id, part("a")+part("y"))
	w.awaitEmpty()
	wantShown(t, a, part("a"), part("y"))
}

// wantShown compares what the customer has of the one message with the parts it
// should have.
func wantShown(t *testing.T, a coretest.AbleAdapter, want ...string) {
	t.Helper()
	shown, order := map[core.RemoteID]string{}, []core.RemoteID{}
	for _, c := range a.Calls() {
		if c.Err != nil {
			continue
		}
		for _, r := range c.Remote {
			if _, known := shown[r]; !known {
				order = append(order, r)
			}
			shown[r] = c.Parcel.Content.Text.Body
		}
	}
	for i := range want {
		want[i] = strings.TrimSpace(want[i])
	}
	var got []string
	for _, r := range order {
		got = append(got, strings.TrimSpace(shown[r]))
	}
	if !slices.Equal(got, want) {
		t.Errorf("the customer has %q, want %q", got, want)
	}
}
