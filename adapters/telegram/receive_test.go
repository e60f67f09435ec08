package telegram

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"parom/adapters/telegram/botapi"
	"parom/core"
)

// message decodes a message of customer 7 with the given fields.
func message(t *testing.T, fields string) *botapi.Message {
	t.Helper()
	raw := `{"message_id":5,"date":1700000000,"chat":{"id":7,"type":"private","first_name":"Ольга"},"from":{"id":7,"first_name":"Ольга","last_name":"Орлова","username":"olga","language_code":"ru"}`
	if fields != "" {
		raw += "," + fields
	}
	var m botapi.Message
	if err := json.Unmarshal([]byte(raw+"}"), &m); err != nil {
		t.Fatal(err)
	}
	return &m
}

const holder = "telegram:1"

func TestContent_NamesEveryKindOfMessage(t *testing.T) {
	file := func(a core.Attachment) core.Content {
		a.Holder, a.Source = holder, "7:5"
		return core.Content{Attachments: []core.Attachment{a}}
	}
	card := func(a core.Attachment) core.Content {
		a.Source = "7:5"
		return core.Content{Attachments: []core.Attachment{a}}
	}
	unsupported := func(name, words string) core.Content {
		c := card(core.Attachment{Kind: core.Unsupported, Name: name})
		c.Text = core.Plain(words)
		return c
	}
	for _, c := range []struct {
		fields string
		want   core.Content
	}{
		{`"text":"да"`, core.Content{Text: core.Plain("да")}},
		{
			`"photo":[{"file_id":"s","file_unique_id":"u","width":90,"height":60,"file_size":5},{"file_id":"l","file_unique_id":"v","width":1280,"height":853,"file_size":99}],"has_media_spoiler":true`,
			file(core.Attachment{Kind: core.Photo, MIME: "image/jpeg", SizeBytes: 99, Width: 1280, Height: 853, Locator: "l", Spoiler: true}),
		},
		{
			`"live_photo":{"file_id":"v","file_unique_id":"u","width":9,"height":8,"duration":3,"photo":[{"file_id":"p","file_unique_id":"v","width":9,"height":8}]}`,
			file(core.Attachment{Kind: core.Photo, MIME: "image/jpeg", Width: 9, Height: 8, Locator: "p"}),
		},
		{
			`"video":{"file_id":"v","file_unique_id":"u","width":9,"height":8,"duration":3,"file_name":"a.mp4","mime_type":"video/mp4","file_size":3000000000}`,
			file(core.Attachment{Kind: core.Video, Name: "a.mp4", MIME: "video/mp4", SizeBytes: 3000000000, Duration: 3 * time.Second, Width: 9, Height: 8, Locator: "v"}),
		},
		{
			`"audio":{"file_id":"a","file_unique_id":"u","duration":61,"performer":"Кино","title":"Группа крови","mime_type":"audio/mpeg"}`,
			file(core.Attachment{Kind: core.Audio, Name: "Кино — Группа крови", MIME: "audio/mpeg", Duration: 61 * time.Second, Locator: "a"}),
		},
		{
			`"voice":{"file_id":"a","file_unique_id":"u","duration":4,"mime_type":"audio/ogg","file_size":77}`,
			file(core.Attachment{Kind: core.Voice, MIME: "audio/ogg", SizeBytes: 77, Duration: 4 * time.Second, Locator: "a"}),
		},
		{
			`"video_note":{"file_id":"n","file_unique_id":"u","length":240,"duration":4}`,
			file(core.Attachment{Kind: core.VideoNote, MIME: "video/mp4", Duration: 4 * time.Second, Width: 240, Height: 240, Locator: "n"}),
		},
		{
			`"sticker":{"file_id":"s","file_unique_id":"u","type":"regular","width":512,"height":512,"is_animated":true,"is_video":false,"emoji":"😎","set_name":"cats"}`,
			file(core.Attachment{Kind: core.Sticker, Name: "cats", MIME: "application/x-tgsticker", Width: 512, Height: 512, Locator: "s", Emoji: "😎"}),
		},
		{
			`"animation":{"file_id":"g","file_unique_id":"u","width":9,"height":8,"duration":1,"file_name":"cat.gif"},"document":{"file_id":"d","file_unique_id":"u"}`,
			file(core.Attachment{Kind: core.Animation, Name: "cat.gif", Duration: time.Second, Width: 9, Height: 8, Locator: "g"}),
		},
		{
			`"document":{"file_id":"d","file_unique_id":"u","file_name":"a.pdf","mime_type":"application/pdf","file_size":12}`,
			file(core.Attachment{Kind: core.Document, Name: "a.pdf", MIME: "application/pdf", SizeBytes: 12, Locator: "d"}),
		},
		{`"location":{"latitude":59.9,"longitude":30.3,"live_period":600}`, card(core.Attachment{Kind: core.Location, Lat: 59.9, Lon: 30.3})},
		{
			`"location":{"latitude":1,"longitude":2},"venue":{"location":{"latitude":59.9,"longitude":30.3},"title":"Кафе","address":"Невский, 1"}`,
			card(core.Attachment{Kind: core.Location, Name: "Кафе", Address: "Невский, 1", Lat: 59.9, Lon: 30.3}),
		},
		{
			`"contact":{"phone_number":"79990001122","first_name":"Ольга","user_id":7}`,
			card(core.Attachment{Kind: core.ContactCard, Name: "Ольга", Phone: "+79990001122", Owner: "7"}),
		},
		{
			`"contact":{"phone_number":"+7 999 000-11-22","first_name":"Пётр","last_name":"П","user_id":8}`,
			card(core.Attachment{Kind: core.ContactCard, Name: "Пётр П", Phone: "+79990001122"}),
		},
		{
			`"poll":{"id":"1","question":"Когда?","options":[{"text":"утром","voter_count":0},{"text":"днём","voter_count":0}],"type":"regular"}`,
			card(core.Attachment{Kind: core.Poll, Name: "Когда?", Options: []string{"утром", "днём"}}),
		},
		{`"dice":{"emoji":"🎯","value":6}`, core.Content{Text: core.Plain("🎯 6")}},
		{`"story":{"chat":{"id":9,"type":"channel","title":"Лавка"},"id":3}`, unsupported("story", "Лавка")},
		{`"game":{"title":"Змейка","description":"Ешьте яблоки","photo":[]}`, unsupported("game", "Змейка\nЕшьте яблоки")},
		{`"checklist":{"title":"Купить","tasks":[{"id":1,"text":"хлеб"},{"id":2,"text":"соль","completion_date":5}]}`, unsupported("checklist", "Купить\n☐ хлеб\n☑ соль")},
		{`"giveaway":{"winners_selection_date":1,"winner_count":2,"prize_description":"чайник","chats":[]}`, unsupported("giveaway", "чайник")},
		{`"giveaway_winners":{"winner_count":1}`, unsupported("giveaway_winners", "")},
		{`"paid_media":{"star_count":5,"paid_media":[]},"caption":"платное"`, unsupported("paid_media", "платное")},
		{`"invoice":{"title":"Счёт","description":"за март","currency":"RUB"}`, unsupported("invoice", "Счёт\nза март")},
		{`"hologram":{"of":"the future"}`, unsupported("hologram", "")},
	} {
		m := message(t, c.fields)
		t.Run(m.Content()+" "+c.want.Text.Body, func(t *testing.T) {
			if d := cmp.Diff(c.want, Content(m, holder)); d != "" {
				t.Error(d)
			}
		})
	}
}

