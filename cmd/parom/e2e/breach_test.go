package e2e

import (
	"fmt"
	"strings"
	"testing"

	"parom/adapters/telegram/telegramsim"
)

// open is a topic of Ivan's at the shop, begun.
func (w *world) open() int64 {
	w.t.Helper()
	w.writes(w.ivan, w.shop, "Начало разговора")
	topic := w.topicOf("Иван")
	w.inTopic(topic, "Начало разговора")
	return topic
}

// through writes and answers once more, so that whatever was to leave before has left.
func (w *world) through(topic int64) {
	w.t.Helper()
	w.says(w.anna, topic, "контрольный ответ", 0)
	w.gets(w.ivan, w.shop, "контрольный ответ")
}

func TestBreach_AnEditDoesNotMakeTheTeamsTalkAnAnswer(t *testing.T) {
	w := newWorld(t, setup{})
	topic := w.open()
	for i, words := range []string{"/note тайное", ".сдщыу тайное", "@boris_op тайное", "/тайное", "// тайное"} {
		id := w.says(w.anna, topic, fmt.Sprintf("ответ-%d", i), 0)
		w.gets(w.ivan, w.shop, fmt.Sprintf("ответ-%d", i))
		if err := w.sim.Edit(w.anna, telegramsim.Group(w.group), id, words); err != nil {
			t.Fatal(err)
		}
		w.noticeFor(topic, id)
		if err := w.sim.Edit(w.anna, telegramsim.Group(w.group), id, "тайное, без отметки"); err != nil {
			t.Fatal(err)
		}
	}
	w.through(topic)
	w.quiet(w.ivan, w.shop, "тайное")
}

func TestBreach_WhatWaitsForATapLeavesAsNoteOnceItIsMarked(t *testing.T) {
	w := newWorld(t, setup{})
	topic := w.open()
	id := w.says(w.anna, topic, "@boris_op глянь", 0)
	n := w.noticeFor(topic, id)
	if err := w.sim.Edit(w.anna, telegramsim.Group(w.group), id, "// тайное Борису"); err != nil {
		t.Fatal(err)
	}
	w.until("the buttons to vanish", func() bool {
		m, _ := w.sim.Message(telegramsim.Group(w.group), n.ID)
		return len(m.Buttons) == 0
	})
	w.press2(w.owner, n)
	w.through(topic)
	w.quiet(w.ivan, w.shop, "тайное")
}

func TestBreach_PollsBearMarksToo(t *testing.T) {
	w := newWorld(t, setup{})
	topic := w.open()
	for _, q := range []string{"// тайное: кто за?", "@boris_op тайное?", "/close тайное?", "кто идёт на тайное?"} {
		w.posts(telegramsim.Post{
			From: w.anna, In: telegramsim.Group(w.group), Thread: topic,
			Poll: &telegramsim.Poll{Question: q, Options: []telegramsim.PollOption{{Text: "a"}, {Text: "b"}}},
		})
	}
	w.through(topic)
	w.quiet(w.ivan, w.shop, "тайное")
	for _, m := range w.chat(w.shop, w.ivan)() {
		if m.Poll != nil {
			t.Errorf("a poll of the team's reached the customer: %q", m.Poll.Question)
		}
	}
}

func TestBreach_ACallByNameIsHeldWhoeverIsCalled(t *testing.T) {
	w := newWorld(t, setup{})
	topic := w.open()
	zoya := w.sim.AddUser(telegramsim.Person{FirstName: "Зоя"})
	w.posts(telegramsim.Post{
		From: w.anna, In: telegramsim.Group(w.group), Thread: topic, Text: "Зоя, тайное глянь",
		Entities: []telegramsim.Entity{{Type: "text_mention", Length: 3, User: &telegramsim.User{ID: zoya, FirstName: "Зоя"}}},
	})
	w.says(w.anna, topic, "Вам поможет @boris_op наш мастер", 0)
	w.gets(w.ivan, w.shop, "наш мастер") // a name in the middle is no call
	w.quiet(w.ivan, w.shop, "тайное")
}

func TestBreach_AnotherAccountUnderAChannelsNameSendsNothing(t *testing.T) {
	w := newWorld(t, setup{})
	topic := w.open()
	w.stop()
	old := w.shop
	var err error
	if w.shopToken, w.shop, err = w.sim.MakeBot(telegramsim.BotOptions{Name: "Другой", Username: "other_test_bot"}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.sim.Start(w.ivan, w.shop, ""); err != nil {
		t.Fatal(err)
	}
	w.writeConfig(setup{})
	w.start()
	w.says(w.anna, topic, "кому это уйдёт", 0)
	w.until("the operator to be told", func() bool {
		for _, m := range w.topicPosts(topic)() {
			if m.From.ID == w.help && strings.Contains(m.Text, "shop") {
				return true
			}
		}
		return false
	})
	for _, bot := range []int64{old, w.shop} {
		if w.got(w.ivan, bot, "кому это") != 0 {
			t.Errorf("an answer left through bot %d", bot)
		}
	}
}

func TestBreach_ACustomerWhoJoinsTheGroupIsStillHeard(t *testing.T) {
	for _, from := range []string{"members", "listed"} {
		w := newWorld(t, setup{from: from})
		w.writes(w.olga, w.help, "до группы")
		topic := w.topicOf("Ольга")
		w.inTopic(topic, "до группы")
		if err := w.sim.Join(w.owner, w.group, w.olga); err != nil {
			t.Fatal(err)
		}
		w.writes(w.olga, w.help, "после вступления")
		w.inTopic(topic, "после вступления")
	}
}
