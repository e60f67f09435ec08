package telegramsim

import (
	"testing"
)

func TestSendMessage_ReachesTheCustomerAndTheirAnswerReachesTheBot(t *testing.T) {
	w := newWorld(t)
	w.updates(nil)
	sent := w.must("sendMessage", args{"chat_id": w.anna, "text": "hello https://example.com"})
	live := w.Live(Private(w.bot, w.anna))
	if got := live[len(live)-1]; got.Text != "hello https://example.com" || got.ID != sent.ID || len(got.Entities) != 1 {
		t.Errorf("Anna sees %+v", got)
	}
	if _, err := w.Send(Post{From: w.anna, In: Private(w.bot, w.anna), Text: "hi", ReplyTo: sent.ID}); err != nil {
		t.Fatal(err)
	}
	us := w.updates(nil)
	if len(us) != 1 || *us[0].Message.Text != "hi" || us[0].Message.ReplyTo.ID != sent.ID || us[0].Message.From.ID != w.anna {
		t.Errorf("updates: %+v", us)
	}
}

func TestTopic_MessagesCarryTheThreadAndAnswerItsCreation(t *testing.T) {
	w := newWorld(t)
	w.updates(nil)
	id := w.topic("VK Anna")
	us := w.updates(nil)
	if len(us) != 1 || us[0].Message.TopicCreated == nil || us[0].Message.ID != id || us[0].Message.From.ID != w.bot {
		t.Fatalf("own service message: %+v", us)
	}
	m := w.must("sendMessage", args{"chat_id": w.forum, "message_thread_id": id, "text": "card"})
	if m.Thread != id || !m.Topical || m.ReplyTo == nil || m.ReplyTo.ID != id {
		t.Errorf("sent: %+v", m)
	}
	if _, err := w.Send(Post{From: w.boris, In: Group(w.forum), Thread: id, Text: "an answer"}); err != nil {
		t.Fatal(err)
	}
	us = w.updates(nil)
	if len(us) != 1 || us[0].Message.Thread != id || us[0].Message.ReplyTo.TopicCreated == nil {
		t.Errorf("operator's message: %+v", us)
	}
	w.refused(400, "message thread not found", "sendMessage", args{"chat_id": w.forum, "message_thread_id": 1, "text": "x"})
}
