package desk

import (
	"strings"
	"testing"
	"time"

	"parom/core"
	"parom/core/dialogs"
	"parom/core/store"
)

func TestShow_ANewTopicCostsTwoCalls(t *testing.T) {
	for _, lang := range []string{"ru", "en"} {
		w := newWorld(t, setup{lang: lang})
		id := w.says("1", "Здравствуйте, *где* мой <b>заказ</b>?")
		w.settle()
		if a := w.console.Asked(); len(a) < 2 || a[0].Op != "OpenTopic" || a[1].Op != "Show" || w.asked("OpenTopic") != 1 || w.asked("Show") != 1 {
			t.Errorf("asked %+v", a)
		}
		topic := w.topic()
		if topic.Title != "Telegram Shop · Иван" || topic.Icon != "🟦" || topic.State != store.TopicOpen || topic.CardSeq == 0 {
			t.Errorf("topic %+v", topic)
		}
		post := w.console.Standing(topic.Ref)[0]
		if text := post.Post.Content.Text; !strings.HasPrefix(text.Body, "→ Telegram Shop\nИван · @ivan") ||
			!strings.HasSuffix(text.Body, "\n\nЗдравствуйте, *где* мой <b>заказ</b>?") {
			t.Errorf("card: %q", text.Body)
		}
		if !post.Pinned || post.Post.Silent {
			t.Errorf("pinned %v, silent %v", post.Pinned, post.Post.Silent)
		}
		var labels []string
		for _, row := range post.Post.Buttons {
			for _, b := range row {
				labels = append(labels, b.Label)
				if len(b.ID) < 22 || len(b.ID) > 64 {
					t.Errorf("button id %q", b.ID)
				}
			}
		}
		want := map[string]string{"ru": "Взять|Закрыть|🔇 Бот, молчи|Ещё…", "en": "Take|Close|🔇 Mute bot|More…"}[lang]
		if got := strings.Join(labels, "|"); got != want {
			t.Errorf("%s: buttons %s, want %s", lang, got, want)
		}
		w.view(func(tx *store.Tx) error {
			ps, err := tx.PostsOf(id)
			if len(ps) != 1 || ps[0].Kind != store.PostCard || ps[0].Address == 0 || ps[0].To == 0 {
				t.Errorf("posts %+v", ps)
			}
			if above, err := tx.CustomerPostAbove(1, core.PostRef{Room: salesRoom, Seq: ps[0].Seq + 1}); err != nil || above.Message != id {
				t.Errorf("above: %+v, %v", above, err)
			}
			return err
		})
	}
}

func TestShow_WordsComeInOrderAndPlain(t *testing.T) {
	w := newWorld(t, setup{})
	for _, s := range []string{"раз", "два", "три"} {
		w.says(s, s)
	}
	w.settle()
	got := w.standing()
	if len(got) != 3 || !strings.HasSuffix(got[0], "\n\nраз") || got[1] != "два" || got[2] != "три" {
		t.Errorf("%q", got)
	}
}

func TestShow_LateWordsBearTheirTimeAndChannelIsNamedWhenThereAreTwo(t *testing.T) {
	w := newWorld(t, setup{})
	w.says("1", "раз")
	w.settle()
	w.deliver("tg", core.Event{From: ivan(), Remote: "2", At: w.clock.Now().Add(-5 * time.Minute), Body: core.Posted{Content: core.Content{Text: core.Plain("два")}}})
	w.settle()
	if got := w.standing()[1]; got != "13:58\nдва" {
		t.Errorf("late: %q", got)
	}
	w.deliver("vk", core.Event{From: core.Peer{ID: "v1", Name: "Иван В."}, Remote: "9", Body: core.Posted{Content: core.Content{Text: core.Plain("с другого")}}})
	w.update(func(tx *store.Tx) error {
		_, err := tx.Exec(`UPDATE addresses SET contact_id = 1`)
		return err
	})
	w.says("3", "три")
	w.settle()
	got := w.standing()
	if last := got[len(got)-1]; last != "Telegram Shop\nтри" {
		t.Errorf("two addresses: %q", last)
	}
}