// events converts one update given by its field and that field's content.
func events(t *testing.T, kind, fields string) []core.Event {
	t.Helper()
	u := botapi.DecodeUpdate(json.RawMessage(`{"update_id":1,"` + kind + `":` + fields + `}`))
	if u.Err != nil {
		t.Fatal(u.Err)
	}
	return Events(holder, &u, noon)
}

func posting(fields string) string {
	return `{"message_id":5,"date":1700000000,"chat":{"id":7,"type":"private"},"from":{"id":7,"first_name":"Ольга","username":"olga","language_code":"ru"},` + fields + `}`
}

func TestEvents_AMessageOfACustomer(t *testing.T) {
	got := events(t, "message", posting(`"text":"да","media_group_id":"g1","reply_to_message":{"message_id":3,"date":1,"chat":{"id":7,"type":"private"}},`+
		`"quote":{"text":"слово","position":2,"is_manual":true},"forward_origin":{"type":"hidden_user","sender_user_name":"Пётр","date":1}`))
	want := []core.Event{{
		Key: "telegram:1:7:5", Group: "g1", At: time.Unix(1700000000, 0), Remote: "7:5",
		From: core.Peer{ID: "7", Name: "Ольга", Username: "olga", Language: "ru", Link: "https://t.me/olga"},
		Body: core.Posted{Content: core.Content{Text: core.Plain("да")}, Forwarded: "Пётр", ReplyTo: &core.Reference{Remote: "7:3", Fragment: "слово"}},
	}}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestEvents_StartOpensTheConversation(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"/start", "start:"},
		{"/start ad-7_X", "start:ad-7_X"},
		{"/start@lavka_bot ad", "start:ad"},
		{"/start ", "start:"},
		{"/start хочу купить", "text"},
		{"/started", "text"},
		{"start", "text"},
		{"/start a b", "text"},
	} {
		es := events(t, "message", posting(fmt.Sprintf(`"text":%q`, c.text)))
		got := "text"
		if s, ok := es[0].Body.(core.Started); ok {
			got = "start:" + s.Source
			if es[0].Remote != "" {
				t.Errorf("%q can be referred to as %s although nobody sees it", c.text, es[0].Remote)
			}
		}
		if got != c.want {
			t.Errorf("%q is %s, want %s", c.text, got, c.want)
		}
	}
}

