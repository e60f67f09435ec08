package botapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

const testToken = "424242:AAplanted-secret_0123456789abcdef"

// server answers every call with h and checks that the path is the token's.
func server(t *testing.T, h func(w http.ResponseWriter, r *http.Request, method string)) (*Client, *httptest.Server) {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		method, ok := strings.CutPrefix(r.URL.Path, "/bot"+testToken+"/")
		if !ok {
			method = strings.TrimPrefix(r.URL.Path, "/file/bot"+testToken+"/")
		}
		h(w, r, method)
	}))
	t.Cleanup(srv.Close)
	return newClient(t, Options{Endpoint: srv.URL}), srv
}

func newClient(t *testing.T, o Options) *Client {
	t.Helper()
	o.Token = testToken
	if o.Doer == nil {
		tr := &http.Transport{}
		t.Cleanup(tr.CloseIdleConnections)
		o.Doer = &http.Client{Transport: tr}
	}
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func answer(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
}

func asError(t *testing.T, err error) *Error {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("%v (%T) is no *Error", err, err)
	}
	return e
}

func TestNew_RefusesWhatCannotWork(t *testing.T) {
	for name, o := range map[string]Options{
		"no token":                   {},
		"a token with a slash":       {Token: "1:AAAAAAAA/BBBB"},
		"a token with a line end":    {Token: testToken + "\n"},
		"an endpoint without host":   {Token: testToken, Endpoint: "http:///bot%s/%s"},
		"an endpoint with one verb":  {Token: testToken, Endpoint: "http://h/bot%s"},
		"an endpoint with %d":        {Token: testToken, Endpoint: "http://h/bot%s/%d"},
		"an endpoint of another art": {Token: testToken, Endpoint: "ftp://h/bot%s/%s"},
		"a token in the endpoint":    {Token: testToken, Endpoint: "http://u:" + testToken + "@h/bot%s/%s"},
		"an odd path, no file one":   {Token: testToken, Endpoint: "http://h/x%s/%s"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := New(o)
			if err == nil {
				t.Fatal("accepted")
			}
			if strings.Contains(err.Error(), "planted-secret") {
				t.Fatalf("shows the token: %v", err)
			}
		})
	}
}

func TestEndpoints(t *testing.T) {
	for _, tc := range []struct{ api, file, wantAPI, wantFile string }{
		{"", "", DefaultEndpoint, DefaultFileEndpoint},
		{"http://h:1/", "", "http://h:1/bot%s/%s", "http://h:1/file/bot%s/%s"},
		{"http://h/p/bot%s/%s", "", "http://h/p/bot%s/%s", "http://h/p/file/bot%s/%s"},
		{"http://h/bot%s/test/%s", "http://f", "http://h/bot%s/test/%s", "http://f/file/bot%s/%s"},
	} {
		api, file, err := endpoints(tc.api, tc.file)
		if err != nil || api != tc.wantAPI || file != tc.wantFile {
			t.Errorf("endpoints(%q, %q) = %q, %q, %v", tc.api, tc.file, api, file, err)
		}
	}
}