func TestShow_FourVoicesLookDifferent(t *testing.T) {
	w := newWorld(t, setup{})
	w.says("1", "раз")
	w.settle()
	w.deliver("tg", core.Event{From: ivan(), Remote: "e1", Body: core.Echoed{Content: core.Content{Text: core.Plain("с телефона")}}})
	m := core.Message{Dialog: 1, Address: 1, Direction: core.FromBot, Content: core.Content{Text: core.Plain("я бот")}}
	w.update(func(tx *store.Tx) error {
		if err := tx.InsertMessage(&m); err != nil {
			return err
		}
		return tx.Enqueue(&store.Job{Lane: store.TopicLane(1), Kind: store.JobShow, Message: m.ID})
	})
	w.say(dialogs.Line{Key: "line.taken", Args: dialogs.Args{"Who": "Анна"}})
	w.settle()
	got := strings.Join(w.standing()[1:], "|")
	if got != "📱 С телефона или страницы\nс телефона|🤖 Бот\nя бот|ℹ️ Отвечает Анна" {
		t.Errorf("%q", got)
	}
	line := w.console.Standing(w.topic().Ref)[3].Post
	if !styleOf(line.Content.Text, core.Italic, "ℹ️ Отвечает Анна") || !line.Silent {
		t.Errorf("line %+v", line)
	}
}

func TestShow_NamesCannotPassForOurs(t *testing.T) {
	w := newWorld(t, setup{})
	p := ivan()
	p.Name, p.Link = "Ив\u202eан\n→ *VK* [x](http://evil)\u200b", "javascript:alert(1)"
	w.deliver("tg", core.Event{From: p, Remote: "1", Body: core.Posted{Content: core.Content{Text: core.Plain("`_*~[a](b)\n→ VK Shop")}}})
	w.settle()
	post := w.console.Standing(w.topic().Ref)[0].Post.Content.Text
	lines := strings.Split(post.Body, "\n")
	wantText(t, "card", lines[1], "Иван → *VK* [x](http://evil)")
	for _, s := range post.Spans {
		if s.Style == core.Link {
			t.Errorf("a link to %s", s.Value)
		}
		if strings.HasPrefix(post.Body[s.Offset:], "`_*~") {
			t.Errorf("style %d on the customer's words", s.Style)
		}
	}
	wantNo(t, "title", w.topic().Title, "\n", "\u202e")
}

func TestShow_ASecondDialogBeginsWithADividerInTheSamePost(t *testing.T) {
	w := newWorld(t, setup{})
	w.says("1", "раз")
	w.settle()
	w.update(func(tx *store.Tx) error {
		d, err := tx.OpenDialog(1)
		if err != nil {
			return err
		}
		return dialogs.Close(tx, &d, "7", "", false)
	})
	w.says("2", "снова я")
	w.says("3", "и ещё")
	w.settle()
	got := w.standing()
	if got[1] != "── Диалог № 2 · 21 ноября · Telegram Shop ──\nснова я" || got[2] != "и ещё" || w.asked("Show") != 3 {
		t.Errorf("%q", got)
	}
}

func TestShow_AQuoteAnswersTheRightPost(t *testing.T) {
	w := newWorld(t, setup{})
	w.says("1", "первое")
	w.says("2", "второе сообщение")
	w.settle()
	w.posts("3", core.Posted{Content: core.Content{Text: core.Plain("про это")}, ReplyTo: &core.Reference{Remote: "2", Fragment: "второе"}})
	w.posts("4", core.Posted{Content: core.Content{Text: core.Plain("не помню")}, ReplyTo: &core.Reference{Remote: "old", Fragment: "давние слова"}, Forwarded: "Пётр"})
	w.settle()
	all := w.console.Standing(w.topic().Ref)
	if p := all[2].Post; p.ReplyTo != all[1].Ref || p.Fragment != "второе" || p.Content.Text.Body != "про это" {
		t.Errorf("reply %+v", p)
	}
	if p := all[3].Post; p.Content.Text.Body != "↪️ Переслано: Пётр\nдавние слова\nне помню" || !styleOf(p.Content.Text, core.Quote, "давние слова") {
		t.Errorf("quoted line %q", p.Content.Text.Body)
	}
}

func TestShow_LongWordsTakeSeveralPosts(t *testing.T) {
	w := newWorld(t, setup{limits: func(l *core.Limits) { l.Text.Max = 300 }})
	long := strings.Repeat("слово за словом ", 60)
	id := w.says("1", long)
	w.settle()
	var all string
	w.view(func(tx *store.Tx) error {
		ps, err := tx.PostsOf(id)
		for i, p := range ps {
			all += long[p.From:p.To]
			if p.Part != i {
				t.Errorf("part %d is %d", i, p.Part)
			}
		}
		return err
	})
	if strings.TrimSpace(all) != strings.TrimSpace(long) {
		t.Errorf("%d bytes shown of %d", len(all), len(long))
	}
	for _, s := range w.standing() {
		if len([]rune(s)) > 300 {
			t.Errorf("%d in one post", len([]rune(s)))
		}
	}
}

func photo(locator, holder string) core.Attachment {
	return core.Attachment{Kind: core.Photo, Holder: holder, Locator: locator, Name: "вид.jpg", SizeBytes: 2 * mega}
}

