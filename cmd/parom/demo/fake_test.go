package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// fakeGateway is the least that makes the page's parts move, over the raw Bot
// API: topics, cards with a button, answers, files, edits. It stands in where a
// test is about the page; TestBrowser runs the real program.
type fakeGateway struct {
	w       World
	mu      sync.Mutex
	topics  map[string]int64 // bot token and customer -> topic
	back    map[int64]origin // topic -> customer
	console Bot
}

type origin struct {
	bot  Bot
	chat int64
}

type fakeUpdate struct {
	ID      int64        `json:"update_id"`
	Message *fakeMessage `json:"message"`
	Query   *struct {
		ID      string       `json:"id"`
		From    fakeUser     `json:"from"`
		Message *fakeMessage `json:"message"`
	} `json:"callback_query"`
}

type fakeUser struct {
	ID    int64  `json:"id"`
	IsBot bool   `json:"is_bot"`
	Name  string `json:"first_name"`
}

type fakeMessage struct {
	ID     int64    `json:"message_id"`
	Thread int64    `json:"message_thread_id"`
	Text   string   `json:"text"`
	From   fakeUser `json:"from"`
	Chat   struct {
		ID   int64  `json:"id"`
		Type string `json:"type"`
	} `json:"chat"`
	Photo json.RawMessage `json:"photo"`
}

func runFake(ctx context.Context, w World) error {
	f := &fakeGateway{w: w, topics: map[string]int64{}, back: map[int64]origin{}}
	var wg sync.WaitGroup
	for _, b := range w.Bots {
		if b.Console {
			f.console = b
		}
	}
	for _, b := range w.Bots {
		wg.Go(func() { f.poll(ctx, b) })
	}
	wg.Wait()
	return nil
}

func (f *fakeGateway) call(ctx context.Context, b Bot, method string, in map[string]any, out any) error {
	body, _ := json.Marshal(in)
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, f.w.Endpoint+"/bot"+b.Token+"/"+method, bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	var answer struct {
		OK          bool
		Description string
		Result      json.RawMessage
	}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		return err
	}
	if !answer.OK {
		return fmt.Errorf("%s: %s", method, answer.Description)
	}
	if out != nil {
		return json.Unmarshal(answer.Result, out)
	}
	return nil
}

func (f *fakeGateway) poll(ctx context.Context, b Bot) {
	offset := int64(0)
	for ctx.Err() == nil {
		var ups []fakeUpdate
		if f.call(ctx, b, "getUpdates", map[string]any{"timeout": 10, "offset": offset}, &ups) != nil {
			select {
			case <-ctx.Done():
			case <-time.After(50 * time.Millisecond):
			}
			continue
		}
		for _, u := range ups {
			offset = u.ID + 1
			switch {
			case u.Query != nil:
				_ = f.call(ctx, b, "editMessageText", map[string]any{
					"chat_id": f.w.Group, "message_id": u.Query.Message.ID,
					"text": "Карточка: диалог у " + u.Query.From.Name,
				}, nil)
				_ = f.call(ctx, b, "answerCallbackQuery", map[string]any{"callback_query_id": u.Query.ID, "text": "Диалог ваш"}, nil)
			case u.Message == nil || u.Message.From.IsBot:
			case u.Message.Chat.Type == "private":
				f.fromCustomer(ctx, b, u.Message)
			default:
				f.fromStaff(ctx, u.Message)
			}
		}
	}
}

func (f *fakeGateway) fromCustomer(ctx context.Context, b Bot, m *fakeMessage) {
	f.mu.Lock()
	defer f.mu.Unlock()
	key := b.Token + strconv.FormatInt(m.Chat.ID, 10)
	if m.Text == "/start" {
		_ = f.call(ctx, b, "sendMessage", map[string]any{"chat_id": m.Chat.ID, "text": "Здравствуйте! Чем помочь?"}, nil)
		return
	}
	if f.topics[key] == 0 {
		var made struct {
			Thread int64 `json:"message_thread_id"`
		}
		if f.call(ctx, f.console, "createForumTopic", map[string]any{"chat_id": f.w.Group, "name": m.From.Name + " · " + b.Name}, &made) != nil {
			return
		}
		f.topics[key], f.back[made.Thread] = made.Thread, origin{b, m.Chat.ID}
		_ = f.call(ctx, f.console, "sendMessage", map[string]any{
			"chat_id": f.w.Group, "message_thread_id": made.Thread,
			"text":         "Карточка: " + m.From.Name,
			"reply_markup": map[string]any{"inline_keyboard": [][]map[string]string{{{"text": "Взять", "callback_data": "take"}}}},
		}, nil)
	}
	_ = f.call(ctx, b, "setMessageReaction", map[string]any{"chat_id": m.Chat.ID, "message_id": m.ID, "reaction": []map[string]string{{"type": "emoji", "emoji": "👀"}}}, nil)
	_ = f.call(ctx, f.console, "sendMessage", map[string]any{"chat_id": f.w.Group, "message_thread_id": f.topics[key], "text": m.Text + " "}, nil)
}

func (f *fakeGateway) fromStaff(ctx context.Context, m *fakeMessage) {
	f.mu.Lock()
	to, known := f.back[m.Thread]
	f.mu.Unlock()
	if known && m.Text != "" {
		_ = f.call(ctx, to.bot, "sendMessage", map[string]any{"chat_id": to.chat, "text": m.Text}, nil)
	}
}
