package console_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"parom/adapters/telegram/console"
	"parom/adapters/telegram/telegramsim"
	"parom/core"
)

func TestReceive_TurnsMessagesIntoActs(t *testing.T) {
	type write func(w *world, at core.TopicRef) telegramsim.Post
	cases := []struct {
		name  string
		post  write
		check func(t *testing.T, w *world, at core.TopicRef, a core.Act)
	}{
		{"a text in a topic is written there by its writer", func(w *world, at core.TopicRef) telegramsim.Post {
			return telegramsim.Post{Thread: threadOf(at), Text: "hello *there*", Mode: "Markdown"}
		}, func(t *testing.T, w *world, at core.TopicRef, a core.Act) {
			body := a.Body.(core.Wrote)
			if a.Topic != at || a.By.Guise != core.Human || a.By.Name != "Anna Petrova" || a.By.Username != "anna" || a.By.Language != "ru" {
				t.Errorf("act %+v", a)
			}
			if body.Content.Text.Body != "hello there" || len(body.Content.Text.Spans) != 1 || body.Content.Text.Spans[0].Style != core.Bold {
				t.Errorf("text %+v", body.Content.Text)
			}
			if body.ReplyTo != (core.PostRef{}) || body.ReplyIn != (core.TopicRef{}) || body.Fragment != "" || body.Forwarded || body.Inline {
				t.Errorf("a plain message answers nothing: %+v", body)
			}
			if !a.At.Equal(w.clock.Now()) {
				t.Errorf("at %v", a.At)
			}
		}},
		{"a text in General has no thread", func(w *world, _ core.TopicRef) telegramsim.Post {
			return telegramsim.Post{Text: "to whom?"}
		}, func(t *testing.T, w *world, _ core.TopicRef, a core.Act) {
			if a.Topic != (core.TopicRef{Room: w.room}) {
				t.Errorf("topic %+v", a.Topic)
			}
		}},
		{"an answer names the post and its topic", func(w *world, at core.TopicRef) telegramsim.Post {
			return telegramsim.Post{Thread: threadOf(at), Text: "yes", ReplyTo: w.show(at, "is it open?").Seq}
		}, func(t *testing.T, w *world, at core.TopicRef, a core.Act) {
			body := a.Body.(core.Wrote)
			if body.ReplyTo.Room != w.room || body.ReplyTo.Seq == 0 || body.ReplyIn != at || body.Fragment != "" {
				t.Errorf("%+v", body)
			}
		}},
		{"an answer in General names General", func(w *world, _ core.TopicRef) telegramsim.Post {
			return telegramsim.Post{Text: "yes", ReplyTo: w.show(core.TopicRef{Room: w.room}, "board").Seq}
		}, func(t *testing.T, w *world, _ core.TopicRef, a core.Act) {
			body := a.Body.(core.Wrote)
			if a.Topic.Thread != "" || body.ReplyTo.Seq == 0 || body.ReplyIn != (core.TopicRef{Room: w.room}) {
				t.Errorf("%+v", a)
			}
		}},
		{"a chosen fragment is kept", func(w *world, at core.TopicRef) telegramsim.Post {
			return telegramsim.Post{Thread: threadOf(at), Text: "this", ReplyTo: w.show(at, "first. second. third").Seq, Quote: "second"}
		}, func(t *testing.T, _ *world, _ core.TopicRef, a core.Act) {
			if f := a.Body.(core.Wrote).Fragment; f != "second" {
				t.Errorf("fragment %q", f)
			}
		}},
		{"an answer to a post of another topic names that post", func(w *world, at core.TopicRef) telegramsim.Post {
			other := w.topic("other")
			w.wait("the topic", func() bool { return len(w.desk.acts()) == 1 })
			w.desk.mu.Lock()
			w.desk.batches = nil
			w.desk.mu.Unlock()
			return telegramsim.Post{Thread: threadOf(at), Text: "mixed up", ReplyTo: w.show(other, "elsewhere").Seq}
		}, func(t *testing.T, w *world, at core.TopicRef, a core.Act) {
			body := a.Body.(core.Wrote)
			if body.ReplyTo.Room != w.room || body.ReplyTo.Seq == 0 || body.ReplyIn == at {
				t.Errorf("%+v", body)
			}
		}},
		{"a forward is marked", func(w *world, at core.TopicRef) telegramsim.Post {
			return telegramsim.Post{Thread: threadOf(at), Forward: &telegramsim.Ref{Place: w.at, ID: w.show(at, "words").Seq}}
		}, func(t *testing.T, _ *world, _ core.TopicRef, a core.Act) {
			if !a.Body.(core.Wrote).Forwarded {
				t.Error("not marked")
			}
		}},
		{"mentions are named in order", func(w *world, at core.TopicRef) telegramsim.Post {
			u := telegramsim.User{ID: w.owner, FirstName: "Olga"}
			return telegramsim.Post{Thread: threadOf(at), Text: "🚢 @anna and Olga", Entities: []telegramsim.Entity{
				{Type: "mention", Offset: 3, Length: 5}, {Type: "text_mention", Offset: 13, Length: 4, User: &u},
			}}
		}, func(t *testing.T, w *world, _ core.TopicRef, a core.Act) {
			if got := a.Body.(core.Wrote).Mentions; len(got) != 2 || got[0] != "anna" || got[1] == "" {
				t.Errorf("mentions %q", got)
			}
		}},
		{"a photo can be sent on by reference", func(w *world, at core.TopicRef) telegramsim.Post {
			return telegramsim.Post{Thread: threadOf(at), Kind: "photo", Text: "see", File: &telegramsim.Upload{Name: "a.png", Data: png(t, 40, 30)}}
		}, func(t *testing.T, w *world, _ core.TopicRef, a core.Act) {
			c := a.Body.(core.Wrote).Content
			if len(c.Attachments) != 1 || c.Text.Body != "see" {
				t.Fatalf("%+v", c)
			}
			if f := c.Attachments[0]; f.Kind != core.Photo || f.Holder != w.con.Account() || f.Locator == "" {
				t.Errorf("%+v", f)
			}
		}},
		{"an anonymous admin is anonymous", func(w *world, at core.TopicRef) telegramsim.Post {
			return telegramsim.Post{From: w.owner, Thread: threadOf(at), Text: "who?", Anonymous: true}
		}, func(t *testing.T, _ *world, _ core.TopicRef, a core.Act) {
			if a.By.Guise != core.Anonymous {
				t.Errorf("%+v", a.By)
			}
		}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			at := w.topic("Customer")
			w.settle()
			p := c.post(w, at)
			ref := w.write(p)
			a := w.one()
			if a.Post != ref {
				t.Errorf("post %+v, want %+v", a.Post, ref)
			}
			if !strings.HasPrefix(a.Key, w.con.Account()+":"+w.room+":") {
				t.Errorf("key %q", a.Key)
			}
			c.check(t, w, at, a)
		})
	}
}