func TestShow_FilesTakeTheWordsAlongAndGoByReference(t *testing.T) {
	w := newWorld(t, setup{})
	w.says("1", "раз")
	w.posts("2", core.Posted{Content: core.Content{Text: core.Plain("вот"), Attachments: []core.Attachment{photo("p", "telegram:console")}}})
	w.posts("3", core.Posted{Content: core.Content{Attachments: []core.Attachment{{Kind: core.Location, Lat: 1, Lon: 2}}}})
	w.posts("4", core.Posted{Content: core.Content{Attachments: []core.Attachment{{Kind: core.Poll, Name: "Когда?", Options: []string{"сегодня"}}}}})
	w.posts("5", core.Posted{Content: core.Content{Attachments: []core.Attachment{{Kind: core.Unsupported, Name: "story"}}}})
	w.settle()
	all := w.console.Standing(w.topic().Ref)
	if p := all[1].Post.Content; p.Text.Body != "вот" || len(p.Attachments) != 1 || p.Attachments[0].Blob != "" {
		t.Errorf("photo %+v", p)
	}
	if p := all[2].Post.Content; len(p.Attachments) != 1 || p.Attachments[0].Kind != core.Location {
		t.Errorf("place %+v", p)
	}
	wantText(t, "poll", all[3].Post.Content.Text.Body, "Когда?", "1. сегодня")
	wantText(t, "unsupported", all[4].Post.Content.Text.Body, "неподдерживаемое", "story")
}

func TestShow_AFirstPhotoStandsUnderTheCardInOnePost(t *testing.T) {
	w := newWorld(t, setup{})
	w.posts("1", core.Posted{Content: core.Content{Text: core.Plain("вот"), Attachments: []core.Attachment{photo("p", "telegram:console")}}})
	w.settle()
	if n := w.asked("Show"); n != 1 {
		t.Errorf("%d posts", n)
	}
	p := w.console.Standing(w.topic().Ref)[0].Post
	wantText(t, "card", p.Content.Text.Body, "→ Telegram Shop", "вот")
	if len(p.Content.Attachments) != 1 || len(p.Buttons) == 0 {
		t.Errorf("%+v", p)
	}
}

func TestShow_AQuickFileIsFetchedAndKeepsItsCaption(t *testing.T) {
	w := newWorld(t, setup{})
	w.says("1", "раз")
	w.posts("2", core.Posted{Content: core.Content{Text: core.Plain("вот"), Attachments: []core.Attachment{photo("p", "telegram:shop")}}})
	w.settle()
	p := w.console.Standing(w.topic().Ref)[1].Post.Content
	if p.Text.Body != "вот" || len(p.Attachments) != 1 || p.Attachments[0].Blob == "" {
		t.Errorf("%+v", p)
	}
}

func TestShow_ASlowFileComesAfterItsTextAndHoldsNobodyUp(t *testing.T) {
	w := newWorld(t, setup{})
	w.says("1", "раз")
	w.settle()
	w.shelf.wait = 20 * time.Second
	w.posts("2", core.Posted{Content: core.Content{Text: core.Plain("вот"), Attachments: []core.Attachment{photo("p", "telegram:shop")}}})
	w.says("3", "а вот и слова")
	w.settle()
	all := w.console.Standing(w.topic().Ref)
	if len(all) != 4 {
		t.Fatalf("%q", w.standing())
	}
	wantText(t, "placeholder", all[1].Post.Content.Text.Body, "вот\n📎 фото «вид.jpg», 2 МБ")
	if all[2].Post.Content.Text.Body != "а вот и слова" {
		t.Errorf("%q", w.standing())
	}
	if p := all[3].Post; len(p.Content.Attachments) != 1 || p.ReplyTo != all[1].Ref || !p.Silent {
		t.Errorf("file %+v", p)
	}
}

func TestShow_AFileThatCannotBeHadIsNamed(t *testing.T) {
	for name, c := range map[string]struct {
		err   *core.SendError
		wants string
	}{
		"gone at once":        {&core.SendError{Reason: core.MediaGone}, "ссылка на файл больше не действует"},
		"too large":           {&core.SendError{Reason: core.TooLarge}, "не больше 50 МБ"},
		"tried for long":      {&core.SendError{Reason: core.Unavailable}, "сеть сейчас недоступна"},
		"somebody else's key": {&core.SendError{Reason: core.BadConfig}, "не хватает прав"},
	} {
		w := newWorld(t, setup{})
		w.says("1", "раз")
		w.settle()
		w.shelf.err = c.err
		w.posts("2", core.Posted{Content: core.Content{Text: core.Plain("вот"), Attachments: []core.Attachment{photo("p", "telegram:shop")}}})
		w.says("3", "дальше")
		w.settle()
		got := w.standing()
		wantText(t, name, strings.Join(got, "|"), "вот\n", "вид.jpg", "2 МБ", c.wants, "дальше")
		w.stop()
	}
}

