package telegramsim

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// act posts to the control API and decodes the answer.
func (w *world) act(name string, body any, into any) int {
	w.t.Helper()
	b, _ := json.Marshal(body)
	resp, err := w.web.Post(w.URL()+"/_sim/"+name, "application/json", bytes.NewReader(b))
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, _ := io.ReadAll(resp.Body)
	if into != nil {
		if err := json.Unmarshal(raw, into); err != nil {
			w.t.Fatalf("%s: %v in %s", name, err, raw)
		}
	}
	return resp.StatusCode
}

func (w *world) read(path string, into any) int {
	w.t.Helper()
	resp, err := w.web.Get(w.URL() + "/_sim/" + path)
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(into); err != nil {
		w.t.Fatalf("%s: %v", path, err)
	}
	return resp.StatusCode
}

func TestControl_ActsAndReadsLikeTheGoAPI(t *testing.T) {
	w := newWorld(t)
	var made struct {
		Token string
		ID    int64
		IDs   []int64
	}
	w.act("new_bot", args{"new_bot": args{"name": "Second", "username": "second_bot"}}, &made)
	if _, ref := w.try(made.Token, "getMe", nil); ref != nil {
		t.Fatal(ref)
	}
	bot := made.ID
	if code := w.act("start", args{"user": w.anna, "bot": bot, "parameter": "x"}, nil); code != 200 {
		t.Errorf("start: %d", code)
	}
	w.act("send", args{"from": w.anna, "in": args{"bot": bot, "chat": w.anna}, "text": "hello"}, &made)
	var ms []Seen
	w.read(fmt.Sprintf("messages?bot=%d&chat=%d", bot, w.anna), &ms)
	if len(ms) != 2 || ms[1].Text != "hello" || ms[1].ID != made.IDs[0] {
		t.Errorf("messages: %+v", ms)
	}
	var body bytes.Buffer
	mw := multipart.NewWriter(&body)
	_ = mw.WriteField("post", fmt.Sprintf(`{"from":%d,"in":{"bot":%d,"chat":%d},"kind":"photo","text":"look"}`, w.anna, bot, w.anna))
	p, _ := mw.CreateFormFile("file", "a.png")
	_, _ = p.Write(picture(4, 4))
	_ = mw.Close()
	resp, err := w.web.Post(w.URL()+"/_sim/send", mw.FormDataContentType(), &body)
	if err != nil || resp.StatusCode != 200 {
		t.Fatalf("multipart send: %v %v", err, resp)
	}
	_ = resp.Body.Close()
	w.read(fmt.Sprintf("messages?bot=%d&chat=%d&live", bot, w.anna), &ms)
	f := ms[len(ms)-1].File
	if f == nil || f.Width != 4 {
		t.Fatalf("file: %+v", f)
	}
	resp, err = w.web.Get(w.URL() + f.URL)
	if err != nil {
		t.Fatal(err)
	}
	got, _ := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if !bytes.Equal(got, picture(4, 4)) || resp.Header.Get("Content-Type") != "image/png" {
		t.Errorf("file of %d bytes, %s", len(got), resp.Header.Get("Content-Type"))
	}
	var refusal struct{ Error string }
	if code := w.act("block", args{"user": 1, "bot": 2}, &refusal); code != 400 || refusal.Error == "" {
		t.Errorf("a wrong act: %d %+v", code, refusal)
	}
	if code := w.act("knobs", args{"knobs": args{"group_messages": 3}}, nil); code != 200 || w.Knobs().GroupMessages != 3 || w.Knobs().ChatBurst != 5 {
		t.Errorf("knobs: %d %+v", code, w.Knobs())
	}
	var st State
	w.read("state?messages=1", &st)
	if len(st.Bots) != 2 || len(st.Messages) == 0 {
		t.Errorf("state: %+v", st)
	}
}

func TestControl_EventsStreamWhatHappens(t *testing.T) {
	w := newWorld(t)
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	req, _ := http.NewRequestWithContext(ctx, http.MethodGet, w.URL()+"/_sim/events", nil)
	resp, err := w.web.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	lines := bufio.NewScanner(resp.Body)
	lines.Scan() // the stream is open
	w.must("sendMessage", args{"chat_id": w.anna, "text": "streamed"})
	for lines.Scan() {
		if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
			var ch Change
			if err := json.Unmarshal([]byte(data), &ch); err != nil {
				t.Fatal(err)
			}
			if ch.Kind != "message" || ch.Seen == nil || ch.Seen.Text != "streamed" {
				t.Errorf("event: %+v", ch)
			}
			return
		}
	}
	t.Error("no event came")
}

