package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"parom/adapters/telegram/telegramsim"
)

func heldIsSent(w *world) {
	w.writes(w.ivan, w.shop, "Вопрос про доставку")
	topic := w.topicOf("Иван")
	w.inTopic(topic, "Вопрос про доставку")
	asked := w.says(w.anna, topic, "@boris_op что скажешь?", 0)
	n := w.noticeFor(topic, asked)
	w.press(w.anna, n.ID, "Заметка")
	said := w.says(w.anna, topic, "@ivan_p доставка завтра", 0)
	n = w.noticeFor(topic, said)
	if pop := w.press(w.boris, n.ID, "Отправить"); pop == "" {
		w.t.Error("a colleague's press is answered")
	}
	if w.got(w.ivan, w.shop, "доставка завтра") != 0 {
		w.t.Error("somebody else sent what its author had not")
	}
	w.press(w.anna, n.ID, "Отправить")
	w.gets(w.ivan, w.shop, "доставка завтра")
	w.until("the buttons to give way to who pressed", func() bool {
		m, _ := w.sim.Message(telegramsim.Group(w.group), n.ID)
		return len(m.Buttons) == 0 && strings.Contains(m.Text, "Анна")
	})
	w.press2(w.anna, n)
	if c := w.got(w.ivan, w.shop, "доставка завтра"); c != 1 {
		w.t.Errorf("sent %d times", c)
	}
	w.quiet(w.ivan, w.shop, "что скажешь")
}

// press2 presses a button that has been taken away, as an app with an old screen does.
func (w *world) press2(user int64, old telegramsim.Seen) {
	w.t.Helper()
	for _, row := range old.Buttons {
		for _, b := range row {
			_ = w.sim.Tap(user, telegramsim.Group(w.group), old.ID, b.Data)
		}
	}
}

func commandsWork(w *world) {
	w.posts(telegramsim.Post{From: w.owner, In: telegramsim.Private(w.help, w.owner), Text: "/start"})
	w.until("help in the admin's private chat", func() bool {
		return len(w.sim.Live(telegramsim.Private(w.help, w.owner))) > 1
	})
	w.writes(w.ivan, w.shop, "Помогите")
	topic := w.topicOf("Иван")
	w.inTopic(topic, "Помогите")
	w.says(w.anna, topic, "/взять", 0)
	w.inTopic(topic, "Анна")
	said := w.says(w.anna, topic, "Помогаем", 0)
	w.gets(w.ivan, w.shop, "Помогаем")
	w.sign(said, "👌")
	w.says(w.anna, topic, "/status", said)
	w.inTopic(topic, "Магазин")
	w.says(w.anna, topic, ".сдщыу готово", 0)
	w.inTopic(topic, "готово")
	w.says(w.anna, topic, "/open", 0)
	w.says(w.anna, topic, "/mute 2h", 0)
	w.says(w.anna, topic, "/unmute", 0)
	w.says(w.anna, topic, "/card", 0)
	w.says(w.anna, topic, "/заметка тайное от команды", 0)
	w.says(w.anna, topic, "/help", 0)
	w.says(w.anna, topic, "/drop", 0)
	w.inTopic(topic, "/del")
	w.quiet(w.ivan, w.shop, "тайное")
	w.quiet(w.ivan, w.shop, "/")
	if n := len(w.sim.Live(telegramsim.Private(w.shop, w.ivan))); n != 3 {
		w.t.Errorf("the customer sees %d messages, want his two and one answer\n%s", n, w.picture())
	}
}

func longTexts(w *world) {
	long := strings.Repeat("Предложение о том, как всё было. ", 300) // 9900 characters
	w.writes(w.ivan, w.shop, "Коротко")
	topic := w.topicOf("Иван")
	w.inTopic(topic, "Коротко")
	for i := range 3 { // an app splits what is too long by itself
		w.writes(w.ivan, w.shop, long[:4000/2*2]+fmt.Sprintf(" часть-%d", i))
	}
	for i := range 3 {
		w.inTopic(topic, fmt.Sprintf("часть-%d", i))
	}
	w.says(w.anna, topic, strings.Repeat("я", 4096), 0)
	w.gets(w.ivan, w.shop, strings.Repeat("я", 4096))
}