func TestReceive_TellsInWhoseVoiceAMessageSpeaks(t *testing.T) {
	w := newWorld(t)
	channel, err := w.sim.AddGroup(telegramsim.GroupOptions{Title: "News", Kind: "channel", Owner: w.owner})
	must(t, err)
	must(t, w.sim.Link(channel, w.group))
	w.settle()
	w.write(telegramsim.Post{From: w.owner, In: telegramsim.Group(channel), Text: "a post of the channel"})
	w.write(telegramsim.Post{From: w.owner, As: channel, Text: "on behalf of the channel"})
	w.write(telegramsim.Post{From: w.owner, Anonymous: true, Text: "as the group"})
	w.write(telegramsim.Post{Text: "as myself"})
	want := []core.Guise{core.Broadcast, core.Broadcast, core.Anonymous, core.Human}
	for i, a := range w.next(len(want)) {
		if a.By.Guise != want[i] {
			t.Errorf("act %d is of guise %d, want %d: %+v", i, a.By.Guise, want[i], a.By)
		}
	}
}

func TestReceive_KeepsAnAlbumTogether(t *testing.T) {
	w := newWorld(t)
	at := w.topic("Customer")
	w.settle()
	one := telegramsim.Post{From: w.anna, In: w.at, Thread: threadOf(at), Kind: "photo", Text: "both", File: &telegramsim.Upload{Name: "a.png", Data: png(t, 40, 30)}}
	two := one
	two.Text, two.File = "", &telegramsim.Upload{Name: "b.png", Data: png(t, 50, 30)}
	_, err := w.sim.SendAlbum([]telegramsim.Post{one, two})
	must(t, err)
	acts := w.next(2)
	a, b := acts[0].Body.(core.Wrote), acts[1].Body.(core.Wrote)
	if a.Group == "" || a.Group != b.Group || acts[0].Key == acts[1].Key || acts[0].Topic != at || acts[1].Topic != at {
		t.Errorf("%+v", acts)
	}
}