func TestPersist_StateSurvivesARestart(t *testing.T) {
	dir := t.TempDir()
	w := newWorld(t, func(o *Options) { o.Dir, o.Persist = dir, true })
	topic := w.topic("Kept")
	w.must("sendDocument", args{"chat_id": w.forum, "message_thread_id": topic, "document": upfile{"a.txt", []byte("kept")}, "caption": "c"})
	w.say("waiting for the bot")
	before := w.Messages(Group(w.forum))
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	s, err := New(Options{Clock: w.clock, Dir: dir, Persist: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Serve(); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	after := s.Messages(Group(w.forum))
	x, _ := json.Marshal(before)
	y, _ := json.Marshal(after)
	if string(x) != string(y) {
		t.Errorf("messages changed:\n%s\n%s", x, y)
	}
	if b := s.Bots()[0]; b.Pending == 0 || b.Token != w.token {
		t.Errorf("bot: %+v", b)
	}
	if _, f, err := s.File(after[len(after)-1].File.Key); err != nil || f.Size != 4 {
		t.Errorf("file: %v %+v", err, f)
	}
}

func TestSeeding_FromAFileWithRun(t *testing.T) {
	path := filepath.Join(t.TempDir(), "seed.json")
	writeFile(t, path, `{"bots":[{"name":"Shop","username":"shop_bot","token":"77:AAA"}],
		"people":[{"first_name":"Anna","username":"anna"},{"first_name":"Boss","username":"boss"}],
		"groups":[{"title":"Staff","forum":true,"owner":"boss","bots":["shop_bot"]}],
		"starts":[{"person":"anna","bot":"shop_bot"}],"knobs":{"chat_burst":9}}`)
	ctx, cancel := context.WithCancel(context.Background())
	var seen *Server
	err := Run(ctx, Options{SeedFile: path}, func(s *Server) { seen = s; cancel() })
	if err != nil {
		t.Fatal(err)
	}
	if seen.Knobs().ChatBurst != 9 || seen.Knobs().GroupMessages != 20 || len(seen.Chats(0)) != 2 || seen.Bots()[0].Token != "77:AAA" {
		t.Errorf("seeded: %+v", seen.Dump(false))
	}
	writeFile(t, path, `{"bot":[]}`)
	if err := Run(ctx, Options{SeedFile: path}, nil); err == nil {
		t.Error("an unknown key was taken")
	}
}

func TestWebhook_RetriesInOrderWithTheSecretAndRunsTheAnswer(t *testing.T) {
	w := newWorld(t)
	w.updates(nil)
	var calls atomic.Int32
	got := make(chan string, 10)
	hook := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Telegram-Bot-Api-Secret-Token") != "s3cret" {
			t.Error("no secret")
		}
		var u gotUpdate
		_ = json.NewDecoder(r.Body).Decode(&u)
		if calls.Add(1) == 1 {
			rw.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		rw.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprintf(rw, `{"method":"sendMessage","chat_id":%d,"text":"re: %s"}`, u.Message.Chat.ID, *u.Message.Text)
		got <- *u.Message.Text
	}))
	defer hook.Close()
	w.must("setWebhook", args{"url": hook.URL, "secret_token": "s3cret"})
	w.say("one")
	w.say("two")
	w.clock.waiting(t, 1)
	var info map[string]any
	raw, _ := w.try(w.token, "getWebhookInfo", nil)
	_ = json.Unmarshal(raw, &info)
	if info["pending_update_count"] != 2.0 || !strings.Contains(fmt.Sprint(info["last_error_message"]), "503") {
		t.Errorf("info: %v", info)
	}
	w.clock.move(time.Second)
	if a, b := <-got, <-got; a != "one" || b != "two" {
		t.Errorf("delivered %s, %s", a, b)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := w.WaitFor(ctx, func() bool { return len(w.Live(Private(w.bot, w.anna))) == 5 && w.Drained(w.bot) }); err != nil {
		t.Errorf("answers in the body: %v %+v", err, w.Live(Private(w.bot, w.anna)))
	}
	w.must("deleteWebhook", nil)
}
