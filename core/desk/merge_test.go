package desk

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"parom/core"
	"parom/core/dialogs"
	"parom/core/store"
)

// crowded is a topic in which texts have waited until they were merged.
func crowded(t *testing.T, s setup, texts ...string) *world {
	t.Helper()
	w := newWorld(t, s)
	w.says("0", "первое")
	w.settle()
	w.stop()
	for i, x := range texts {
		w.says(fmt.Sprint(i+1), x)
	}
	w.clock.Advance(10 * time.Second)
	w.run()
	w.settle()
	return w
}

func TestMerge_WaitingTextsShareOnePostNumberedWithTimes(t *testing.T) {
	w := crowded(t, setup{}, "два", "*три*", "четыре")
	got := w.standing()
	if len(got) != 2 || got[1] != "1. 14:03 два\n2. 14:03 *три*\n3. 14:03 четыре" {
		t.Fatalf("%q", got)
	}
	w.view(func(tx *store.Tx) error {
		parts, err := tx.PostParts(w.console.Standing(w.topic().Ref)[1].Ref)
		if len(parts) != 3 {
			t.Fatalf("parts %+v", parts)
		}
		for i, p := range parts {
			if p.N != i || p.Address == 0 || p.Message != w.message(fmt.Sprint(i+1)) {
				t.Errorf("part %+v", p)
			}
		}
		for fragment, want := range map[string]string{"": "3", "*три*": "2", "два": "1", "нет такого": "3", "14:03 два": "1"} {
			if p, err := partMeant(tx, parts, fragment); err != nil || p.Message != w.message(want) {
				t.Errorf("fragment %q: message %d, want %d, %v", fragment, p.Message, w.message(want), err)
			}
		}
		return err
	})
}

func TestMerge_NotTheFirstNorFilesNorOthersNorWithoutPressure(t *testing.T) {
	w := newWorld(t, setup{idle: true})
	w.says("0", "первое")
	w.says("1", "два")
	w.says("2", "три")
	w.posts("3", core.Posted{Content: core.Content{Text: core.Plain("фото"), Attachments: []core.Attachment{photo("p", "telegram:console")}}})
	w.says("4", "четыре")
	w.deliver("tg", core.Event{From: ivan(), Remote: "e", Body: core.Echoed{Content: core.Content{Text: core.Plain("мы")}}})
	w.clock.Advance(10 * time.Second)
	w.run()
	w.settle()
	got := w.standing()
	if len(got) != 5 || !strings.HasSuffix(got[0], "\n\nпервое") || got[1] != "1. 14:03 два\n2. 14:03 три" || got[2] != "фото" ||
		got[3] != "четыре" || !strings.HasSuffix(got[4], "\nмы") {
		t.Errorf("%q", got)
	}
	w.says("7", "пять")
	w.says("8", "шесть")
	w.settle()
	if got := w.standing(); len(got) != 7 {
		t.Errorf("merged in quiet times: %q", got)
	}
}

func TestMerge_APostNeverPassesTheLimit(t *testing.T) {
	long := strings.Repeat("слово ", 25)
	w := crowded(t, setup{limits: func(l *core.Limits) { l.Text.Max = 400 }}, long, long, long, long)
	got := w.standing()
	if len(got) != 3 {
		t.Errorf("%d posts", len(got))
	}
	for _, s := range got {
		if n := len([]rune(s)); n > 400 {
			t.Errorf("%d in a post", n)
		}
	}
}

func TestMerge_AnEditRewritesItsPartAndADeletionStrikesIt(t *testing.T) {
	w := crowded(t, setup{}, "два", "три")
	w.deliver("tg", core.Event{From: ivan(), Remote: "1", Body: core.Edited{Content: core.Content{Text: core.Plain("два с половиной")}}})
	w.settle()
	if got := w.standing()[1]; got != "1. 14:03 ✎ 14:03 два с половиной\n2. 14:03 три" {
		t.Errorf("edited: %q", got)
	}
	w.deliver("tg", core.Event{From: ivan(), Remote: "2", Body: core.Deleted{}})
	w.settle()
	post := w.console.Standing(w.topic().Ref)[1].Post.Content.Text
	if post.Body != "1. 14:03 ✎ 14:03 два с половиной\n2. 14:03 🗑 три" || !styleOf(post, core.Strike, "три") || styleOf(post, core.Strike, "половиной") {
		t.Errorf("deleted: %q %+v", post.Body, post.Spans)
	}
}

