package console_test

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path"
	"strings"
	"sync"
	"testing"

	"parom/adapters/telegram"
	"parom/adapters/telegram/console"
	"parom/adapters/telegram/telegramsim"
	"parom/core"
)

// tapped puts a proxy before the simulator that notes what goes over the wire.
func tapped(t *testing.T, w *world) (*console.Console, func(method string) url.Values) {
	t.Helper()
	to, err := url.Parse(w.sim.URL())
	must(t, err)
	var mu sync.Mutex
	sent := map[string]url.Values{}
	next := httputil.NewSingleHostReverseProxy(to)
	tap := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
			if err := r.ParseForm(); err != nil {
				t.Error(err)
			}
			mu.Lock()
			sent[path.Base(r.URL.Path)] = r.PostForm
			mu.Unlock()
			body := r.PostForm.Encode()
			r.Body, r.ContentLength = http.NoBody, int64(len(body))
			r.Body = readCloser{strings.NewReader(body)}
		}
		next.ServeHTTP(rw, r)
	}))
	t.Cleanup(func() {
		tap.CloseClientConnections()
		tap.Close()
		http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	})
	bot, err := telegram.NewBot(telegram.BotOptions{Token: w.token, Endpoint: tap.URL, Clock: w.clock, Log: discard(), Cursors: w.cursors})
	must(t, err)
	c, err := console.New(console.Options{Bot: bot, Media: w.files, Clock: w.clock, Rooms: w.rooms, Log: discard()})
	must(t, err)
	return c, func(method string) url.Values {
		mu.Lock()
		defer mu.Unlock()
		return sent[method]
	}
}

type readCloser struct{ *strings.Reader }

func (readCloser) Close() error { return nil }

func TestWire_SaysWhatItMeans(t *testing.T) {
	w := newWorld(t)
	c, sent := tapped(t, w)
	at, err := c.OpenTopic(w.ctx(), w.room, "Customer", "🐫")
	must(t, err)
	if f := sent("createForumTopic"); f.Has("icon_custom_emoji_id") || f.Get("icon_color") == "" {
		t.Errorf("%v", f)
	}

	words := core.Content{Text: core.Plain("see https://example.org")}
	card, err := c.Show(w.ctx(), core.Post{Topic: at, Content: words, Silent: true, Buttons: [][]core.Button{{{ID: "b", Label: "Take"}, {URL: "https://example.org", Label: "Page"}}}})
	must(t, err)
	f := sent("sendMessage")
	if f.Get("disable_notification") != "true" || f.Get("message_thread_id") != at.Thread || f.Get("link_preview_options") != `{"is_disabled":true}` ||
		f.Get("reply_markup") != `{"inline_keyboard":[[{"text":"Take","callback_data":"b"},{"text":"Page","url":"https://example.org"}]]}` || f.Has("parse_mode") {
		t.Errorf("a card of ours: %v", f)
	}

	_, err = c.Show(w.ctx(), core.Post{Topic: core.TopicRef{Room: w.room}, Content: words, ReplyTo: card.Posts[0]})
	must(t, err)
	f = sent("sendMessage")
	if f.Has("disable_notification") || f.Has("message_thread_id") || f.Has("link_preview_options") || f.Has("reply_markup") ||
		!strings.Contains(f.Get("reply_parameters"), `"allow_sending_without_reply":true`) {
		t.Errorf("a customer's words: %v", f)
	}

	must(t, c.Pin(w.ctx(), card.Posts[0]))
	if f := sent("pinChatMessage"); f.Get("disable_notification") != "true" {
		t.Errorf("a pin makes a sound: %v", f)
	}
	must(t, c.Amend(w.ctx(), card.Posts[0], core.Post{Content: words}))
	if f := sent("editMessageText"); f.Has("reply_markup") {
		t.Errorf("buttons stay: %v", f)
	}
	must(t, c.EditTopic(w.ctx(), at, "New", ""))
	if f := sent("editForumTopic"); f.Get("name") != "New" || f.Has("icon_custom_emoji_id") {
		t.Errorf("the icon goes with the title: %v", f)
	}
	_, err = c.Show(w.ctx(), core.Post{Topic: at, Copy: &card.Posts[0], Silent: true, ReplyTo: card.Posts[0], Buttons: [][]core.Button{{{ID: "b", Label: "x"}}}})
	must(t, err)
	if f := sent("copyMessage"); f.Has("caption") || f.Get("message_thread_id") != at.Thread || f.Get("disable_notification") != "true" || !f.Has("reply_markup") {
		t.Errorf("a copy: %v", f)
	}
}

func TestWire_APressIsAnsweredWithoutCache(t *testing.T) {
	w := newWorld(t)
	c, sent := tapped(t, w)
	w.con = c
	at := w.topic("Customer")
	ref := w.show(at, "card", core.Button{ID: "b", Label: "Take"})
	w.settle()
	p, err := w.sim.Press(w.ctx(), w.anna, w.at, ref.Seq, "Take")
	must(t, err)
	if f := sent("answerCallbackQuery"); p != (telegramsim.Popup{Text: "done"}) || f.Has("cache_time") || f.Has("show_alert") {
		t.Errorf("%+v %v", p, f)
	}
}
