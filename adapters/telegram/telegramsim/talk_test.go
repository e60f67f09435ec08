package telegramsim

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"
)

func TestPress_IsAnsweredOnceAndInTime(t *testing.T) {
	w := newWorld(t)
	m := w.must("sendMessage", args{
		"chat_id": w.forum, "text": "card",
		"reply_markup": args{"inline_keyboard": [][]args{{{"text": "Take", "callback_data": "opaque-1"}}}},
	})
	w.updates(nil)
	type result struct {
		p   Popup
		err error
	}
	press := func(button string) chan result {
		out := make(chan result, 1)
		go func() {
			p, err := w.Press(context.Background(), w.boris, Group(w.forum), m.ID, button)
			out <- result{p, err}
		}()
		return out
	}
	first := press("Take")
	w.clock.waiting(t, 1)
	q := w.updates(nil)[0].Query
	if q.Data != "opaque-1" || q.From.ID != w.boris || q.Message.ID != m.ID {
		t.Fatalf("query: %+v", q)
	}
	w.must("answerCallbackQuery", args{"callback_query_id": q.ID, "text": "taken", "show_alert": true})
	if r := <-first; r.err != nil || r.p.Text != "taken" || !r.p.Alert {
		t.Errorf("pop-up: %+v", r)
	}
	w.refused(400, "query is too old", "answerCallbackQuery", args{"callback_query_id": q.ID})
	second := press("opaque-1")
	w.clock.waiting(t, 1)
	late := w.updates(nil)[0].Query
	w.clock.move(16 * time.Second)
	if r := <-second; !errors.Is(r.err, ErrNoAnswer) {
		t.Errorf("unanswered press: %+v", r)
	}
	w.refused(400, "query is too old", "answerCallbackQuery", args{"callback_query_id": late.ID})
	if _, err := w.Press(context.Background(), w.boris, Group(w.forum), m.ID, "none"); err == nil {
		t.Error("a button that is not there was pressed")
	}
}

func TestReply_QuotesMustBeSubstringsAndOtherTopicsAreExternal(t *testing.T) {
	w := newWorld(t)
	a, b := w.topic("A"), w.topic("B")
	src := w.must("sendMessage", args{"chat_id": w.forum, "message_thread_id": a, "text": "Ж😀 the price is 5"})
	m := w.must("sendMessage", args{
		"chat_id": w.forum, "message_thread_id": a, "text": "x",
		"reply_parameters": args{"message_id": src.ID, "quote": "price"},
	})
	if m.Quote == nil || m.Quote.Text != "price" || m.Quote.Position != 8 || m.ReplyTo.ID != src.ID {
		t.Errorf("quote: %+v", m.Quote)
	}
	other := w.must("sendMessage", args{"chat_id": w.forum, "message_thread_id": b, "text": "x", "reply_parameters": args{"message_id": src.ID}})
	if other.External == nil || other.External.MessageID != src.ID || other.ReplyTo != nil {
		t.Errorf("answer across topics: %+v", other)
	}
	if none := w.must("sendMessage", args{"chat_id": w.forum, "text": "x", "reply_parameters": args{"message_id": src.ID}}); none.Thread != a {
		t.Errorf("an answer without a thread goes to %d, want the answered message's topic %d", none.Thread, a)
	}
	w.must("sendMessage", args{"chat_id": w.forum, "text": "x", "reply_parameters": args{"message_id": 99999, "allow_sending_without_reply": true}})
	w.updates(nil)
	if _, err := w.Send(Post{From: w.boris, In: Group(w.forum), Thread: a, Text: "y", ReplyTo: src.ID, Quote: "the"}); err != nil {
		t.Fatal(err)
	}
	if u := w.updates(nil)[0].Message; u.Quote == nil || !u.Quote.Manual || u.Quote.Position != 4 {
		t.Errorf("operator's fragment: %+v", u.Quote)
	}
}

func TestEntities_ParseModesAndWhatTelegramFindsItself(t *testing.T) {
	w := newWorld(t, knob(func(k *Knobs) { k.ChatMessages = 0 }))
	type e = Entity
	for _, c := range []struct {
		name, text, mode, want string
		es                     []Entity
	}{
		{
			"HTML", "<b>a<i>b</i></b> &lt;<a href=\"http://x.y/\">l</a>", "HTML", "ab <l",
			[]e{{Type: "bold", Length: 2}, {Type: "italic", Offset: 1, Length: 1}, {Type: "text_link", Offset: 4, Length: 1, URL: "http://x.y/"}},
		},
		{"HTML code with a language", "<pre><code class=\"language-go\">x</code></pre>", "HTML", "x", []e{{Type: "pre", Length: 1, Language: "go"}}},
		{
			"MarkdownV2", "*a* _b_ __c__ ~d~ ||e|| `f` \\.", "MarkdownV2", "a b c d e f .",
			[]e{
				{Type: "bold", Length: 1},
				{Type: "italic", Offset: 2, Length: 1},
				{Type: "underline", Offset: 4, Length: 1},
				{Type: "strikethrough", Offset: 6, Length: 1},
				{Type: "spoiler", Offset: 8, Length: 1},
				{Type: "code", Offset: 10, Length: 1},
			},
		},
		{"a quote", ">a\n>b\nc", "MarkdownV2", "a\nb\nc", []e{{Type: "blockquote", Length: 3}}},
		{
			"old Markdown", "*a* _b_ [l](http://x.y/)", "Markdown", "a b l",
			[]e{{Type: "bold", Length: 1}, {Type: "italic", Offset: 2, Length: 1}, {Type: "text_link", Offset: 4, Length: 1, URL: "http://x.y/"}},
		},
		{
			"found by itself", "😀 /start @anna_k a@b.ru https://x.y/z.", "", "😀 /start @anna_k a@b.ru https://x.y/z.",
			[]e{
				{Type: "bot_command", Offset: 3, Length: 6},
				{Type: "mention", Offset: 10, Length: 7},
				{Type: "email", Offset: 18, Length: 6},
				{Type: "url", Offset: 25, Length: 13},
			},
		},
		{"trimmed", "  <b>x</b> \n", "HTML", "x", []e{{Type: "bold", Length: 1}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w.t = t
			a := args{"chat_id": w.anna, "text": c.text}
			if c.mode != "" {
				a["parse_mode"] = c.mode
			}
			m := w.must("sendMessage", a)
			got, _ := json.Marshal(m.Entities)
			want, _ := json.Marshal(c.es)
			if *m.Text != c.want || string(got) != string(want) {
				t.Errorf("%q %s\nwant %q %s", *m.Text, got, c.want, want)
			}
		})
	}
}

