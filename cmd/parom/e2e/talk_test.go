package e2e

import (
	"fmt"
	"strings"
	"testing"

	"parom/adapters/telegram/telegramsim"
)

// scenarios are run here in this process, and by the wire check through a proxy
// that holds every call to the API's schema.
var scenarios = []struct {
	name string
	run  func(w *world)
}{
	{"a text crosses both ways", textCrosses},
	{"quotes cross both ways", quotesCross},
	{"the team's own talk stays", talkStays},
	{"edits cross both ways", editsCross},
	{"an answer is taken back", answersTakenBack},
	{"files cross both ways", filesCross},
	{"albums cross both ways", albumsCross},
	{"every kind is carried or named", everyKind},
	{"reactions cross", reactionsCross},
	{"the card's buttons work", cardButtons},
	{"a blocked bot is told with buttons", blockedBot},
	{"a deleted topic heals", topicHeals},
	{"a closed topic is opened again", topicReopens},
	{"two customers of two channels each get their answers", twoCustomers},
	{"one person at two channels is answered where he asked", twoChannels},
	{"what strangers do goes nowhere", strangersGoNowhere},
	{"a throttled group keeps its order", throttledGroup},
	{"a restart loses nothing", restartLosesNothing},
	{"what was held is sent by its author once", heldIsSent},
	{"commands work in both layouts", commandsWork},
	{"long texts are carried whole", longTexts},
	{"operators send every kind", operatorsKinds},
	{"a crowd gets its answers in order", crowd},
	{"a removed bot holds and goes on", rightsLost},
}

func TestEndToEnd(t *testing.T) {
	for _, s := range scenarios {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			s.run(newWorld(t, setup{}))
		})
	}
}

func textCrosses(w *world) {
	w.writes(w.ivan, w.shop, "Где мой заказ <b>12</b>?")
	topic := w.topicOf("Иван")
	card := w.inTopic(topic, "Где мой заказ <b>12</b>?")
	if !strings.HasPrefix(card.Text, "→ Магазин") {
		w.t.Errorf("the card begins with where answers go: %q", card.Text)
	}
	if n := len(w.sim.InTopic(telegramsim.Group(w.group), topic)); n > 3 { // service line, card, pin line
		w.t.Errorf("a new topic has %d posts\n%s", n, w.picture())
	}
	said := w.says(w.anna, topic, "Уже едет", 0)
	w.gets(w.ivan, w.shop, "Уже едет")
	w.sign(said, "👌")
	w.writes(w.ivan, w.shop, "Спасибо")
	w.inTopic(topic, "Спасибо")
	if n := w.got(w.ivan, w.shop, "Уже едет"); n != 1 {
		w.t.Errorf("the answer arrived %d times", n)
	}
}

func quotesCross(w *world) {
	w.writes(w.ivan, w.shop, "Первый вопрос")
	topic := w.topicOf("Иван")
	w.inTopic(topic, "Первый вопрос")
	q := w.writes(w.ivan, w.shop, "Второй вопрос, длинный и подробный")
	shown := w.inTopic(topic, "Второй вопрос")
	w.posts(telegramsim.Post{From: w.anna, In: telegramsim.Group(w.group), Thread: topic, Text: "Отвечаю на второй", ReplyTo: shown.ID, Quote: "длинный"})
	got := w.gets(w.ivan, w.shop, "Отвечаю на второй")
	if got.ReplyTo != q || got.Quote == nil || got.Quote.Text != "длинный" {
		w.t.Errorf("the answer quotes %d %+v, want %d", got.ReplyTo, got.Quote, q)
	}
	w.posts(telegramsim.Post{From: w.ivan, In: telegramsim.Private(w.shop, w.ivan), Text: "А почему?", ReplyTo: got.ID})
	back := w.inTopic(topic, "А почему?")
	if m, ok := w.sim.Message(telegramsim.Group(w.group), back.ReplyTo); !ok || m.Text != "Отвечаю на второй" {
		w.t.Errorf("the customer's quote points at %d\n%s", back.ReplyTo, w.picture())
	}
}

func talkStays(w *world) {
	w.writes(w.ivan, w.shop, "Здравствуйте")
	topic := w.topicOf("Иван")
	card := w.inTopic(topic, "Здравствуйте")
	w.says(w.anna, topic, "// он уже звонил вчера", 0)
	w.says(w.anna, topic, "..тайное слово", 0)
	w.says(w.anna, topic, ".привет", 0)
	w.says(w.anna, topic, "/nonsense", 0)
	w.says(w.anna, topic, "@boris_op тайное глянь", 0)
	held := w.inTopic(topic, "коллеге")
	w.says(w.boris, topic, "тайное согласен", held.ID)
	note := w.says(w.anna, topic, "// тайное", 0)
	w.sign(note, "🙊")
	if err := w.sim.Edit(w.anna, telegramsim.Group(w.group), note, "тайное без отметки"); err != nil {
		w.t.Fatal(err)
	}
	w.quiet(w.ivan, w.shop, "тайное")
	w.quiet(w.ivan, w.shop, "звонил")
	w.quiet(w.ivan, w.shop, "привет")
	w.quiet(w.ivan, w.shop, "nonsense")
	w.says(w.anna, topic, "Добрый день!", card.ID)
	w.gets(w.ivan, w.shop, "Добрый день!")
}