func operatorsKinds(w *world) {
	w.writes(w.ivan, w.shop, "Где вы?")
	topic := w.topicOf("Иван")
	w.inTopic(topic, "Где вы?")
	in := telegramsim.Group(w.group)
	w.posts(telegramsim.Post{From: w.anna, In: in, Thread: topic, Location: &telegramsim.Location{Latitude: 59.93, Longitude: 30.33}})
	w.posts(telegramsim.Post{From: w.anna, In: in, Thread: topic, Contact: &telegramsim.Contact{Phone: "+78120000000", FirstName: "Склад"}})
	poll := w.posts(telegramsim.Post{From: w.anna, In: in, Thread: topic, Poll: &telegramsim.Poll{Question: "Когда удобно?", Options: []telegramsim.PollOption{{Text: "Утром"}, {Text: "Вечером"}}}})
	w.press(w.anna, w.noticeFor(topic, poll).ID, "Отправить")
	w.posts(telegramsim.Post{From: w.anna, In: in, Thread: topic, Venue: &telegramsim.Venue{Location: telegramsim.Location{Latitude: 59.93, Longitude: 30.33}, Title: "Склад №2", Address: "Невский, 1"}})
	w.until("place, card, poll at the customer", func() bool {
		place, contact, poll := false, false, false
		for _, m := range w.chat(w.shop, w.ivan)() {
			if m.From.ID != w.shop {
				continue
			}
			place = place || m.Location != nil || m.Venue != nil
			contact = contact || m.Contact != nil || strings.Contains(m.Text, "Склад")
			poll = poll || m.Poll != nil || strings.Contains(m.Text, "Когда удобно?")
		}
		return place && contact && poll
	})
	w.posts(telegramsim.Post{From: w.anna, In: in, Thread: topic, Text: "*жирный* и _курсив_ и `код`", Mode: "MarkdownV2"})
	got := w.gets(w.ivan, w.shop, "жирный и курсив и код")
	styles := map[string]bool{}
	for _, e := range got.Entities {
		styles[e.Type] = true
	}
	if !styles["bold"] || !styles["italic"] || !styles["code"] {
		w.t.Errorf("styles arrive as %v", styles)
	}
}

func crowd(w *world) {
	const people, rounds = 12, 4
	users := make([]int64, people)
	for i := range users {
		users[i] = w.sim.AddUser(telegramsim.Person{FirstName: fmt.Sprintf("Клиент%02d", i)})
		bot := []int64{w.shop, w.help}[i%2]
		if _, err := w.sim.Start(users[i], bot, fmt.Sprintf("ref-%d", i)); err != nil {
			w.t.Fatal(err)
		}
	}
	bot := func(i int) int64 { return []int64{w.shop, w.help}[i%2] }
	for r := range rounds {
		for i, u := range users {
			w.writes(u, bot(i), fmt.Sprintf("вопрос-%02d-%d", i, r))
		}
		for i := range users {
			topic := w.topicOf(fmt.Sprintf("Клиент%02d", i))
			w.inTopic(topic, fmt.Sprintf("вопрос-%02d-%d", i, r))
			w.says([]int64{w.anna, w.boris}[i%2], topic, fmt.Sprintf("ответ-%02d-%d", i, r), 0)
		}
	}
	for i, u := range users {
		w.gets(u, bot(i), fmt.Sprintf("ответ-%02d-%d", i, rounds-1))
		var got []string
		for _, m := range w.chat(bot(i), u)() {
			if m.From.ID == bot(i) {
				got = append(got, m.Text)
			}
		}
		var want []string
		for r := range rounds {
			want = append(want, fmt.Sprintf("ответ-%02d-%d", i, r))
		}
		if strings.Join(got, ",") != strings.Join(want, ",") {
			w.t.Errorf("client %d got %v", i, got)
		}
	}
}