func TestMerge_AnEditTooLongIsANewPostQuotingIt(t *testing.T) {
	w := crowded(t, setup{limits: func(l *core.Limits) { l.Text.Max = 300 }}, "два", "три")
	long := strings.Repeat("слово ", 46)
	w.deliver("tg", core.Event{From: ivan(), Remote: "1", Body: core.Edited{Content: core.Content{Text: core.Plain(long)}}})
	w.settle()
	all := w.console.Standing(w.topic().Ref)
	last := all[len(all)-1]
	if last.Post.ReplyTo != all[1].Ref || !strings.Contains(last.Post.Content.Text.Body, "✎") || !strings.Contains(last.Post.Content.Text.Body, "слово слово") {
		t.Errorf("%+v", last.Post)
	}
	if all[1].Post.Content.Text.Body != "1. 14:03 два\n2. 14:03 три" {
		t.Errorf("old post %q", all[1].Post.Content.Text.Body)
	}
}

func TestMerge_AReplyToAMergedMessagePointsAtItsWords(t *testing.T) {
	w := crowded(t, setup{}, "два", "три")
	w.posts("9", core.Posted{Content: core.Content{Text: core.Plain("об этом")}, ReplyTo: &core.Reference{Remote: "1"}})
	w.settle()
	all := w.console.Standing(w.topic().Ref)
	if p := all[2].Post; p.ReplyTo != all[1].Ref || p.Fragment != "два" {
		t.Errorf("%+v", p)
	}
}

func TestMerge_RefusedTogetherTheyGoAlone(t *testing.T) {
	w := newWorld(t, setup{})
	w.says("0", "первое")
	w.settle()
	w.stop()
	w.says("1", "два")
	w.says("2", "три")
	w.clock.Advance(10 * time.Second)
	w.console.before = func(op string, n int) error {
		if op == "Show" && n == 2 {
			return &core.SendError{Reason: core.Rejected}
		}
		return nil
	}
	w.run()
	w.settle()
	if got := w.standing(); len(got) != 3 || got[1] != "два" || got[2] != "три" {
		t.Errorf("%q", got)
	}
}

func TestAmend_AnEditAndADeletionShowInPlace(t *testing.T) {
	w := newWorld(t, setup{})
	w.says("1", "первое")
	w.says("2", "второе")
	w.settle()
	w.deliver("tg", core.Event{From: ivan(), Remote: "2", Body: core.Edited{Content: core.Content{Text: core.Plain("второе, верное")}}})
	w.deliver("tg", core.Event{From: ivan(), Remote: "1", Body: core.Edited{Content: core.Content{Text: core.Plain("первое, верное")}}})
	w.settle()
	got := w.standing()
	if len(got) != 2 || got[1] != "✎ 14:03\nвторое, верное" || !strings.HasSuffix(got[0], "\n✎ 14:03\nпервое, верное") || !strings.HasPrefix(got[0], "→ Telegram Shop") {
		t.Errorf("%q", got)
	}
	w.deliver("tg", core.Event{From: ivan(), Remote: "2", Body: core.Deleted{}})
	w.settle()
	all := w.console.Standing(w.topic().Ref)
	if p := all[1].Post.Content.Text; !strings.HasPrefix(p.Body, "✎ 14:03 · 🗑 удалено клиентом") || !styleOf(p, core.Strike, "второе, верное") {
		t.Errorf("%q", p.Body)
	}
	if p := all[2].Post; p.ReplyTo != all[1].Ref || !strings.Contains(p.Content.Text.Body, "удалил") {
		t.Errorf("line %+v", p)
	}
}

func TestAmend_APostThatIsGoneIsShownOnceMore(t *testing.T) {
	w := newWorld(t, setup{})
	w.says("1", "первое")
	w.says("2", "второе")
	w.settle()
	if err := w.console.Remove(t.Context(), w.console.Standing(w.topic().Ref)[1].Ref); err != nil {
		t.Fatal(err)
	}
	w.deliver("tg", core.Event{From: ivan(), Remote: "2", Body: core.Edited{Content: core.Content{Text: core.Plain("верное")}}})
	w.settle()
	got := w.standing()
	if len(got) != 2 || got[1] != "✎ 14:03\nверное" {
		t.Errorf("%q", got)
	}
	w.deliver("tg", core.Event{From: ivan(), Remote: "2", Body: core.Edited{Content: core.Content{Text: core.Plain("ещё вернее")}}})
	w.settle()
	if got := w.standing(); len(got) != 2 || got[1] != "✎ 14:03\nещё вернее" {
		t.Errorf("amended where it stands now: %q", got)
	}
}