func TestReceive_TellsServiceMessagesApart(t *testing.T) {
	cases := []struct {
		name string
		do   func(w *world, at core.TopicRef) error
		want core.ActBody
		by   core.Guise
	}{
		{"a topic made by hand", func(w *world, _ core.TopicRef) error {
			_, err := w.sim.CreateTopic(w.anna, w.group, "By hand", "")
			return err
		}, core.TopicMade{Title: "By hand"}, core.Human},
		{"a topic made by ourselves", func(w *world, _ core.TopicRef) error {
			_, err := w.con.OpenTopic(w.ctx(), w.room, "Ours", "🔥")
			return err
		}, core.TopicMade{Title: "Ours"}, core.Self},
		{"a topic renamed by hand", func(w *world, at core.TopicRef) error {
			return w.sim.RenameTopic(w.owner, w.group, threadOf(at), "New", "")
		}, core.TopicRenamed{Title: "New"}, core.Human},
		{"a topic renamed by ourselves", func(w *world, at core.TopicRef) error {
			return w.con.EditTopic(w.ctx(), at, "New", "")
		}, core.TopicRenamed{Title: "New"}, core.Self},
		{"an icon changed by ourselves is a service line", func(w *world, at core.TopicRef) error {
			return w.con.EditTopic(w.ctx(), at, "", "🔥")
		}, core.ServiceLine{}, core.Self},
		{"a topic closed by hand", func(w *world, at core.TopicRef) error {
			return w.sim.CloseTopic(w.owner, w.group, threadOf(at))
		}, core.TopicShut{}, core.Human},
		{"a pin of ours", func(w *world, at core.TopicRef) error {
			return w.con.Pin(w.ctx(), w.show(at, "card"))
		}, core.ServiceLine{}, core.Self},
		{"a pin by hand", func(w *world, at core.TopicRef) error {
			return w.sim.Pin(w.owner, w.at, w.show(at, "card").Seq)
		}, core.ServiceLine{}, core.Human},
		{"a new title of the group", func(w *world, _ core.TopicRef) error {
			return w.sim.SetTitle(w.owner, w.group, "Team")
		}, core.ServiceLine{}, core.Human},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			at := w.topic("Customer")
			w.settle()
			must(t, c.do(w, at))
			a := w.one()
			if a.Body != c.want || a.By.Guise != c.by || a.Post.Seq == 0 {
				t.Errorf("%+v, want %+v by guise %d", a, c.want, c.by)
			}
			if _, made := c.want.(core.TopicMade); made && a.Topic.Thread == "" || !made && c.want != (core.ServiceLine{}) && a.Topic != at {
				t.Errorf("topic %+v", a.Topic)
			}
		})
	}
}

func TestReceive_OwnReopeningIsAnEcho(t *testing.T) {
	w := newWorld(t)
	at := w.topic("Customer")
	must(t, w.sim.CloseTopic(w.owner, w.group, threadOf(at)))
	w.settle()
	must(t, w.con.ReopenTopic(w.ctx(), at))
	if a := w.one(); a.Body != (core.TopicReopened{}) || a.By.Guise != core.Self || a.Topic != at {
		t.Errorf("%+v", a)
	}
	must(t, w.con.ReopenTopic(w.ctx(), at)) // done already
}