func TestSendMessage_SendsFormAndDecodesMessage(t *testing.T) {
	c, _ := server(t, func(w http.ResponseWriter, r *http.Request, method string) {
		if err := r.ParseForm(); err != nil || method != "sendMessage" {
			t.Errorf("%s %v", method, err)
		}
		want := map[string]string{
			"chat_id": "-100123", "message_thread_id": "7", "text": "привет <b>",
			"entities":             `[{"type":"bold","offset":0,"length":6}]`,
			"reply_parameters":     `{"message_id":5,"allow_sending_without_reply":true}`,
			"link_preview_options": `{"is_disabled":true}`,
			"reply_markup":         `{"inline_keyboard":[[{"text":"ok","callback_data":"x"}]]}`,
		}
		for k, v := range want {
			if got := r.PostForm.Get(k); got != v {
				t.Errorf("%s = %q, want %q", k, got, v)
			}
		}
		if len(r.PostForm) != len(want) {
			t.Errorf("sent %v", r.PostForm)
		}
		answer(w, 200, `{"ok":true,"result":{"message_id":9,"message_thread_id":7,"is_topic_message":true,"date":1,"chat":{"id":-100123,"type":"supergroup","is_forum":true},"text":"привет"}}`)
	})
	m, err := c.SendMessage(t.Context(), SendMessageParams{
		Target:             Target{ChatID: -100123, ThreadID: 7, Reply: &ReplyParameters{MessageID: 5, AllowSendingWithoutReply: true}},
		Text:               "привет <b>",
		Entities:           []MessageEntity{{Type: "bold", Length: 6}},
		LinkPreviewOptions: &LinkPreviewOptions{IsDisabled: true},
		ReplyMarkup:        &InlineKeyboard{Rows: [][]InlineButton{{{Text: "ok", CallbackData: "x"}}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if m.MessageID != 9 || m.ThreadID != 7 || !m.IsTopicMessage || !m.Chat.IsForum || m.Text != "привет" || m.Content() != "text" {
		t.Errorf("decoded %+v", m)
	}
}

func TestEncode_LeavesGeneralTopicOut(t *testing.T) {
	for id, want := range map[ThreadID]string{0: "", 1: "", 2: "2"} {
		form, err := encode(SendMessageParams{Target: Target{ChatID: 1, ThreadID: id}, Text: "x"})
		if err != nil || form["message_thread_id"] != want {
			t.Errorf("thread %d: %q, %v", id, form["message_thread_id"], err)
		}
		if _, sent := form["message_thread_id"]; sent != (want != "") {
			t.Errorf("thread %d: sent %v", id, sent)
		}
	}
}

func TestEncode_KeepsSentStringsThatLookLikeJSON(t *testing.T) {
	form, err := encode(SendMessageParams{Text: `null`})
	if err != nil || form["text"] != "null" {
		t.Fatalf("%v, %v", form, err)
	}
	form, err = encode(EditMessageTextParams{Text: `{"a":1}` + "\x00\xff"})
	if err != nil || form["text"] != `{"a":1}`+"\x00\ufffd" {
		t.Fatalf("%q, %v", form["text"], err)
	}
}

func TestGetUpdates_OneOddUpdatePoisonsNothing(t *testing.T) {
	c, _ := server(t, func(w http.ResponseWriter, r *http.Request, _ string) {
		_ = r.ParseForm()
		if r.PostForm.Get("allowed_updates") != `["message"]` || r.PostForm.Get("offset") != "10" {
			t.Errorf("asked %v", r.PostForm)
		}
		answer(w, 200, `{"ok":true,"result":[
			{"update_id":10,"message":{"message_id":1,"date":1,"chat":{"id":5,"type":"private"},"text":"a"}},
			{"update_id":11,"message":{"message_id":"secret words","date":1,"chat":{"id":5}}},
			{"update_id":12,"shiny_new_thing":{"x":1}},
			{"update_id":13,"message":{"message_id":2,"date":1,"chat":{"id":5,"type":"private"},"text":"b"}}]}`)
	})
	us, err := c.GetUpdates(t.Context(), GetUpdatesParams{Offset: 10, AllowedUpdates: []string{"message"}})
	if err != nil || len(us) != 4 {
		t.Fatalf("%d updates, %v", len(us), err)
	}
	if us[0].Message.Text != "a" || us[3].Message.Text != "b" || us[3].UpdateID != 13 {
		t.Errorf("neighbours: %+v", us)
	}
	if odd := us[1]; odd.UpdateID != 11 || odd.Err == nil || odd.Message != nil || odd.Kind != "message" || !json.Valid(odd.Raw) {
		t.Errorf("odd one: %+v", odd)
	} else if strings.Contains(odd.Err.Error(), "secret words") {
		t.Errorf("quotes content: %v", odd.Err)
	}
	if us[2].Kind != "shiny_new_thing" || us[2].Err != nil || us[2].UpdateID != 12 {
		t.Errorf("unknown one: %+v", us[2])
	}
}

func TestGetUpdates_AllowedUpdates(t *testing.T) {
	for name, tc := range map[string]struct {
		list []string
		want string
		sent bool
	}{
		"nil keeps the last list":       {nil, "", false},
		"empty is the server's default": {[]string{}, "[]", true},
	} {
		form, err := encode(GetUpdatesParams{AllowedUpdates: tc.list})
		got, sent := form["allowed_updates"]
		if err != nil || got != tc.want || sent != tc.sent {
			t.Errorf("%s: %q %v %v", name, got, sent, err)
		}
	}
}

func TestCall_ClassifiesFailures(t *testing.T) {
	hijack := func(after string) func(w http.ResponseWriter, r *http.Request, _ string) {
		return func(w http.ResponseWriter, r *http.Request, _ string) {
			_, _ = io.Copy(io.Discard, r.Body)
			conn, buf, err := w.(http.Hijacker).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			_, _ = buf.WriteString(after)
			_ = buf.Flush()
			_ = conn.Close()
		}
	}
	plain := func(status int, ctype, body string) func(w http.ResponseWriter, r *http.Request, _ string) {
		return func(w http.ResponseWriter, _ *http.Request, _ string) {
			w.Header().Set("Content-Type", ctype)
			if status == 429 {
				w.Header().Set("Retry-After", "9")
			}
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		}
	}
	refuse := func(status int, body string) func(w http.ResponseWriter, r *http.Request, _ string) {
		return plain(status, "application/json; charset=utf-8", body)
	}
	head := "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n"
	for name, tc := range map[string]struct {
		h     func(w http.ResponseWriter, r *http.Request, _ string)
		kind  Kind
		code  int
		sent  bool
		retry time.Duration
	}{
		"a refusal in words":                   {refuse(400, `{"ok":false,"error_code":400,"description":"Bad Request: chat not found"}`), KindChatNotFound, 400, false, 0},
		"throttled by parameters":              {refuse(429, `{"ok":false,"error_code":429,"description":"Too Many Requests: retry after 5","parameters":{"retry_after":5}}`), KindThrottled, 429, false, 5 * time.Second},
		"throttled by a proxy":                 {plain(429, "text/html", "<h1>slow</h1>"), KindThrottled, 429, false, 9 * time.Second},
		"a bad gateway's page":                 {plain(502, "text/html", "<html>502</html>"), KindUnavailable, 502, true, 0},
		"a bad gateway in JSON":                {refuse(502, `{"ok":false,"error_code":502,"description":"Bad Gateway"}`), KindUnavailable, 502, true, 0},
		"a file too large for the proxy":       {plain(413, "text/html", "<html>"), KindTooLarge, 413, false, 0},
		"a captive portal":                     {plain(200, "text/html", "<html>pay</html>"), KindUnavailable, 200, true, 0},
		"a redirect":                           {plain(302, "text/html", ""), KindUnavailable, 302, false, 0},
		"no content type":                      {plain(200, "", `{"ok":true}`), KindUnavailable, 200, true, 0},
		"broken JSON":                          {refuse(200, `{"ok":true,"result":{"mess`), KindUnavailable, 200, true, 0},
		"not JSON although it says so":         {refuse(200, `<html>`), KindUnavailable, 200, true, 0},
		"a result of another shape":            {refuse(200, `{"ok":true,"result":"no"}`), KindUnavailable, 200, true, 0},
		"cut in mid answer":                    {hijack(head + `{"ok":tr`), KindUnavailable, 200, true, 0},
		"cut before the answer":                {hijack(""), KindUnavailable, 0, true, 0},
		"not HTTP":                             {hijack("SSH-2.0-OpenSSH\r\n"), KindUnavailable, 0, true, 0},
		"not ok without a code":                {refuse(200, `{"ok":false,"description":"Strange"}`), KindUnknown, 200, false, 0},
		"a migrated group":                     {refuse(400, `{"ok":false,"error_code":400,"description":"Bad Request: group chat was upgraded to a supergroup chat","parameters":{"migrate_to_chat_id":-1001}}`), KindMigrated, 400, false, 0},
		"an error code unlike the status":      {refuse(200, `{"ok":false,"error_code":403,"description":"Forbidden: bot was blocked by the user"}`), KindPeerGone, 403, false, 0},
		"an answer longer than the bound":      {refuse(200, `{"ok":true,"result":"`+strings.Repeat("x", 3000)+`"}`), KindUnavailable, 200, true, 0},
		"a compressed answer past the bound":   {gzipped(3 << 20), KindUnavailable, 200, true, 0},
		"words with control characters in":     {refuse(400, `{"ok":false,"error_code":400,"description":"a\u0000\nb"}`), KindUnknown, 400, false, 0},
		"a server that repeats the token":      {refuse(400, `{"ok":false,"error_code":400,"description":"no `+testToken+`"}`), KindUnknown, 400, false, 0},
		"a redirect that repeats the token":    {func(w http.ResponseWriter, r *http.Request, _ string) { http.Redirect(w, r, r.URL.Path+"/x", 307) }, KindUnavailable, 307, false, 0},
		"headers that never end":               {hijack("HTTP/1.1 200 OK\r\nX: " + testToken + strings.Repeat("y", 3<<20)), KindUnavailable, 0, true, 0},
		"a status line with the token in":      {hijack("HTTP/1.1 " + testToken + "\r\n\r\n"), KindUnavailable, 0, true, 0},
		"JSON with the token where ok belongs": {refuse(200, `{"ok":"`+testToken+`"}`), KindUnavailable, 200, true, 0},
	} {
		t.Run(name, func(t *testing.T) {
			_, srv := server(t, tc.h)
			c := newClient(t, Options{Endpoint: srv.URL, MaxAnswerBytes: 2000})
			_, err := c.SendMessage(t.Context(), SendMessageParams{Target: Target{ChatID: 1}, Text: "hello"})
			e := asError(t, err)
			if e.Kind != tc.kind || e.Code != tc.code || e.Sent != tc.sent || e.RetryAfter != tc.retry || e.Method != "sendMessage" {
				t.Errorf("got %s code %d sent %v retry %s (%v)", e.Kind, e.Code, e.Sent, e.RetryAfter, err)
			}
			noToken(t, err)
		})
	}
}

// noToken fails if any way to print err, or a link of its chain, shows the token.
func noToken(t *testing.T, err error) {
	t.Helper()
	seen := fmt.Sprintf("%v|%+v|%s|%q|%#v", err, err, err, err, err)
	var walk func(error)
	walk = func(e error) {
		if e == nil {
			return
		}
		seen += fmt.Sprintf("|%v|%+v|%#v", e, e, e)
		switch w := e.(type) { //nolint:errorlint // walks the chain itself
		case interface{ Unwrap() error }:
			walk(w.Unwrap())
		case interface{ Unwrap() []error }:
			for _, e := range w.Unwrap() {
				walk(e)
			}
		}
	}
	walk(err)
	if strings.Contains(seen, "planted-secret") {
		t.Errorf("shows the token: %s", seen)
	}
	if strings.ContainsAny(err.Error(), "\n\x00") {
		t.Errorf("more than a line: %q", err)
	}
}

func TestCall_RefusedConnectionWasNotSent(t *testing.T) {
	_, srv := server(t, func(http.ResponseWriter, *http.Request, string) {})
	srv.Close()
	c := newClient(t, Options{Endpoint: srv.URL})
	_, err := c.SendMessage(t.Context(), SendMessageParams{Text: "x"})
	if e := asError(t, err); e.Kind != KindUnavailable || e.Sent || e.Code != 0 {
		t.Errorf("%+v", e)
	}
	noToken(t, err)
}

// brokenPipe takes what it is told to and no byte more.
type brokenPipe struct {
	net.Conn
	takes int
}

func (c *brokenPipe) Write(b []byte) (int, error) {
	if c.takes < 0 {
		c.takes += len(b)
	}
	if len(b) <= c.takes {
		c.takes -= len(b)
		return c.Conn.Write(b)
	}
	n, _ := c.Conn.Write(b[:c.takes])
	c.takes = 0
	return n, &net.OpError{Op: "write", Net: "tcp", Err: syscall.EPIPE}
}

func TestCall_WhatTheKernelDidNotTakeWasNotSent(t *testing.T) {
	for name, takes := range map[string]int{"nothing": 0, "a part": 60, "all but a byte": -1} {
		t.Run(name, func(t *testing.T) {
			var acted atomic.Bool
			_, srv := server(t, func(_ http.ResponseWriter, r *http.Request, _ string) {
				if _, err := io.ReadAll(r.Body); err == nil {
					acted.Store(true)
				}
			})
			transport := &http.Transport{DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
				c, err := (&net.Dialer{}).DialContext(ctx, network, addr)
				return &brokenPipe{c, takes}, err
			}}
			defer transport.CloseIdleConnections()
			c := newClient(t, Options{Endpoint: srv.URL, Doer: &http.Client{Transport: transport}})
			_, err := c.SendMessage(t.Context(), SendMessageParams{Target: Target{ChatID: 1}, Text: "x"})
			if e := asError(t, err); e.Kind != KindUnavailable || e.Sent {
				t.Errorf("%+v", e)
			}
			noToken(t, err)
			srv.Close() // it waits for what it is at
			if acted.Load() {
				t.Error("the server has all of it")
			}
		})
	}
}

func TestCall_AConnectionClosedBeforehandTookNothing(t *testing.T) {
	for name, tc := range map[string]struct {
		err  error
		sent bool
	}{
		"closed while idle":             {errors.New("http: server closed idle connection"), false},
		"cut while an answer was due":   {&net.OpError{Op: "read", Err: syscall.ECONNRESET}, true},
		"ended while an answer was due": {io.EOF, true},
	} {
		t.Run(name, func(t *testing.T) {
			c := newClient(t, Options{Endpoint: "http://127.0.0.1:1", Doer: doerFunc(func(r *http.Request) (*http.Response, error) {
				_, _ = io.Copy(io.Discard, r.Body)
				return nil, &url.Error{Op: "Post", URL: r.URL.String(), Err: tc.err}
			})})
			_, err := c.SendMessage(t.Context(), SendMessageParams{Target: Target{ChatID: 1}, Text: "x"})
			if e := asError(t, err); e.Kind != KindUnavailable || e.Sent != tc.sent {
				t.Errorf("%+v", e)
			}
			noToken(t, err)
		})
	}
}

func TestCall_EndsWithItsContext(t *testing.T) {
	got := make(chan struct{}, 1)
	release := make(chan struct{})
	defer close(release)
	c, srv := server(t, func(_ http.ResponseWriter, r *http.Request, _ string) {
		_, _ = io.Copy(io.Discard, r.Body)
		got <- struct{}{}
		select {
		case <-release:
		case <-r.Context().Done():
		}
	})
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-got; cancel() }()
	_, err := c.SendMessage(ctx, SendMessageParams{Text: "x"})
	if e := asError(t, err); e.Kind != KindCanceled || !e.Sent || !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	noToken(t, err)

	slow := newClient(t, Options{Endpoint: srv.URL, Timeouts: Timeouts{Call: 30 * time.Millisecond}})
	_, err = slow.SendMessage(t.Context(), SendMessageParams{Text: "x"})
	if e := asError(t, err); e.Kind != KindUnavailable || !e.Sent || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("timed out: %v", err)
	}
	noToken(t, err)

	done, cancel2 := context.WithCancel(t.Context())
	cancel2()
	_, err = c.SendMessage(done, SendMessageParams{Text: "x"})
	if e := asError(t, err); e.Kind != KindCanceled || e.Sent {
		t.Errorf("before it began: %v", err)
	}
}

func TestCall_KeepsItsConnection(t *testing.T) {
	peers := map[string]bool{}
	c, _ := server(t, func(w http.ResponseWriter, r *http.Request, _ string) {
		peers[r.RemoteAddr] = true
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"ok":true,"result":[`)
		w.(http.Flusher).Flush() // chunked
		_, _ = io.WriteString(w, `]}`)
		w.(http.Flusher).Flush()
		time.Sleep(2 * time.Millisecond) // the last chunk comes by itself
	})
	for range 5 {
		if _, err := c.GetUpdates(t.Context(), GetUpdatesParams{}); err != nil {
			t.Fatal(err)
		}
	}
	if len(peers) != 1 {
		t.Errorf("%d connections for five calls", len(peers))
	}
}
