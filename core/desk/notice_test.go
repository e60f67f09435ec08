package desk

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"parom/core"
	"parom/core/dialogs"
	"parom/core/store"
)

// notify has a notice shown and gives its id.
func (w *world) notify(n store.Notice, l dialogs.Line) int64 {
	w.t.Helper()
	n.Topic = 1
	w.update(func(tx *store.Tx) error { return dialogs.Notify(tx, &n, l) })
	return n.ID
}

func (w *world) settleNotice(id int64, by core.PersonID, outcome string) {
	w.t.Helper()
	w.update(func(tx *store.Tx) error {
		n, err := tx.Notice(id)
		if err != nil {
			return err
		}
		return w.desk.settle(tx, n, by, outcome)
	})
}

func labels(p core.Post) string {
	var out []string
	for _, row := range p.Buttons {
		for _, b := range row {
			out = append(out, b.Label)
		}
	}
	return strings.Join(out, "|")
}

func TestNotice_KindsHaveTheirWordsAndButtons(t *testing.T) {
	refused, err := json.Marshal(heldPayload{Actions: []string{"correct", "drop"}})
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, setup{})
	w.says("1", "раз")
	w.settle()
	for _, c := range []struct{ kind, payload, key, words, buttons string }{
		{"held_reply", "", "", "Отправить ему?", "Отправить|Заметка|Не отправлять"},
		{"held_forward", "", "", "Пересланное", "Отправить|Заметка|Не отправлять"},
		{"held_mention", "", "", "коллеге", "Отправить|Заметка|Не отправлять"},
		{"held_media", "", "", "Диалог ведёт другой", "Отправить|Заметка|Не отправлять"},
		{"confirm", "", "", "Ждёт", "Отправить|Заметка|Не отправлять"},
		{"failed", "", "", "Telegram Shop: не доставлено — сеть не принимает такое содержимое", "Повторить|Не отправлять"},
		{"unmarked", "", "", "Удалить у клиента?", "Удалить у клиента|Оставить"},
		{"refused", string(refused), "refused.edit_late", "исправить можно было", "Послать исправление|Не отправлять"},
	} {
		args := dialogs.Args{"Channel": "Telegram Shop", "Cause": core.Rejected, "Detail": "", "Others": []string{}, "Window": 48 * time.Hour}
		id := w.notify(store.Notice{Kind: c.kind, Payload: c.payload}, dialogs.Line{Key: c.key, Args: args})
		w.settle()
		all := w.console.Standing(w.topic().Ref)
		last := all[len(all)-1]
		wantText(t, c.kind, last.Post.Content.Text.Body, c.words)
		if got := labels(last.Post); got != c.buttons {
			t.Errorf("%s: buttons %s", c.kind, got)
		}
		w.view(func(tx *store.Tx) error {
			n, err := tx.Notice(id)
			parts, _ := tx.PostParts(last.Ref)
			if n.Post != last.Ref || len(parts) != 1 || parts[0].Kind != store.PostNotice {
				t.Errorf("%s: shown at %v, parts %+v", c.kind, n.Post, parts)
			}
			return err
		})
	}
}

func TestSettle_WhoPressedWhatStandsInTheButtonsPlace(t *testing.T) {
	for lang, want := range map[string]string{"ru": "✅ Анна: отправлено клиенту", "en": "✅ Анна: sent to the customer"} {
		w := newWorld(t, setup{lang: lang})
		w.says("1", "раз")
		id := w.notify(store.Notice{Kind: "held_reply"}, dialogs.Line{})
		w.settle()
		words := w.standing()[1]
		w.settleNotice(id, "7", "send")
		w.settle()
		p := w.console.Standing(w.topic().Ref)[1].Post
		if p.Content.Text.Body != words+"\n"+want || len(p.Buttons) != 0 {
			t.Errorf("%q, buttons %s", p.Content.Text.Body, labels(p))
		}
		w.stop()
	}
}

func TestSettle_PastItsTimeItCanStillBeSent(t *testing.T) {
	w := newWorld(t, setup{})
	w.says("1", "раз")
	id := w.notify(store.Notice{Kind: "confirm"}, dialogs.Line{})
	w.settle()
	w.settleNotice(id, "", "expired")
	w.settle()
	p := w.console.Standing(w.topic().Ref)[1].Post
	wantText(t, "expired", p.Content.Text.Body, "время вышло")
	if labels(p) != "Всё равно отправить" {
		t.Errorf("buttons %s", labels(p))
	}
	w.settleNotice(id, "7", "send")
	w.settleNotice(id, "9", "drop") // too late
	w.settle()
	p = w.console.Standing(w.topic().Ref)[1].Post
	wantText(t, "sent after all", p.Content.Text.Body, "Анна: отправлено")
	if labels(p) != "" {
		t.Errorf("buttons %s", labels(p))
	}
}