func TestEvents_OnlyOnesOwnNumberIsProven(t *testing.T) {
	for _, c := range []struct{ name, fields, want string }{
		{"own", `"contact":{"phone_number":"79990001122","first_name":"О","user_id":7}`, "+79990001122"},
		{"another's", `"contact":{"phone_number":"79990001122","first_name":"О","user_id":8}`, ""},
		{"nobody's", `"contact":{"phone_number":"79990001122","first_name":"О"}`, ""},
		{"own, but forwarded", `"contact":{"phone_number":"79990001122","first_name":"О","user_id":7},"forward_origin":{"type":"hidden_user","sender_user_name":"x","date":1}`, ""},
	} {
		if got := events(t, "message", posting(c.fields))[0].From.Phone; got != c.want {
			t.Errorf("%s: phone %q, want %q", c.name, got, c.want)
		}
	}
}

func TestEvents_AnAnswerToAnotherChatIsQuotedInTheText(t *testing.T) {
	for _, c := range []struct{ fields, want string }{
		{`"text":"почём?","external_reply":{"origin":{"type":"channel","date":1,"chat":{"id":-1,"type":"channel","title":"Витрина"},"message_id":4},"photo":[]},"quote":{"text":"чайник","position":0}`, "Витрина: чайник\nпочём?"},
		{`"text":"почём?","external_reply":{"origin":{"type":"user","date":1,"sender_user":{"id":9,"first_name":"Пётр"}},"photo":[{"file_id":"a","file_unique_id":"b","width":1,"height":1}]}`, "Пётр: 🖼\nпочём?"},
		{`"text":"ого","reply_to_story":{"chat":{"id":9,"type":"channel","title":"Лавка"},"id":2}`, "Лавка: 📖\nого"},
	} {
		e := events(t, "message", posting(c.fields))[0].Body.(core.Posted)
		if e.Content.Text.Body != c.want || e.ReplyTo != nil {
			t.Errorf("%q answering %v, want %q", e.Content.Text.Body, e.ReplyTo, c.want)
		}
		if s := e.Content.Text.Spans; len(s) != 1 || s[0].Style != core.Quote || s[0].Length != strings.Index(c.want, "\n") {
			t.Errorf("%q is styled %+v, want its first line quoted", c.want, s)
		}
	}
}

