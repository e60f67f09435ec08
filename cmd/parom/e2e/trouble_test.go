package e2e

import (
	"strings"

	"parom/adapters/telegram/telegramsim"
)

func reactionsCross(w *world) {
	w.writes(w.ivan, w.shop, "Спасибо большое")
	topic := w.topicOf("Иван")
	shown := w.inTopic(topic, "Спасибо большое")
	w.writes(w.ivan, w.shop, "Очень помогли")
	second := w.inTopic(topic, "Очень помогли")
	if err := w.sim.React(w.anna, telegramsim.Group(w.group), second.ID, "❤"); err != nil {
		w.t.Fatal(err)
	}
	w.until("the operator's heart at the customer", func() bool {
		for _, m := range w.sim.Live(telegramsim.Private(w.shop, w.ivan)) {
			for _, r := range m.Reactions {
				if m.Text == "Очень помогли" && r.Emoji == "❤" {
					return true
				}
			}
		}
		return false
	})
	said := w.says(w.anna, topic, "Обращайтесь", shown.ID)
	got := w.gets(w.ivan, w.shop, "Обращайтесь")
	w.sign(said, "👌")
	if err := w.sim.React(w.ivan, telegramsim.Private(w.shop, w.ivan), got.ID, "🔥"); err != nil {
		w.t.Fatal(err)
	}
	w.sign(said, "🔥")
	if err := w.sim.React(w.ivan, telegramsim.Private(w.shop, w.ivan), got.ID); err != nil {
		w.t.Fatal(err)
	}
	w.sign(said, "👌")
}

func cardButtons(w *world) {
	w.writes(w.ivan, w.shop, "Есть вопрос")
	topic := w.topicOf("Иван")
	card := w.inTopic(topic, "Есть вопрос")
	if pop := w.press(w.anna, card.ID, "Взять"); pop == "" {
		w.t.Error("no pop-up")
	}
	w.inTopic(topic, "Анна")
	w.press(w.anna, card.ID, "Закрыть")
	w.inTopic(topic, "закры")
	w.writes(w.ivan, w.shop, "Ещё вопрос")
	again := w.inTopic(topic, "Ещё вопрос")
	if !strings.Contains(again.Text, "№") {
		w.t.Errorf("a new dialog starts with its divider: %q", again.Text)
	}
	w.says(w.boris, topic, "Слушаю", 0)
	w.gets(w.ivan, w.shop, "Слушаю")
}

func blockedBot(w *world) {
	w.writes(w.ivan, w.shop, "Перезвоните")
	topic := w.topicOf("Иван")
	w.inTopic(topic, "Перезвоните")
	w.sim.AddFault(telegramsim.Fault{
		Bot: w.shop, Method: "sendMessage", Count: 1,
		Refuse: &telegramsim.Refusal{Code: 400, Description: "Bad Request: WEBPAGE_MEDIA_EMPTY"},
	})
	said := w.says(w.anna, topic, "Звоню", 0)
	w.sign(said, "💔")
	notice := w.noticeFor(topic, said)
	w.press(w.anna, notice.ID, "Повтор")
	w.gets(w.ivan, w.shop, "Звоню")
	w.sign(said, "👌")
	if err := w.sim.Block(w.ivan, w.shop); err != nil {
		w.t.Fatal(err)
	}
	w.inTopic(topic, "больше не доходят")
	w.says(w.anna, topic, "Вы здесь?", 0)
	w.until("the refusal", func() bool {
		n := 0
		for _, m := range w.topicPosts(topic)() {
			if m.From.ID == w.help && strings.Contains(m.Text, "не доход") {
				n++
			}
		}
		return n >= 2
	})
	if w.got(w.ivan, w.shop, "Вы здесь?") != 0 {
		w.t.Error("an answer went to a customer who has blocked the bot")
	}
}

// noticeFor waits for a notice with buttons that replies to a post.
func (w *world) noticeFor(topic, post int64) telegramsim.Seen {
	w.t.Helper()
	var found telegramsim.Seen
	w.until("a notice about the post", func() bool {
		for _, m := range w.topicPosts(topic)() {
			if m.From.ID == w.help && m.ReplyTo == post && len(m.Buttons) > 0 {
				found = m
				return true
			}
		}
		return false
	})
	return found
}

func topicHeals(w *world) {
	w.writes(w.ivan, w.shop, "Первое")
	topic := w.topicOf("Иван")
	w.inTopic(topic, "Первое")
	if err := w.sim.DeleteTopic(w.owner, w.group, topic); err != nil {
		w.t.Fatal(err)
	}
	w.writes(w.ivan, w.shop, "Второе")
	w.writes(w.ivan, w.shop, "Третье")
	again := w.topicOf("Иван")
	w.inTopic(again, "Второе")
	w.inTopic(again, "Третье")
	n := 0
	for _, t := range w.sim.Topics(w.group) {
		if !t.Deleted && strings.Contains(t.Name, "Иван") {
			n++
		}
	}
	if n != 1 {
		w.t.Errorf("%d topics of the customer, want 1\n%s", n, w.picture())
	}
	w.says(w.anna, again, "Вижу", 0)
	w.gets(w.ivan, w.shop, "Вижу")
}

func topicReopens(w *world) {
	w.writes(w.ivan, w.shop, "Первое")
	topic := w.topicOf("Иван")
	w.inTopic(topic, "Первое")
	if err := w.sim.CloseTopic(w.owner, w.group, topic); err != nil {
		w.t.Fatal(err)
	}
	w.writes(w.ivan, w.shop, "Второе")
	w.inTopic(topic, "Второе")
	w.until("the topic to be open", func() bool {
		for _, t := range w.sim.Topics(w.group) {
			if t.ID == topic {
				return !t.Closed
			}
		}
		return false
	})
}

func strangersGoNowhere(w *world) {
	w.writes(w.ivan, w.shop, "Жду ответа")
	topic := w.topicOf("Иван")
	w.inTopic(topic, "Жду ответа")
	if err := w.sim.SetAnonymous(w.group, w.owner, true); err != nil {
		w.t.Fatal(err)
	}
	w.posts(telegramsim.Post{From: w.owner, In: telegramsim.Group(w.group), Thread: topic, Text: "скрытый админ", Anonymous: true})
	w.inTopic(topic, "аноним")
	w.quiet(w.ivan, w.shop, "скрытый")
	if err := w.sim.Remove(w.owner, w.group, w.boris); err != nil {
		w.t.Fatal(err)
	}
	w.says(w.anna, topic, "Отвечаю", 0)
	w.gets(w.ivan, w.shop, "Отвечаю")
}

func throttledGroup(w *world) {
	w.writes(w.ivan, w.shop, "Раз")
	topic := w.topicOf("Иван")
	w.inTopic(topic, "Раз")
	fault := w.sim.AddFault(telegramsim.Fault{
		Bot: w.help, Chat: w.group, Method: "sendMessage", Count: 1,
		Refuse: &telegramsim.Refusal{Code: 429, Description: "Too Many Requests: retry after 1", RetryAfter: 1},
	})
	w.writes(w.ivan, w.shop, "Два")
	w.writes(w.ivan, w.shop, "Три")
	w.inTopic(topic, "Два")
	w.inTopic(topic, "Три")
	w.sim.RemoveFault(fault)
	ps := w.topicPosts(topic)()
	two, three := -1, -1
	for i, m := range ps {
		if strings.Contains(m.Text, "Два") {
			two = i
		}
		if strings.Contains(m.Text, "Три") {
			three = i
		}
	}
	if two > three {
		w.t.Errorf("the order is lost\n%s", w.picture())
	}
}
