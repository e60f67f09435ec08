package telegramsim

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"
)

// query is a button press waiting for its one answer.
type query struct {
	id     string
	bot    int64
	at     time.Duration // monotonic
	answer chan Popup
	chat   *chat
	shown  Change // what the pop-up's change says
}

// Popup is what the bot answered to a button press.
type Popup struct {
	Text  string `json:"text"`
	Alert bool   `json:"alert"`
	URL   string `json:"url,omitempty"`
}

type wireQuery struct {
	ID       string       `json:"id"`
	From     User         `json:"from"`
	Message  *wireMessage `json:"message,omitempty"`
	Instance string       `json:"chat_instance"`
	Data     string       `json:"data,omitempty"`
}

// ErrNoAnswer is a button press that the bot did not answer in time.
var ErrNoAnswer = errors.New("telegramsim: the bot did not answer the button press in time")

// Press presses the button of a message that carries data (or, when there is
// none, the label) and waits for the pop-up: until the network gives up, on the
// server's clock, or ctx ends.
func (s *Server) Press(ctx context.Context, user int64, at Place, messageID int64, button string) (Popup, error) {
	q, err := s.press(user, at, messageID, button)
	if err != nil {
		return Popup{}, err
	}
	ttl := s.Knobs().CallbackTTL
	t := s.clock.NewTimer(ttl)
	defer t.Stop()
	select {
	case p := <-q.answer:
		return p, nil
	case <-t.C():
	case <-ctx.Done():
		return Popup{}, ctx.Err()
	case <-s.stopped:
	}
	return Popup{}, ErrNoAnswer
}

// Tap presses without waiting.
func (s *Server) Tap(user int64, at Place, messageID int64, button string) error {
	_, err := s.press(user, at, messageID, button)
	return err
}

func (s *Server) press(user int64, at Place, messageID int64, button string) (*query, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k, m, err := s.visible(user, at, messageID)
	if err != nil {
		return nil, err
	}
	b := s.st.Bots[m.From]
	if b == nil {
		return nil, errors.New("telegramsim: no bot behind the message")
	}
	found := pressed(m, button)
	if found == nil {
		return nil, fmt.Errorf("telegramsim: message %d has no button %q", messageID, button)
	}
	if k.private() && k.Blocked {
		return nil, errors.New("telegramsim: the bot is blocked")
	}
	q := &query{
		id: strconv.FormatInt(4_300_000_000_000_000_000+s.rng.Int64N(1<<50), 10), bot: b.ID, at: s.clock.Mono(), answer: make(chan Popup, 1),
		chat: k, shown: Change{Kind: "popup", Thread: topicOf(m), Message: m.ID, By: user},
	}
	s.sweepQueries()
	s.queries[q.id] = q
	s.note(k, Change{Kind: "pressed", Thread: topicOf(m), Message: m.ID, By: user, Text: found.Data})
	s.push(b, "callback_query", wireQuery{
		ID: q.id, From: s.user(user), Message: s.render(m, b.ID, true),
		Instance: strconv.FormatInt(at.Chat*7919+b.ID, 10), Data: found.Data,
	}, 150*time.Second) // 150 s: the server's source
	return q, nil
}

func pressed(m *message, button string) *Button {
	for _, row := range m.Keyboard {
		for i := range row {
			if row[i].Data != "" && row[i].Data == button {
				return &row[i]
			}
		}
	}
	for _, row := range m.Keyboard {
		for i := range row {
			if row[i].Data != "" && row[i].Text == button {
				return &row[i]
			}
		}
	}
	return nil
}

// sweepQueries forgets presses long past answering.
func (s *Server) sweepQueries() {
	if len(s.queries) < 1000 {
		return
	}
	for id, q := range s.queries {
		if s.clock.Mono()-q.at > s.knobs.CallbackTTL {
			delete(s.queries, id)
		}
	}
}

func (c *call) answerCallbackQuery() (any, error) {
	id := c.p.str("callback_query_id")
	q := c.queries[id]
	if q == nil || q.bot != c.bot.ID || c.clock.Mono()-q.at > c.knobs.CallbackTTL {
		return nil, bad("query is too old and response timeout expired or query ID is invalid")
	}
	p := Popup{Text: c.p.str("text"), Alert: c.p.flag("show_alert"), URL: c.p.str("url")}
	if units(p.Text) > 200 { // bots/api#answercallbackquery
		return nil, bad("MESSAGE_TOO_LONG")
	}
	delete(c.queries, id)
	q.answer <- p
	q.shown.Text = p.Text
	c.note(q.chat, q.shown)
	return true, nil
}