func TestEvents_EachVersionOfAMessageHasItsKey(t *testing.T) {
	keys := map[string]string{}
	for _, fields := range []string{
		`"text":"раз","edit_date":1700000100`, `"text":"два","edit_date":1700000100`, `"text":"раз","edit_date":1700000200`,
		`"text":"раз","entities":[{"type":"bold","offset":0,"length":3}],"edit_date":1700000100`,
	} {
		e := events(t, "edited_message", posting(fields))[0]
		if _, ok := e.Body.(core.Edited); !ok || e.Remote != "7:5" {
			t.Fatalf("%+v is no edit of 7:5", e)
		}
		if other, taken := keys[e.Key]; taken {
			t.Errorf("%s and %s share %s", fields, other, e.Key)
		}
		keys[e.Key] = fields
		if again := events(t, "edited_message", posting(fields))[0]; again.Key != e.Key {
			t.Errorf("the same version has keys %s and %s", e.Key, again.Key)
		}
	}
}

func TestEvents_AMovingLocationIsNoNews(t *testing.T) {
	if es := events(t, "edited_message", posting(`"edit_date":2,"location":{"latitude":1,"longitude":2,"live_period":600}`)); len(es) != 0 {
		t.Errorf("%+v", es)
	}
	if es := events(t, "edited_message", posting(`"edit_date":2,"location":{"latitude":1,"longitude":2}`)); len(es) != 1 {
		t.Errorf("its end gave %d events, want the last place", len(es))
	}
}

func TestEvents_WhatIsNotAMessage(t *testing.T) {
	member := func(was, is string) string {
		return fmt.Sprintf(`{"chat":{"id":7,"type":"private"},"from":{"id":7,"first_name":"О"},"date":3,"old_chat_member":{"status":%q,"user":{"id":1}},"new_chat_member":{"status":%q,"user":{"id":1}}}`, was, is)
	}
	reaction := func(list string) string {
		return `{"chat":{"id":7,"type":"private"},"message_id":4,"user":{"id":7,"first_name":"О"},"date":3,"old_reaction":[],"new_reaction":[` + list + `]}`
	}
	for _, c := range []struct {
		name, kind, fields string
		want               core.EventBody
		remote             core.RemoteID
	}{
		{"blocked", "my_chat_member", member("member", "kicked"), core.Reachable{Reason: "kicked"}, ""},
		{"let in again", "my_chat_member", member("kicked", "member"), core.Reachable{Now: true}, ""},
		{"a reaction", "message_reaction", reaction(`{"type":"emoji","emoji":"👍"},{"type":"custom_emoji","custom_emoji_id":"1"},{"type":"paid"}`), core.Reacted{Emoji: []string{"👍", "❔", "⭐"}}, "7:4"},
		{"no reaction any more", "message_reaction", reaction(""), core.Reacted{}, "7:4"},
		{"a button", "callback_query", `{"id":"9","data":"yes","chat_instance":"1","from":{"id":7,"first_name":"О"},"message":{"message_id":4,"date":0,"chat":{"id":7,"type":"private"}}}`, core.Pressed{Button: "yes"}, "7:4"},
	} {
		t.Run(c.name, func(t *testing.T) {
			es := events(t, c.kind, c.fields)
			if len(es) != 1 {
				t.Fatalf("%d events", len(es))
			}
			if d := cmp.Diff(c.want, es[0].Body); d != "" || es[0].Remote != c.remote || es[0].From.ID != "7" {
				t.Errorf("about %q from %q: %s", es[0].Remote, es[0].From.ID, d)
			}
		})
	}
}

func TestEvents_ServiceLinesSayNothing(t *testing.T) {
	for _, fields := range []string{
		`"pinned_message":{"message_id":2,"date":1,"chat":{"id":7,"type":"private"},"text":"x"}`,
		`"message_auto_delete_timer_changed":{"message_auto_delete_time":86400}`, `"write_access_allowed":{}`, `"chat_background_set":{}`,
	} {
		if es := events(t, "message", posting(fields)); len(es) != 0 {
			t.Errorf("%s became %+v", fields, es)
		}
	}
}