func rightsLost(w *world) {
	w.writes(w.ivan, w.shop, "Раз")
	topic := w.topicOf("Иван")
	w.inTopic(topic, "Раз")
	if err := w.sim.Remove(w.owner, w.group, w.help); err != nil {
		w.t.Fatal(err)
	}
	w.writes(w.ivan, w.shop, "Два, пока бота нет")
	w.until("the loss to be told in the log", func() bool {
		return strings.Contains(w.logs.String(), "alarm") && strings.Contains(w.logs.String(), "held until somebody acts")
	})
	if err := w.sim.Unban(w.owner, w.group, w.help); err != nil {
		w.t.Fatal(err)
	}
	if err := w.sim.Join(w.owner, w.group, w.help); err != nil {
		w.t.Fatal(err)
	}
	if err := w.sim.Promote(w.owner, w.group, w.help); err != nil {
		w.t.Fatal(err)
	}
	w.inTopic(topic, "Два, пока бота нет")
}

func TestHold_AnAnswerCanBeWithdrawnOrChangedBeforeItLeaves(t *testing.T) {
	w := newWorld(t, setup{hold: "1s"})
	w.writes(w.ivan, w.shop, "Сколько?")
	topic := w.topicOf("Иван")
	w.inTopic(topic, "Сколько?")
	w.says(w.anna, topic, "Сто", 0)
	w.says(w.anna, topic, "/undo", 0)
	down := w.says(w.anna, topic, "Двести", 0)
	if err := w.sim.React(w.anna, telegramsim.Group(w.group), down, "👎"); err != nil {
		t.Fatal(err)
	}
	changed := w.says(w.anna, topic, "Тристо", 0)
	if err := w.sim.Edit(w.anna, telegramsim.Group(w.group), changed, "Триста"); err != nil {
		t.Fatal(err)
	}
	mark := w.says(w.anna, topic, "Это не клиенту", 0)
	if err := w.sim.Edit(w.anna, telegramsim.Group(w.group), mark, "// Это не клиенту"); err != nil {
		t.Fatal(err)
	}
	got := w.gets(w.ivan, w.shop, "Триста")
	if got.Edited {
		t.Error("the customer sees an edit of what had not left")
	}
	time.Sleep(1500 * time.Millisecond)
	for _, words := range []string{"Сто", "Двести", "Тристо", "не клиенту"} {
		if w.got(w.ivan, w.shop, words) != 0 {
			t.Errorf("%q reached the customer\n%s", words, w.picture())
		}
	}
}

func TestEndToEnd_InEnglish(t *testing.T) {
	w := newWorld(t, setup{language: "en"})
	w.writes(w.ivan, w.shop, "Hello")
	topic := w.topicOf("Иван")
	card := w.inTopic(topic, "Hello")
	w.press(w.anna, card.ID, "Take")
	asked := w.says(w.anna, topic, "@boris_op have a look", 0)
	n := w.noticeFor(topic, asked)
	w.press(w.anna, n.ID, "Note")
	w.says(w.anna, topic, "/close done", 0)
	w.inTopic(topic, "closed")
	for _, m := range w.topicPosts(topic)() {
		if m.From.ID == w.help && strings.Contains(m.Text, "⟦") {
			t.Errorf("a text is missing: %q", m.Text)
		}
	}
}

func TestSignature_TheCustomerSeesThePublicNameAlone(t *testing.T) {
	w := newWorld(t, setup{answers: ", signature: true"})
	w.writes(w.ivan, w.shop, "Кто там?")
	topic := w.topicOf("Иван")
	w.inTopic(topic, "Кто там?")
	said := w.says(w.owner, topic, "Это мы", 0)
	got := w.gets(w.ivan, w.shop, "Это мы")
	if got.Text != "Вера:\nЭто мы" {
		t.Errorf("the customer sees %q", got.Text)
	}
	if err := w.sim.Edit(w.owner, telegramsim.Group(w.group), said, "Это снова мы"); err != nil {
		t.Fatal(err)
	}
	if got = w.gets(w.ivan, w.shop, "снова"); got.Text != "Вера:\nЭто снова мы" {
		t.Errorf("after an edit he sees %q", got.Text)
	}
	w.says(w.anna, topic, "Безымянный ответ", 0)
	if got = w.gets(w.ivan, w.shop, "Безымянный"); got.Text != "Безымянный ответ" {
		t.Errorf("without a public name: %q", got.Text)
	}
}