func TestShow_AFileOverTheLimitIsNamedWithSizeAndLimit(t *testing.T) {
	w := newWorld(t, setup{lang: "en"})
	big := photo("p", "telegram:shop")
	big.Kind, big.SizeBytes = core.Document, 60*mega
	w.posts("1", core.Posted{Content: core.Content{Text: core.Plain("here"), Attachments: []core.Attachment{big}}})
	w.settle()
	wantText(t, "card", w.standing()[0], "here\n⚠️ file “вид.jpg”: 60 MB, at most 50 MB")
}

func TestShow_AnAlbumFollowsTheCard(t *testing.T) {
	w := newWorld(t, setup{})
	for i, r := range []core.RemoteID{"a", "b"} {
		w.deliver("tg", core.Event{From: ivan(), Remote: r, Group: "g", Body: core.Posted{Content: core.Content{
			Text: core.Plain([]string{"двое", ""}[i]), Attachments: []core.Attachment{photo(string(r), "telegram:console")},
		}}})
	}
	w.settle()
	all := w.console.Standing(w.topic().Ref)
	if len(all) != 3 || w.asked("Show") != 2 {
		t.Fatalf("%d posts, %d calls", len(all), w.asked("Show"))
	}
	wantText(t, "card", all[0].Post.Content.Text.Body, "двое")
	w.view(func(tx *store.Tx) error {
		ps, err := tx.PostsOf(w.message("a"))
		if len(ps) != 3 || ps[1].Attachment != 0 || ps[2].Attachment != 1 || ps[2].Part != 2 {
			t.Errorf("posts %+v", ps)
		}
		return err
	})
}

func TestShow_WhatIsRefusedAsItIsGoesPlain(t *testing.T) {
	w := newWorld(t, setup{})
	w.says("1", "раз")
	w.settle()
	w.console.before = func(op string, n int) error {
		if op == "Show" && n == 2 {
			return &core.SendError{Reason: core.Rejected, Detail: "entities"}
		}
		return nil
	}
	w.posts("2", core.Posted{Content: core.Content{Text: core.Styled("жирно", core.Bold)}})
	w.settle()
	if p := w.console.Standing(w.topic().Ref)[1].Post.Content.Text; p.Body != "жирно" || len(p.Spans) != 0 {
		t.Errorf("%+v", p)
	}
}

func TestCosts_AreTheRoomsForWhatIsPostedAndTheAccountsForAll(t *testing.T) {
	w := newWorld(t, setup{})
	w.says("1", "раз")
	w.settle()
	c := w.desk.Carrier().(*carrier)
	h := store.Head{Lane: store.TopicLane(1), Kind: store.JobShow}
	w.view(func(tx *store.Tx) error {
		return c.Warm(tx, []store.Head{h, {Lane: store.RoomLane(1), Kind: store.JobNotice}})
	})
	costs := c.Costs(h)
	if len(costs) != 2 || costs[0].Budget != "account:telegram:console" || costs[0].Max != 30 || costs[1].Max != 20 || costs[1].Per != time.Minute {
		t.Errorf("show: %+v", costs)
	}
	if costs = c.Costs(store.Head{Lane: store.CosmeticLane(1), Kind: store.JobMark}); len(costs) != 1 {
		t.Errorf("sign: %+v", costs)
	}
	if c.Channel(h) != "room:1" {
		t.Errorf("channel %s", c.Channel(h))
	}
}

func TestShow_WhatIsEditedBeforeItIsShownIsShownAsItIsNow(t *testing.T) {
	w := newWorld(t, setup{})
	w.says("1", "раз")
	w.settle()
	w.console.mu.Lock()
	w.console.before = func(op string, n int) error {
		switch {
		case op == "Show" && n == 2: // its pieces are kept from now on
			return &core.SendError{Reason: core.Rejected}
		case op == "Show" && n < 6:
			return &core.SendError{Reason: core.Unavailable}
		}
		return nil
	}
	w.console.mu.Unlock()
	id := w.says("2", "два")
	w.until("it waits to be tried again", func() (waits bool) {
		w.view(func(tx *store.Tx) error {
			js, err := tx.JobsOf(id)
			waits = len(js) == 1 && js[0].State == store.JobWaiting && strings.Contains(js[0].Cuts, "два") && js[0].Error != ""
			return err
		})
		return waits
	})
	w.deliver("tg", core.Event{From: ivan(), Remote: "2", Body: core.Edited{Content: core.Content{Text: core.Plain("три")}}})
	w.settle()
	if got := w.standing(); len(got) != 2 || !strings.HasSuffix(got[1], "три") || w.asked("Amend") > 1 {
		t.Errorf("%q, amended %d times", got, w.asked("Amend"))
	}
}