func TestEvents_AnUnreadableMessageIsStillAMessage(t *testing.T) {
	u := botapi.DecodeUpdate(json.RawMessage(`{"update_id":2,"message":{"message_id":8,"date":1700000000,"chat":{"id":7,"type":"private"},"from":{"id":7,"first_name":"Ольга"},"text":5}}`))
	if u.Err == nil {
		t.Fatal("it could be decoded")
	}
	es := Events(holder, &u, noon)
	if len(es) != 1 || es[0].Key != "telegram:1:7:8" || es[0].From.Name != "Ольга" || !es[0].At.Equal(time.Unix(1700000000, 0)) {
		t.Fatalf("%+v", es)
	}
	if a := es[0].Body.(core.Posted).Content.Attachments; len(a) != 1 || a[0].Kind != core.Unsupported {
		t.Errorf("attachments %+v, want one unsupported", a)
	}
}

// box is an inbox that remembers.
type box struct {
	mu     sync.Mutex
	bound  string
	events []core.Event
	fail   error
}

func (b *box) Bind(_ context.Context, _ core.ChannelID, account string) error {
	b.bound = account
	return nil
}

func (b *box) Deliver(_ context.Context, _ core.ChannelID, es []core.Event) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.fail != nil {
		return b.fail
	}
	b.events = append(b.events, es...)
	return nil
}

func adapterOn(t *testing.T, r *rig) *Adapter {
	t.Helper()
	a, err := New(Config{}, Deps{ID: "tg-shop", Clock: r.clock, Log: slog.New(slog.NewTextHandler(r.log, nil)), Media: noMedia{}, Bot: r.Bot})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestRun_OnASharedBotLendsTheInboxOnly(t *testing.T) {
	r := newRig(t, updates(text(1, 1, "да"), groupText(2, 1, "группе")))
	groups := &taken{}
	r.OnGroups(groups.handler)
	a, in := adapterOn(t, r), &box{}
	r.start(t)
	r.script.awaitPolls(t, 1)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- a.Run(ctx, in) }()
	r.script.awaitPolls(t, 1)
	if in.bound != "telegram:424242" || len(in.events) != 1 || in.events[0].Remote != "7:1" {
		t.Errorf("bound to %q, delivered %+v", in.bound, in.events)
	}
	if got := groups.list(); len(got) != 1 {
		t.Errorf("the group got %v", got)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("Run: %v", err)
	}
	if err := a.receive(t.Context(), nil); err == nil {
		t.Error("a stopped channel takes updates and stores them nowhere")
	}
}

func TestReceive_AnswersAButtonOnceItIsStored(t *testing.T) {
	press := `{"update_id":1,"callback_query":{"id":"77","data":"yes","chat_instance":"1","from":{"id":7,"first_name":"О"},"message":{"message_id":4,"date":0,"chat":{"id":7,"type":"private"}}}}`
	r := newRig(t)
	var mu sync.Mutex
	var answered []string
	r.script.other = func(method string, form url.Values) string {
		mu.Lock()
		defer mu.Unlock()
		answered = append(answered, method+" "+form.Get("callback_query_id"))
		return `{"ok":true,"result":true}`
	}
	a, in := adapterOn(t, r), &box{fail: errors.New("disk full")}
	a.inbox = in
	us := []botapi.Update{botapi.DecodeUpdate(json.RawMessage(press))}
	if err := a.receive(t.Context(), us); err == nil || len(answered) != 0 {
		t.Errorf("%v, answered %v before it was stored", err, answered)
	}
	in.fail = nil
	if err := a.receive(t.Context(), us); err != nil || len(answered) != 1 || answered[0] != "answerCallbackQuery 77" {
		t.Errorf("%v, answered %v", err, answered)
	}
}

func TestGap_HasOneKeyHoweverOftenItIsTold(t *testing.T) {
	a, in := adapterOn(t, newRig(t)), &box{}
	a.inbox = in
	from := noon.Add(-30 * time.Hour)
	for _, to := range []time.Time{noon.Add(-24 * time.Hour), noon.Add(-23 * time.Hour)} {
		if err := a.gap(t.Context(), from, to); err != nil {
			t.Fatal(err)
		}
	}
	if in.events[0].Key != in.events[1].Key {
		t.Errorf("keys %q and %q", in.events[0].Key, in.events[1].Key)
	}
	if g := in.events[0].Body.(core.Gap); !g.From.Equal(from) {
		t.Errorf("%+v", g)
	}
}