func TestReceive_EditsHaveKeysOfTheirOwn(t *testing.T) {
	w := newWorld(t)
	at := w.topic("Customer")
	w.settle()
	ref := w.write(telegramsim.Post{Thread: threadOf(at), Text: "one"})
	w.next(1)
	must(t, w.sim.Edit(w.anna, w.at, ref.Seq, "two"))
	w.next(2)
	must(t, w.sim.Edit(w.anna, w.at, ref.Seq, "three")) // within the same second
	acts := w.next(3)
	for i, want := range []string{"two", "three"} {
		a := acts[i+1]
		if b, ok := a.Body.(core.Rewrote); !ok || b.Content.Text.Body != want || a.Post != ref || a.Topic != at {
			t.Errorf("%+v", a)
		}
	}
	if acts[0].Key == acts[1].Key || acts[1].Key == acts[2].Key {
		t.Errorf("keys repeat: %q %q %q", acts[0].Key, acts[1].Key, acts[2].Key)
	}
}

func TestReceive_ReactionsAreTheWholeSet(t *testing.T) {
	w := newWorld(t)
	at := w.topic("Customer")
	w.settle()
	ref := w.show(at, "thanks!")
	must(t, w.sim.React(w.anna, w.at, ref.Seq, "👎"))
	w.next(1)
	must(t, w.sim.React(w.anna, w.at, ref.Seq))
	acts := w.next(2)
	if b := acts[0].Body.(core.Signed); !slices.Equal(b.Emoji, []string{"👎"}) || acts[0].Post != ref || acts[0].By.Username != "anna" {
		t.Errorf("%+v", acts[0])
	}
	if b := acts[1].Body.(core.Signed); len(b.Emoji) != 0 || acts[0].Key == acts[1].Key {
		t.Errorf("%+v", acts[1])
	}
}

func TestReceive_MembersComeAndGo(t *testing.T) {
	w := newWorld(t).settle()
	boris := w.sim.AddUser(telegramsim.Person{FirstName: "Boris"})
	must(t, w.sim.Join(boris, w.group, boris))
	w.drain()
	must(t, w.sim.Promote(w.owner, w.group, boris))
	w.drain()
	must(t, w.sim.Leave(boris, w.group))
	w.drain()
	var last core.Membership
	seen := map[[2]bool]bool{}
	for _, a := range w.desk.acts() {
		m, ok := a.Body.(core.Membership)
		if !ok || a.By.Name != "Boris" || len(m.Missing) != 0 {
			t.Fatalf("%+v", a)
		}
		last = m
		seen[[2]bool{m.Present, m.Admin}] = true
	}
	if last.Present || !seen[[2]bool{true, false}] || !seen[[2]bool{true, true}] {
		t.Errorf("standings %+v, last %+v", seen, last)
	}
}

func TestReceive_NamesTheRightsTheBotLost(t *testing.T) {
	cases := []struct {
		name   string
		do     func(w *world) error
		gone   bool
		wanted []string
	}{
		{"one right taken", func(w *world) error {
			return w.sim.Promote(w.owner, w.group, w.botID, "can_manage_topics", "can_delete_messages")
		}, false, []string{"can_pin_messages"}},
		{
			"demoted", func(w *world) error { return w.sim.Demote(w.owner, w.group, w.botID) }, false,
			[]string{"admin", "can_manage_topics", "can_delete_messages", "can_pin_messages"},
		},
		{
			"removed", func(w *world) error { return w.sim.Remove(w.owner, w.group, w.botID) }, true,
			[]string{"admin", "can_manage_topics", "can_delete_messages", "can_pin_messages"},
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t).settle()
			must(t, c.do(w))
			w.wait("the standing", func() bool { return len(w.desk.acts()) > 0 })
			a := w.desk.acts()[0]
			m, ok := a.Body.(core.Membership)
			if !ok || a.By.Guise != core.Self || m.Present == c.gone || !slices.Equal(m.Missing, c.wanted) {
				t.Errorf("%+v", a)
			}
		})
	}
}