func editsCross(w *world) {
	q := w.writes(w.ivan, w.shop, "Мне нужен стул")
	topic := w.topicOf("Иван")
	w.inTopic(topic, "Мне нужен стул")
	if err := w.sim.Edit(w.ivan, telegramsim.Private(w.shop, w.ivan), q, "Мне нужен стол"); err != nil {
		w.t.Fatal(err)
	}
	w.inTopic(topic, "Мне нужен стол")
	said := w.says(w.anna, topic, "Стол есть", 0)
	w.gets(w.ivan, w.shop, "Стол есть")
	if err := w.sim.Edit(w.anna, telegramsim.Group(w.group), said, "Стола нет"); err != nil {
		w.t.Fatal(err)
	}
	w.gets(w.ivan, w.shop, "Стола нет")
	if err := w.sim.Edit(w.ivan, telegramsim.Private(w.shop, w.ivan), q, "Мне нужен шкаф"); err != nil {
		w.t.Fatal(err)
	}
	w.until("the late edit to be told as was and is", func() bool {
		for _, m := range w.sim.InTopic(telegramsim.Group(w.group), topic) {
			if strings.Contains(m.Text, "стол") && strings.Contains(m.Text, "шкаф") {
				return true
			}
		}
		return false
	})
}

func answersTakenBack(w *world) {
	w.writes(w.ivan, w.shop, "Сколько стоит?")
	topic := w.topicOf("Иван")
	w.inTopic(topic, "Сколько стоит?")
	said := w.says(w.anna, topic, "Сто рублей", 0)
	w.gets(w.ivan, w.shop, "Сто рублей")
	w.says(w.anna, topic, "/del", said)
	w.until("the answer to be gone", func() bool { return w.got(w.ivan, w.shop, "Сто рублей") == 0 })
	w.inTopic(topic, "удал")
}

func twoCustomers(w *world) {
	w.writes(w.ivan, w.shop, "Иван пишет в магазин")
	ivan := w.topicOf("Иван")
	w.writes(w.olga, w.help, "Ольга пишет в помощь")
	olga := w.topicOf("Ольга")
	w.inTopic(ivan, "Иван пишет")
	w.inTopic(olga, "Ольга пишет")
	w.says(w.anna, ivan, "ответ-для-ивана", 0)
	w.says(w.boris, olga, "ответ-для-ольги", 0)
	w.gets(w.ivan, w.shop, "ответ-для-ивана")
	w.gets(w.olga, w.help, "ответ-для-ольги")
	for _, c := range []struct {
		user, bot int64
		words     string
	}{{w.ivan, w.shop, "ольги"}, {w.ivan, w.help, "ответ"}, {w.olga, w.help, "ивана"}, {w.olga, w.shop, "ответ"}} {
		if w.got(c.user, c.bot, c.words) != 0 {
			w.t.Errorf("an answer reached the wrong customer\n%s", w.picture())
		}
	}
	// A reply to another topic's post is refused.
	card := w.inTopic(ivan, "Иван пишет")
	w.posts(telegramsim.Post{From: w.anna, In: telegramsim.Group(w.group), Thread: olga, Text: "чужое", ReplyTo: card.ID})
	w.quiet(w.ivan, w.shop, "чужое")
	w.quiet(w.olga, w.help, "чужое")
}

// twoChannels: a person who writes to two bots is a contact of each, until somebody
// joins them.
func twoChannels(w *world) {
	w.writes(w.ivan, w.shop, "сколько-стоит-стул")
	w.writes(w.ivan, w.help, "где-мой-заказ")
	shop, help := w.topicShowing("сколько-стоит-стул"), w.topicShowing("где-мой-заказ")
	if shop == help {
		w.t.Fatalf("both channels are in one topic\n%s", w.picture())
	}
	w.says(w.anna, help, "ответ-про-заказ", 0) // in the other order than asked
	w.says(w.boris, shop, "ответ-про-стул", 0)
	w.gets(w.ivan, w.shop, "ответ-про-стул")
	w.gets(w.ivan, w.help, "ответ-про-заказ")
	w.writes(w.ivan, w.shop, "а-стол")
	w.inTopic(shop, "а-стол")
	card := w.inTopic(help, "где-мой-заказ")
	w.says(w.anna, shop, "ответ-про-стол", 0)
	w.says(w.anna, help, "заказ-едет", card.ID)
	w.gets(w.ivan, w.shop, "ответ-про-стол")
	w.gets(w.ivan, w.help, "заказ-едет")
	for _, c := range []struct {
		bot   int64
		words string
	}{{w.shop, "заказ"}, {w.help, "ответ-про-ст"}} {
		if w.got(w.ivan, c.bot, c.words) != 0 {
			w.t.Errorf("an answer went to where it was not asked for\n%s", w.picture())
		}
	}
}

// topicShowing waits for the topic in which the bot showed some words.
func (w *world) topicShowing(words string) int64 {
	w.t.Helper()
	var id int64
	w.until(fmt.Sprintf("%q in a topic", words), func() bool {
		for _, t := range w.sim.Topics(w.group) {
			for _, m := range w.sim.InTopic(telegramsim.Group(w.group), t.ID) {
				if t.ID != 0 && m.From.ID == w.help && strings.Contains(m.Text, words) {
					id = t.ID
					return true
				}
			}
		}
		return false
	})
	return id
}

func restartLosesNothing(w *world) {
	w.writes(w.ivan, w.shop, "До остановки")
	topic := w.topicOf("Иван")
	w.inTopic(topic, "До остановки")
	w.stop()
	w.writes(w.ivan, w.shop, "Пока никого нет")
	w.says(w.anna, topic, "Ответ пока никого нет", 0)
	w.start()
	w.inTopic(topic, "Пока никого нет")
	w.gets(w.ivan, w.shop, "Ответ пока никого нет")
	if n := w.got(w.ivan, w.shop, "Ответ пока никого нет"); n != 1 {
		w.t.Errorf("the answer arrived %d times", n)
	}
}
