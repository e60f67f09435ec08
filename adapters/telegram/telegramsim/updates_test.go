package telegramsim

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"
)

func (w *world) say(text string) int64 {
	w.t.Helper()
	id, err := w.Send(Post{From: w.anna, In: Private(w.bot, w.anna), Text: text})
	if err != nil {
		w.t.Fatal(err)
	}
	return id
}

func (w *world) peek(a args) []gotUpdate {
	w.t.Helper()
	raw, ref := w.try(w.token, "getUpdates", a)
	if ref != nil {
		w.t.Fatal(ref)
	}
	var us []gotUpdate
	_ = json.Unmarshal(raw, &us)
	return us
}

func TestGetUpdates_OffsetConfirmsAndNegativeKeepsTheNewest(t *testing.T) {
	w := newWorld(t)
	w.updates(nil)
	for _, s := range []string{"1", "2", "3", "4", "5"} {
		w.say(s)
	}
	us := w.peek(args{"limit": 2})
	if len(us) != 2 || *us[0].Message.Text != "1" || us[1].ID != us[0].ID+1 {
		t.Fatalf("first two: %+v", us)
	}
	if again := w.peek(args{}); len(again) != 5 {
		t.Errorf("without an offset %d updates, want all 5 again", len(again))
	}
	if rest := w.peek(args{"offset": us[1].ID}); len(rest) != 4 || rest[0].ID != us[1].ID {
		t.Errorf("offset hands over %d updates, want 4 from itself on", len(rest))
	}
	if far := w.peek(args{"offset": us[0].ID + 1000}); len(far) != 4 {
		t.Errorf("an offset far ahead gives %d updates, want it ignored", len(far))
	}
	if last := w.peek(args{"offset": -2}); len(last) != 2 || *last[0].Message.Text != "4" {
		t.Errorf("offset -2: %+v", last)
	}
	if left := w.peek(args{}); len(left) != 2 {
		t.Errorf("a negative offset must forget the older: %d left", len(left))
	}
}

func TestGetUpdates_DropsAfterADayAndRestartsIDsAfterAWeek(t *testing.T) {
	w := newWorld(t)
	before := w.updates(nil)
	w.say("old")
	w.clock.move(23 * time.Hour)
	w.say("new")
	w.clock.move(2 * time.Hour)
	us := w.updates(nil)
	if len(us) != 1 || *us[0].Message.Text != "new" {
		t.Fatalf("after a day: %+v", us)
	}
	if d := us[0].ID - before[len(before)-1].ID; d != 2 {
		t.Errorf("ids grow by %d, want 2", d)
	}
	w.clock.move(8 * 24 * time.Hour)
	w.say("after a week")
	next := w.updates(nil)
	if len(next) != 1 || next[0].ID == us[0].ID+1 {
		t.Errorf("ids must restart after a week: %d then %d", us[0].ID, next[0].ID)
	}
}

func TestGetUpdates_AllowedUpdatesCountWhenAnUpdateIsMade(t *testing.T) {
	w := newWorld(t)
	m := w.must("sendMessage", args{"chat_id": w.anna, "text": "x"})
	at := Private(w.bot, w.anna)
	react := func(e ...string) {
		if err := w.React(w.anna, at, m.ID, e...); err != nil {
			t.Fatal(err)
		}
	}
	w.updates(nil)
	react("👍")
	if us := w.updates(nil); len(us) != 0 {
		t.Errorf("reactions must be asked for: %+v", us)
	}
	w.updates(args{"allowed_updates": []string{"message", "message_reaction"}})
	react("🔥")
	w.say("hi")
	us := w.updates(nil) // absent: the list stays
	if len(us) != 2 || us[0].Reaction == nil || us[0].Reaction.Old[0].Emoji != "👍" || us[0].Reaction.New[0].Emoji != "🔥" {
		t.Fatalf("asked for: %+v", us)
	}
	w.updates(args{"allowed_updates": []string{"callback_query"}})
	w.say("not asked for")
	w.updates(args{"allowed_updates": []string{}})
	react()
	w.say("default again")
	if us := w.updates(nil); len(us) != 1 || us[0].Message == nil || *us[0].Message.Text != "default again" {
		t.Errorf("empty list is the default: %+v", us)
	}
	w.updates(args{"allowed_updates": []string{"message_reaction"}})
	w.must("setMessageReaction", args{"chat_id": w.anna, "message_id": m.ID, "reaction": []args{{"type": "emoji", "emoji": "👀"}}})
	if us := w.updates(nil); len(us) != 0 {
		t.Errorf("a bot's own reaction must not come back: %+v", us)
	}
}