func TestReceive_FollowsAMigratedGroup(t *testing.T) {
	w := newWorld(t)
	old, err := w.sim.AddGroup(telegramsim.GroupOptions{Title: "Old", Kind: "group", Owner: w.owner, Bots: []int64{w.botID}, Members: []int64{w.anna}})
	must(t, err)
	w.setGroup(old)
	w.settle()
	id, err := w.sim.Migrate(w.owner, old)
	must(t, err)
	w.write(telegramsim.Post{In: telegramsim.Group(id), Text: "after the move"}) // before Rooms names it
	w.drain()
	acts := w.desk.acts()
	if m, ok := acts[0].Body.(core.Moved); !ok || acts[0].Topic.Room != w.room || m.To != itoa(id) {
		t.Errorf("%+v", acts[0])
	}
	for _, a := range acts[1 : len(acts)-1] {
		if a.Key != acts[0].Key {
			t.Errorf("a second move has a key of its own: %+v", a)
		}
	}
	if last := acts[len(acts)-1]; last.Topic.Room != itoa(id) {
		t.Errorf("%+v", last)
	}
	_, err = w.con.Show(w.ctx(), core.Post{Topic: core.TopicRef{Room: w.room}, Content: core.Content{Text: core.Plain("x")}})
	if e := reason(t, err, core.RoomMoved); e.Detail != itoa(id) {
		t.Errorf("detail %q", e.Detail)
	}
}

func TestReceive_IgnoresForeignGroupsAndSaysSoOnce(t *testing.T) {
	w := newWorld(t)
	foreign := w.sim.AddForum("Foreign", w.owner, w.botID)
	w.settle()
	w.write(telegramsim.Post{From: w.owner, In: telegramsim.Group(foreign), Text: "a secret of theirs"})
	w.write(telegramsim.Post{From: w.owner, In: telegramsim.Group(foreign), Text: "another"})
	w.drain()
	if acts := w.desk.acts(); len(acts) != 0 {
		t.Errorf("%+v", acts)
	}
	if n := strings.Count(w.logged(), itoa(foreign)); n != 1 || strings.Contains(w.logged(), "secret") {
		t.Errorf("logged %d times:\n%s", n, w.logged())
	}
}

func TestReceive_AnOperatorsOwnChatIsARoom(t *testing.T) {
	w := newWorld(t, func(w *world, o *console.Options) {
		o.IsOperator = func(_ context.Context, p core.PersonID) (bool, error) { return string(p) == itoa(w.anna), nil }
	})
	stranger := w.sim.AddUser(telegramsim.Person{FirstName: "Customer"})
	w.settle()
	w.write(telegramsim.Post{From: stranger, In: telegramsim.Private(w.botID, stranger), Text: "not yours"})
	ref := w.write(telegramsim.Post{In: telegramsim.Private(w.botID, w.anna), Text: "/list"})
	a := w.one()
	if !a.Private || a.Topic != (core.TopicRef{Room: itoa(w.anna)}) || a.Post != ref || a.By.Guise != core.Human || a.Body.(core.Wrote).Content.Text.Body != "/list" {
		t.Errorf("%+v", a)
	}
	s, err := w.con.Show(w.ctx(), core.Post{Topic: a.Topic, ReplyTo: a.Post, Content: core.Content{Text: core.Plain("nobody waits")}})
	must(t, err)
	if m, ok := w.sim.Message(telegramsim.Private(w.botID, w.anna), s.Posts[0].Seq); !ok || m.ReplyTo != ref.Seq {
		t.Errorf("%+v", m)
	}
}