func TestNotice_SettledBeforeItWasShownItHasNoButtons(t *testing.T) {
	w := newWorld(t, setup{})
	w.says("1", "раз")
	w.settle()
	w.stop()
	passed := w.notify(store.Notice{Kind: "held_reply"}, dialogs.Line{})
	dropped := w.notify(store.Notice{Kind: "held_forward"}, dialogs.Line{})
	w.settleNotice(passed, "", "superseded")
	w.settleNotice(dropped, "7", "drop")
	w.run()
	w.settle()
	all := w.console.Standing(w.topic().Ref)
	if len(all) != 3 || len(all[1].Post.Buttons) != 0 || len(all[2].Post.Buttons) != 0 {
		t.Fatalf("%q", w.standing())
	}
	// Its author has to know that it went nowhere, though another answer left.
	for i, words := range [][]string{{"ответ на заметку", "этот не отправлен"}, {"Пересланное", "Анна: не отправляем"}} {
		body := all[i+1].Post.Content.Text.Body
		wantText(t, "notice", body, words...)
		if strings.Count(body, words[1]) != 1 {
			t.Errorf("its outcome is told more than once: %q", body)
		}
	}
}

func TestNotice_LinesReplyQuoteAndTellLateTimes(t *testing.T) {
	w := newWorld(t, setup{lang: "en"})
	id := w.says("1", "first")
	w.settle()
	w.say(dialogs.Line{Key: "line.deleted", About: id, At: w.clock.Now().Add(-time.Hour), Quote: "as it *was*", Loud: true})
	w.settle()
	all := w.console.Standing(w.topic().Ref)
	p := all[1].Post
	if p.ReplyTo != all[0].Ref || p.Silent {
		t.Errorf("%+v", p)
	}
	if p.Content.Text.Body != "ℹ️ 13:03 · The customer deleted this message. Its text stays in the history.\nas it *was*" || !styleOf(p.Content.Text, core.Quote, "as it *was*") {
		t.Errorf("%q", p.Content.Text.Body)
	}
}

func TestNotice_InTheGeneralPartAndInPrivateInOnesOwnLanguage(t *testing.T) {
	w := newWorld(t, setup{})
	var boss int64
	w.update(func(tx *store.Tx) error {
		room, err := tx.RoomNamed("boss")
		if err != nil {
			return err
		}
		boss = room.No
		if err := tx.MeetOperator(core.Person{ID: "9", Name: "Boss", Language: "en"}); err != nil {
			return err
		}
		if err := tx.SetOperatorRoom("9", boss); err != nil {
			return err
		}
		if err := dialogs.SayIn(tx, boss, dialogs.Line{Key: "help.text"}); err != nil {
			return err
		}
		return dialogs.SayIn(tx, 1, dialogs.Line{Key: "line.recovered", Args: dialogs.Args{"Channel": "VK Shop", "Count": 3}})
	})
	w.settle()
	group, private := w.console.Standing(core.TopicRef{Room: salesRoom}), w.console.Standing(core.TopicRef{Room: "boss"})
	if len(group) != 1 || group[0].Post.Content.Text.Body != "ℹ️ VK Shop: после перерыва догружено 3 сообщения" {
		t.Errorf("%+v", group)
	}
	if len(private) != 1 {
		t.Fatalf("%d in private", len(private))
	}
	wantText(t, "help", private[0].Post.Content.Text.Body, "How to answer here", "/del", "//", "✍", "/закрыть")
}

func TestNotice_ALineTooLongTakesSeveralPosts(t *testing.T) {
	w := newWorld(t, setup{limits: func(l *core.Limits) { l.Text.Max = 300 }})
	w.says("1", "раз")
	w.settle()
	was, is := strings.Repeat("было ", 60), strings.Repeat("стало ", 60)
	w.say(dialogs.Line{Key: "line.edited", Args: dialogs.Args{"Was": was, "Is": is}})
	w.settle()
	all := strings.Join(w.standing()[1:], " ")
	if strings.Count(all, "было") != 60 || strings.Count(all, "стало") != 61 {
		t.Errorf("%d, %d", strings.Count(all, "было"), strings.Count(all, "стало"))
	}
}

func TestNotice_ACardAsALineAndAStatus(t *testing.T) {
	w := newWorld(t, setup{})
	w.says("1", "раз")
	w.settle()
	var card core.Text
	w.view(func(tx *store.Tx) error { card = w.desk.cardText(tx, w.topicIn(tx)); return nil })
	w.say(dialogs.Line{Key: "line.card", Args: dialogs.Args{"Card": card}})
	w.say(dialogs.Line{Key: "line.status", Args: dialogs.Args{"Channel": "VK", "State": stateRef(core.DeliveryRead), "Written": w.clock.Now(), "Sent": "", "Twice": "", "NoReadMarks": ""}})
	w.settle()
	got := w.standing()
	if !strings.HasPrefix(got[1], "→ Telegram Shop\nИван") || got[2] != "ℹ️ VK: прочитан · написан 21 ноября, 14:03" {
		t.Errorf("%q", got[1:])
	}
}