func TestGetUpdates_WaitsForAnUpdateOrItsTime(t *testing.T) {
	w := newWorld(t)
	w.updates(nil)
	type answer struct {
		us  []gotUpdate
		ref *Refusal
	}
	poll := func(a args) chan answer {
		out := make(chan answer, 1)
		go func() {
			raw, ref, err := w.do(context.Background(), w.token, "getUpdates", a)
			var us []gotUpdate
			if err == nil {
				_ = json.Unmarshal(raw, &us)
			}
			out <- answer{us, ref}
		}()
		return out
	}
	first := poll(args{"timeout": 30})
	w.clock.waiting(t, 1)
	w.say("wake up")
	if a := <-first; len(a.us) != 1 {
		t.Fatalf("woken with %+v", a)
	}
	w.updates(nil)
	second := poll(args{"timeout": 30})
	w.clock.waiting(t, 1)
	w.clock.move(30 * time.Second)
	if a := <-second; len(a.us) != 0 || a.ref != nil {
		t.Errorf("timed out with %+v", a)
	}
	third := poll(args{"timeout": 30})
	w.clock.waiting(t, 1)
	fourth := poll(args{"timeout": 30})
	a := <-third
	if a.ref == nil || a.ref.Code != 409 || !strings.Contains(a.ref.Description, "Conflict: terminated by other getUpdates request") {
		t.Errorf("the older of two pollers: %+v", a)
	}
	w.clock.waiting(t, 1)
	w.must("setWebhook", args{"url": "https://127.0.0.1:1/hook"})
	w.clock.move(4 * time.Second) // a second 409 is held back for a while
	if a := <-fourth; a.ref == nil || !strings.Contains(a.ref.Description, "terminated by setWebhook") {
		t.Errorf("a poller and a webhook: %+v", a)
	}
	w.clock.move(4 * time.Second)
	w.refused(409, "Conflict: can't use getUpdates method while webhook is active", "getUpdates", args{})
	w.must("deleteWebhook", args{})
	w.updates(nil)
}

func TestDelivery_OwnMessagesStayAwayOwnServiceMessagesCome(t *testing.T) {
	w := newWorld(t, knob(func(k *Knobs) { k.GroupMessages = 0 }))
	other, otherID, _ := w.MakeBot(BotOptions{Name: "Other", Username: "other_bot"})
	if err := w.Join(w.boris, w.forum, otherID); err != nil {
		t.Fatal(err)
	}
	w.updates(nil)
	id := w.topic("A")
	m := w.must("sendMessage", args{"chat_id": w.forum, "message_thread_id": id, "text": "mine"})
	w.must("editMessageText", args{"chat_id": w.forum, "message_id": m.ID, "text": "edited"})
	w.must("pinChatMessage", args{"chat_id": w.forum, "message_id": m.ID})
	w.must("editForumTopic", args{"chat_id": w.forum, "message_thread_id": id, "name": "B"})
	w.must("closeForumTopic", args{"chat_id": w.forum, "message_thread_id": id})
	w.must("reopenForumTopic", args{"chat_id": w.forum, "message_thread_id": id})
	var kinds []string
	for _, u := range w.updates(nil) {
		switch m := u.Message; {
		case m.TopicCreated != nil:
			kinds = append(kinds, "created")
		case m.Pinned != nil:
			kinds = append(kinds, "pinned")
		case m.TopicEdited != nil:
			kinds = append(kinds, "edited "+m.TopicEdited.Name)
		case m.TopicClosed != nil:
			kinds = append(kinds, "closed")
		case m.TopicReopened != nil:
			kinds = append(kinds, "reopened")
		default:
			kinds = append(kinds, "something else")
		}
		if u.Message.From.ID != w.bot || u.Message.Thread != id {
			t.Errorf("%+v is not from the bot in its topic", u.Message)
		}
	}
	if got := strings.Join(kinds, ", "); got != "created, pinned, edited B, closed, reopened" {
		t.Errorf("the bot got %q", got)
	}
	raw, _ := w.try(other, "getUpdates", args{"timeout": 0})
	if strings.Contains(string(raw), `"mine"`) && !strings.Contains(string(raw), "pinned_message") {
		t.Errorf("another bot's message came: %s", raw)
	}
}

func TestDelivery_AnonymousAdminsChannelsAndLinkedPostsAreMarked(t *testing.T) {
	w := newWorld(t)
	channel, _ := w.AddGroup(GroupOptions{Title: "News", Kind: "channel", Owner: w.boris})
	if err := w.Link(channel, w.forum); err != nil {
		t.Fatal(err)
	}
	w.updates(nil)
	for _, p := range []Post{
		{From: w.boris, In: Group(w.forum), Text: "anonymous", Anonymous: true},
		{From: w.boris, In: Group(w.forum), Text: "as channel", As: channel},
		{From: w.boris, In: Group(channel), Text: "linked"},
	} {
		if _, err := w.Send(p); err != nil {
			t.Fatal(err)
		}
	}
	us := w.updates(nil)
	if len(us) != 3 {
		t.Fatalf("updates: %+v", us)
	}
	for i, want := range []struct{ from, chat int64 }{{anonymousAdminID, w.forum}, {channelBotID, channel}, {serviceID, channel}} {
		m := us[i].Message
		if m.From.ID != want.from || m.SenderChat == nil || m.SenderChat.ID != want.chat {
			t.Errorf("%s: from %d, sender_chat %+v", *m.Text, m.From.ID, m.SenderChat)
		}
	}
	if m := us[2].Message; !m.AutoForward || m.Origin == nil || m.Origin.Type != "channel" {
		t.Errorf("linked post: %+v", m)
	}
}