func TestReceive_WhoseOwnChatItIsIsNotGuessed(t *testing.T) {
	var asked atomic.Int32
	w := newWorld(t, func(w *world, o *console.Options) {
		o.IsOperator = func(_ context.Context, p core.PersonID) (bool, error) {
			if asked.Add(1) == 1 {
				return false, errors.New("the store cannot be read")
			}
			return string(p) == itoa(w.anna), nil
		}
	})
	w.settle()
	w.write(telegramsim.Post{In: telegramsim.Private(w.botID, w.anna), Text: "/list"})
	w.wait("it to come again", func() bool { w.clock.Advance(5 * time.Second); return len(w.desk.acts()) > 0 })
	if a := w.desk.acts()[0]; !a.Private || a.Body.(core.Wrote).Content.Text.Body != "/list" {
		t.Errorf("%+v", a)
	}
}

func TestReceive_HandsOverABatchAtOnceAndAgainWhenItWasNotStored(t *testing.T) {
	w := newWorld(t)
	at := w.topic("Customer")
	w.settle()
	w.desk.mu.Lock()
	w.desk.refuse = []error{errors.New("disk full")}
	w.desk.mu.Unlock()
	w.write(telegramsim.Post{Thread: threadOf(at), Text: "one"})
	w.wait("the refusal", func() bool {
		w.desk.mu.Lock()
		defer w.desk.mu.Unlock()
		return slices.Contains(w.desk.order, "refused")
	})
	w.write(telegramsim.Post{Thread: threadOf(at), Text: "two"})
	w.wait("a pause", func() bool { w.clock.Advance(5 * time.Second); return len(w.desk.acts()) > 0 })
	acts := w.next(2)
	if len(w.desk.batches) != 1 || acts[0].Body.(core.Wrote).Content.Text.Body != "one" {
		t.Errorf("%d batches: %+v", len(w.desk.batches), acts)
	}
}

func TestReceive_TellsOfAGap(t *testing.T) {
	w := newWorld(t)
	second := itoa(w.sim.AddForum("Second", w.owner, w.botID))
	w.rooms = func() []string { return []string{w.room, second} }
	from := w.clock.Now().Add(-50 * time.Hour)
	w.cursors.m[w.con.Account()] = core.Cursor{Value: "", At: from}
	w.run()
	w.drain()
	a := w.desk.acts()[0]
	b, ok := a.Body.(core.Blind)
	if !ok || a.Topic.Room != w.room || !b.From.Equal(from) || b.To.Before(from) {
		t.Errorf("%+v", a)
	}
	for _, other := range w.desk.acts()[1:] {
		if _, again := other.Body.(core.Blind); again {
			t.Errorf("told twice: %+v", other)
		}
	}
}

func TestRun_RefusesTheSecondCallAndARevokedToken(t *testing.T) {
	w := newWorld(t).run()
	if err := w.con.Run(w.ctx(), w.desk); err == nil {
		t.Error("a second Run is taken")
	}
	v := newWorld(t)
	_, err := v.sim.RevokeToken(v.botID)
	must(t, err)
	err = v.con.Run(v.ctx(), v.desk)
	reason(t, err, core.BadConfig)
	if strings.Contains(err.Error(), v.token) || strings.Contains(v.logged(), v.token[8:]) {
		t.Error("the token shows")
	}
}

func TestRun_OnASharedBotWaitsForItsOwner(t *testing.T) {
	w := newWorld(t, func(_ *world, o *console.Options) { o.Shared = true })
	ctx, cancel := context.WithCancel(w.ctx())
	polled := make(chan error, 1)
	go func() { polled <- w.bot.Run(ctx) }() // before the console has a desk
	ran := make(chan error, 1)
	w.write(telegramsim.Post{Text: "early"})
	go func() { ran <- w.con.Run(ctx, w.desk) }()
	w.wait("the early message", func() bool {
		return slices.ContainsFunc(w.desk.acts(), func(a core.Act) bool { _, ok := a.Body.(core.Wrote); return ok })
	})
	cancel()
	must(t, <-ran)
	must(t, <-polled)
}