func (w *world) sign(id core.MessageID) {
	w.t.Helper()
	w.update(func(tx *store.Tx) error { return dialogs.Sign(tx, 1, id, time.Time{}) })
	w.settle()
}

func (w *world) mark(ref core.PostRef) string {
	for _, s := range w.console.Standing(w.topic().Ref) {
		if s.Ref == ref {
			return s.Mark
		}
	}
	return "?"
}

func TestMark_OneSignByDeliveryAndTheReactionTakesItsPlace(t *testing.T) {
	w := newWorld(t, setup{})
	w.says("1", "раз")
	w.settle()
	id, ref := w.answered(core.DeliveryHeld)
	for _, c := range []struct {
		d    core.Delivery
		want string
	}{
		{core.DeliveryHeld, "✍"},
		{core.DeliveryWaiting, "✍"},
		{core.DeliverySent, "👌"},
		{core.DeliveryReached, "👌"},
		{core.DeliveryRead, "👀"},
		{core.DeliveryFailed, "💔"},
		{core.DeliveryWithdrawn, ""},
		{core.DeliveryDeleted, ""},
	} {
		w.update(func(tx *store.Tx) error { return tx.SetDelivery(id, c.d) })
		w.sign(id)
		if got := w.mark(ref); got != c.want {
			t.Errorf("%s: %q, want %q", c.d, got, c.want)
		}
	}
	w.update(func(tx *store.Tx) error {
		if err := tx.SetDelivery(id, core.DeliveryRead); err != nil {
			return err
		}
		return tx.SetReaction(id, "❤", tx.Now())
	})
	w.sign(id)
	if got := w.mark(ref); got != "❤" {
		t.Errorf("reaction: %q", got)
	}
	w.update(func(tx *store.Tx) error { return tx.SetReaction(id, "", tx.Now()) })
	w.sign(id)
	if got := w.mark(ref); got != "👀" {
		t.Errorf("taken back: %q", got)
	}
}

func TestMark_WhereSignsAreRefusedTheCardTellsTheState(t *testing.T) {
	for name, s := range map[string]setup{"refused": {}, "switched off": {desk: func(o *Options) { o.Signs = false }}} {
		w := newWorld(t, s)
		w.console.before = func(op string, _ int) error {
			if op == "Mark" {
				return &core.SendError{Reason: core.Rejected, Detail: "REACTION_INVALID"}
			}
			return nil
		}
		w.says("1", "раз")
		w.settle()
		id, _ := w.answered(core.DeliverySent)
		w.sign(id)
		wantText(t, name, w.standing()[0], "👌 последний ответ: отправлен")
		w.update(func(tx *store.Tx) error { return tx.SetDelivery(id, core.DeliveryRead) })
		w.sign(id)
		wantText(t, name, w.standing()[0], "👀 последний ответ: прочитан")
		if n := w.console.counts["Mark"]; n > 1 {
			t.Errorf("%s: asked %d times", name, n)
		}
		w.stop()
	}
}

func TestRemove_TakesServiceLinesAwayAndPinsAreNoReasonToHoldARoom(t *testing.T) {
	w := newWorld(t, setup{})
	w.console.Fail(nil, nil, &core.SendError{Reason: core.BadConfig, Detail: "can_pin_messages"})
	w.says("1", "раз")
	w.settle()
	ref, err := w.console.Console.Show(t.Context(), core.Post{Topic: w.topic().Ref})
	if err != nil {
		t.Fatal(err)
	}
	w.update(func(tx *store.Tx) error { return w.desk.remove(tx, 1, ref.Posts[0]) })
	w.says("2", "два")
	w.settle()
	if got := fmt.Sprint(w.standing()[1:]); got != "[два]" {
		t.Errorf("%s", got)
	}
}

func TestNotice_PlannedAgainItHasTheSameButtons(t *testing.T) {
	w := newWorld(t, setup{})
	w.says("1", "раз")
	w.settle()
	w.console.mu.Lock()
	w.console.before = func(op string, n int) error {
		if op == "Show" && n < 6 {
			return &core.SendError{Reason: core.Unavailable}
		}
		return nil
	}
	w.console.mu.Unlock()
	id := w.notify(store.Notice{Kind: "held_reply"}, dialogs.Line{})
	w.settle()
	w.view(func(tx *store.Tx) error {
		n := 0
		err := tx.QueryRow(`SELECT count(*) FROM buttons WHERE notice_id = $1`, id).Scan(&n)
		if n != 3 {
			t.Errorf("%d buttons are kept for 3 that are shown", n)
		}
		return err
	})
}
