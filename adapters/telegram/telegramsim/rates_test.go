package telegramsim

import (
	"fmt"
	"testing"
	"time"
)

func TestRates_TwentyAMinuteInAGroupAsASlidingWindow(t *testing.T) {
	w := newWorld(t)
	id := w.topic("1") // counts
	m := w.must("sendMessage", args{"chat_id": w.forum, "message_thread_id": id, "text": "2"})
	w.must("editMessageText", args{"chat_id": w.forum, "message_id": m.ID, "text": "3"})
	w.clock.move(10 * time.Second)
	for i := 4; i <= 20; i++ {
		w.must("sendMessage", args{"chat_id": w.forum, "text": fmt.Sprint(i)})
	}
	r := w.refused(429, "Too Many Requests: retry after 50", "sendMessage", args{"chat_id": w.forum, "text": "21"})
	if r.RetryAfter != 50 {
		t.Errorf("retry_after %d, want 50: the oldest is 10 s old", r.RetryAfter)
	}
	w.refused(429, "retry after 50", "createForumTopic", args{"chat_id": w.forum, "name": "21"})
	w.refused(429, "retry after 50", "editMessageText", args{"chat_id": w.forum, "message_id": m.ID, "text": "21"})
	w.must("setMessageReaction", args{"chat_id": w.forum, "message_id": m.ID, "reaction": []args{{"type": "emoji", "emoji": "👌"}}})
	w.must("sendChatAction", args{"chat_id": w.forum, "action": "typing"})
	w.must("deleteMessage", args{"chat_id": w.forum, "message_id": m.ID})
	w.must("sendMessage", args{"chat_id": w.anna, "text": "another chat is free"})
	w.clock.move(50 * time.Second)
	for range 3 {
		w.must("sendMessage", args{"chat_id": w.forum, "text": "the first three fell out"})
	}
	w.refused(429, "retry after 10", "sendMessage", args{"chat_id": w.forum, "text": "x"})
	if got := w.Throttled(); got != 4 {
		t.Errorf("Throttled %d, want 4", got)
	}
}

func TestRates_AlbumsCountEachItem(t *testing.T) {
	w := newWorld(t)
	for i := range 15 {
		w.must("sendMessage", args{"chat_id": w.forum, "text": fmt.Sprint(i)})
	}
	album := args{"chat_id": w.forum, "media": []args{}}
	for i := range 6 {
		album[fmt.Sprintf("f%d", i)] = upfile{"a.txt", []byte("x")}
		album["media"] = append(album["media"].([]args), args{"type": "document", "media": fmt.Sprintf("attach://f%d", i)})
	}
	w.refused(429, "retry after 60", "sendMediaGroup", album)
	w.clock.move(time.Minute)
	raw, ref := w.try(w.token, "sendMediaGroup", album)
	if ref != nil || len(raw) == 0 {
		t.Fatal(ref)
	}
}

func TestRates_OneChatAndOneBot(t *testing.T) {
	w := newWorld(t, knob(func(k *Knobs) { k.ChatBurst = 3; k.BotMessages = 5 }))
	for range 3 {
		w.must("sendMessage", args{"chat_id": w.anna, "text": "burst"})
	}
	w.refused(429, "retry after 3", "sendMessage", args{"chat_id": w.anna, "text": "over the burst"})
	for range 2 {
		w.must("sendMessage", args{"chat_id": w.forum, "text": "elsewhere"})
	}
	w.refused(429, "retry after 1", "sendMessage", args{"chat_id": w.forum, "text": "over the bot's own"})
	w.clock.move(3 * time.Second)
	w.must("sendMessage", args{"chat_id": w.anna, "text": "later"})
}

func TestRates_CostsAreAKnob(t *testing.T) {
	w := newWorld(t, knob(func(k *Knobs) { k.Costs = map[string]int{"setmessagereaction": 1, "sendmessage": 0} }))
	m := w.must("sendMessage", args{"chat_id": w.forum, "text": "free"})
	for i := range 20 {
		w.must("setMessageReaction", args{"chat_id": w.forum, "message_id": m.ID, "reaction": []args{{"type": "emoji", "emoji": []string{"👌", "👍"}[i%2]}}})
	}
	w.refused(429, "retry after", "setMessageReaction", args{"chat_id": w.forum, "message_id": m.ID})
	w.must("sendMessage", args{"chat_id": w.forum, "text": "still free"})
}