func TestBlock_TellsTheBotAndStartUnblocks(t *testing.T) {
	w := newWorld(t)
	w.updates(nil)
	if err := w.Block(w.anna, w.bot); err != nil {
		t.Fatal(err)
	}
	if us := w.updates(nil); len(us) != 1 || us[0].Mine["new_chat_member"].(map[string]any)["status"] != "kicked" {
		t.Errorf("blocked: %+v", us)
	}
	if _, err := w.Start(w.anna, w.bot, "shop-7"); err != nil {
		t.Fatal(err)
	}
	us := w.updates(nil)
	if len(us) != 2 || *us[1].Message.Text != "/start shop-7" {
		t.Errorf("started again: %+v", us)
	}
	w.must("sendMessage", args{"chat_id": w.anna, "text": "welcome back"})
}

func TestMigrate_TellsBothIDsAndMovesMembers(t *testing.T) {
	w := newWorld(t)
	g, _ := w.AddGroup(GroupOptions{Title: "G", Kind: "group", Owner: w.boris, Bots: []int64{w.bot}})
	w.updates(nil)
	to, err := w.Migrate(w.boris, g)
	if err != nil {
		t.Fatal(err)
	}
	us := w.updates(nil)
	if len(us) != 2 || us[0].Message.MigrateTo != to || us[1].Message.MigrateFrom != g || us[1].Message.Chat.ID != to {
		t.Errorf("updates: %+v", us)
	}
	w.must("sendMessage", args{"chat_id": to, "text": "here"})
	if r := w.refused(400, "upgraded to a supergroup", "sendMessage", args{"chat_id": g, "text": "there"}); r.MigrateTo != to {
		t.Errorf("migrate_to_chat_id %d", r.MigrateTo)
	}
}

func TestEdit_OfAPersonComesAsEditedMessageWithVersionsKept(t *testing.T) {
	w := newWorld(t)
	w.updates(nil)
	id := w.say("first")
	if err := w.Edit(w.anna, Private(w.bot, w.anna), id, "second"); err != nil {
		t.Fatal(err)
	}
	us := w.updates(nil)
	if len(us) != 2 || us[1].Edited == nil || *us[1].Edited.Text != "second" || us[1].Edited.EditDate == 0 {
		t.Errorf("updates: %+v", us)
	}
	m, _ := w.Message(Private(w.bot, w.anna), id)
	if !m.Edited || len(m.Versions) != 1 || m.Versions[0].Text != "first" {
		t.Errorf("seen: %+v", m)
	}
	if err := w.Delete(w.anna, Private(w.bot, w.anna), id); err != nil {
		t.Fatal(err)
	}
	if us := w.updates(nil); len(us) != 0 {
		t.Errorf("a deletion was told: %+v", us)
	}
}

func TestPrivacyMode_ShowsOnlyWhatIsMeantForTheBot(t *testing.T) {
	w := newWorld(t)
	token, id, _ := w.MakeBot(BotOptions{Name: "Shy", Username: "shy_bot", Privacy: true})
	if err := w.Join(w.boris, w.forum, id); err != nil {
		t.Fatal(err)
	}
	_, _ = w.try(token, "getUpdates", args{"offset": -1, "timeout": 0})
	for _, s := range []string{"talk", "/cmd@parom_bot", "/cmd", "/cmd@shy_bot", "hey @shy_bot"} {
		if _, err := w.Send(Post{From: w.boris, In: Group(w.forum), Text: s}); err != nil {
			t.Fatal(err)
		}
	}
	raw, _ := w.try(token, "getUpdates", args{"timeout": 0})
	var us []gotUpdate
	_ = json.Unmarshal(raw, &us)
	var got []string
	for _, u := range us {
		if u.Message != nil && u.Message.Text != nil {
			got = append(got, *u.Message.Text)
		}
	}
	if b, _ := json.Marshal(got); string(b) != `["/cmd","/cmd@shy_bot","hey @shy_bot"]` {
		t.Errorf("the bot got %s", b)
	}
}