func TestAmend_AnotherFileIsANewPost(t *testing.T) {
	w := newWorld(t, setup{})
	w.says("1", "первое")
	w.posts("2", core.Posted{Content: core.Content{Text: core.Plain("вот"), Attachments: []core.Attachment{photo("p", "telegram:console")}}})
	w.settle()
	w.deliver("tg", core.Event{From: ivan(), Remote: "2", Body: core.Edited{Content: core.Content{Text: core.Plain("вот оно"), Attachments: []core.Attachment{photo("q", "telegram:console")}}}})
	w.settle()
	all := w.console.Standing(w.topic().Ref)
	if len(all) != 3 || all[2].Post.ReplyTo != all[1].Ref || all[2].Post.Content.Attachments[0].Locator != "q" {
		t.Errorf("%+v", all)
	}
	w.deliver("tg", core.Event{From: ivan(), Remote: "2", Body: core.Edited{Content: core.Content{Text: core.Plain("подпись"), Attachments: []core.Attachment{photo("q", "telegram:console")}}}})
	w.settle()
	if all = w.console.Standing(w.topic().Ref); len(all) != 3 || all[2].Post.Content.Text.Body != "✎ 14:03\nподпись" {
		t.Errorf("caption %q", w.standing())
	}
}

func TestCard_IsEditedInPlaceOnlyWhenItChanged(t *testing.T) {
	w := newWorld(t, setup{})
	w.says("1", "первое")
	w.settle()
	w.update(func(tx *store.Tx) error { return dialogs.Refresh(tx, 1) })
	w.settle()
	if n := w.asked("Amend"); n != 0 {
		t.Errorf("%d amendments of nothing", n)
	}
	w.update(func(tx *store.Tx) error {
		d, err := tx.OpenDialog(1)
		if err != nil {
			return err
		}
		if _, err := dialogs.Take(tx, &d, "7", "7"); err != nil {
			return err
		}
		_, err = dialogs.Mute(tx, &d, "7", store.Forever)
		return err
	})
	w.settle()
	card := w.console.Standing(w.topic().Ref)[0].Post
	wantText(t, "card", card.Content.Text.Body, "Продажи · 👤 Анна", "🔇 бот молчит", "\n\nпервое")
	if card.Buttons[1][0].Label != "🔊 Бот, говори" {
		t.Errorf("buttons %+v", card.Buttons)
	}
	first := card.Buttons[0][0].ID
	w.view(func(tx *store.Tx) error {
		b, err := tx.Button(first)
		if b.Action != "take" || b.Topic != 1 || b.RoomNo != 1 {
			t.Errorf("button %+v", b)
		}
		return err
	})
	if w.asked("EditTopic") != 0 {
		t.Error("the title did not change")
	}
}

func TestCard_ShortensTheMessageUnderItRatherThanItself(t *testing.T) {
	w := newWorld(t, setup{limits: func(l *core.Limits) { l.Text.Max = 130 }})
	w.says("1", strings.Repeat("слово ", 9))
	w.settle()
	w.update(func(tx *store.Tx) error {
		d, err := tx.OpenDialog(1)
		if err != nil {
			return err
		}
		if _, err := dialogs.Mute(tx, &d, "7", store.Forever); err != nil {
			return err
		}
		_, err = dialogs.Take(tx, &d, "7", "7")
		return err
	})
	w.settle()
	card := w.standing()[0]
	wantText(t, "card", card, "→ Telegram Shop", "бот молчит", "слово")
	if n := len([]rune(card)); n > 130 || !strings.HasSuffix(card, "…") {
		t.Errorf("%d: %q", n, card)
	}
}

func TestCard_TheTitleFollowsTheName(t *testing.T) {
	w := newWorld(t, setup{})
	w.says("1", "первое")
	w.settle()
	p := ivan()
	p.Name = "Иван Петров"
	w.deliver("tg", core.Event{From: p, Remote: "2", Body: core.Posted{Content: core.Content{Text: core.Plain("два")}}})
	w.update(func(tx *store.Tx) error { return dialogs.Refresh(tx, 1) })
	w.settle()
	if w.topic().Title != "Telegram Shop · Иван Петров" || w.console.Rooms()[0].Title != w.topic().Title || w.console.Rooms()[0].Icon != "🟦" {
		t.Errorf("%+v", w.console.Rooms())
	}
}
