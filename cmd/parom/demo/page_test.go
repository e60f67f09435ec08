package demo

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"parom/core/lang"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// started is a demo under way in this process.
type started struct {
	url   string
	world World
	stop  func() error
}

func run(t *testing.T, o Options) *started {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	worlds := make(chan World, 1)
	gateway := o.Gateway
	if gateway == nil {
		gateway = func(ctx context.Context, _ World) error { <-ctx.Done(); return nil }
	}
	o.Gateway = func(ctx context.Context, w World) error {
		worlds <- w
		return gateway(ctx, w)
	}
	r, w := io.Pipe()
	o.Out = w
	ended := make(chan error, 1)
	go func() { err := Run(ctx, o); _ = w.Close(); ended <- err }()
	line, err := bufio.NewReader(r).ReadString('\n')
	if err != nil {
		t.Fatalf("no URL: %v, %v", err, <-ended)
	}
	s := &started{url: strings.TrimSpace(line), world: <-worlds}
	var once error
	stopped := false
	s.stop = func() error {
		if !stopped {
			stopped = true
			cancel()
			once = <-ended
			http.DefaultClient.CloseIdleConnections()
		}
		return once
	}
	t.Cleanup(func() { _ = s.stop() })
	return s
}

func (s *started) get(t *testing.T, path string, change func(*http.Request)) (*http.Response, string) {
	t.Helper()
	return s.do(t, http.MethodGet, path, "", change)
}

func (s *started) do(t *testing.T, method, path, body string, change func(*http.Request)) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequest(method, s.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(r)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(b)
}

func TestPage_AnswersOnlyUnderLoopbackNames(t *testing.T) {
	s := run(t, Options{})
	for host, want := range map[string]int{
		"localhost": 200, "localhost:8080": 200, "LOCALHOST": 200, "127.0.0.1": 200, "127.0.0.1:1": 200, "[::1]:9": 200, "[::1]": 200, "127.8.8.8": 200,
		"evil.example": 421, "evil.example:80": 421, "localhost.evil.example": 421, "127.0.0.1.evil.example": 421, "192.168.0.1": 421,
		"10.0.0.1:80": 421, "0.0.0.0": 421, "[::]": 421,
	} {
		for _, path := range []string{"/", "/api/chats", "/js/main.js"} {
			resp, _ := s.get(t, path, func(r *http.Request) { r.Host = host })
			if resp.StatusCode != want {
				t.Errorf("GET %s as %s: %d, want %d", path, host, resp.StatusCode, want)
			}
		}
	}
}

func TestPage_OtherSitesCannotAct(t *testing.T) {
	s := run(t, Options{})
	for name, change := range map[string]func(*http.Request){
		"a browser says cross-site": func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") },
		"a browser says same-site":  func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "same-site") },
		"an origin is another's":    func(r *http.Request) { r.Header.Set("Origin", "https://evil.example") },
	} {
		resp, _ := s.do(t, http.MethodPost, "/api/block", `{}`, change)
		if resp.StatusCode != http.StatusForbidden {
			t.Errorf("%s: %d, want 403", name, resp.StatusCode)
		}
	}
	resp, body := s.do(t, http.MethodPost, "/api/block", `{"user":1,"bot":2}`, func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "same-origin") })
	if resp.StatusCode != http.StatusBadRequest || !strings.Contains(body, "no such bot") {
		t.Errorf("the page itself: %d %s, want the simulator's refusal", resp.StatusCode, body)
	}
}

func TestPage_PolicyForbidsForeignAndInlineCode(t *testing.T) {
	s := run(t, Options{})
	resp, body := s.get(t, "/", nil)
	got := resp.Header.Values("Content-Security-Policy")
	if len(got) != 1 {
		t.Fatalf("policies: %q", got)
	}
	for _, want := range []string{"default-src 'none'", "script-src 'self';", "style-src 'self';", "connect-src 'self'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'none'", "require-trusted-types-for 'script'"} {
		if !strings.Contains(got[0], want) {
			t.Errorf("policy lacks %q: %s", want, got[0])
		}
	}
	if strings.Contains(got[0], "unsafe") {
		t.Errorf("policy allows too much: %s", got[0])
	}
	for _, bad := range []*regexp.Regexp{
		regexp.MustCompile(`(?i)<script(?:\s[^>]*)?>[^<\s{]`), regexp.MustCompile(`(?i)\son[a-z]+=`), regexp.MustCompile(`(?i)\sstyle=`),
		regexp.MustCompile(`(?i)(src|href)="(https?:)?//`),
	} {
		for _, found := range bad.FindAllString(body, -1) {
			if !strings.Contains(found, `application/json`) {
				t.Errorf("the document has %q", found)
			}
		}
	}
	for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cross-Origin-Resource-Policy": "same-origin"} {
		if resp.Header.Get(name) != want {
			t.Errorf("%s: %q, want %q", name, resp.Header.Get(name), want)
		}
	}
}

func TestPage_ScriptsNeverMakeElementsFromText(t *testing.T) {
	bad := regexp.MustCompile(`innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|DOMParser|srcdoc|https?://[^"]*\.js|createContextualFragment`)
	scripts, err := fs.Glob(files, "page/js/*.js")
	if err != nil || len(scripts) < 5 {
		t.Fatalf("scripts: %v, %v", scripts, err)
	}
	for _, name := range scripts {
		b, err := files.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if found := bad.Find(b); found != nil {
			t.Errorf("%s has %q", name, found)
		}
		if n := strings.Count(string(b), "\n"); n > 400 {
			t.Errorf("%s has %d lines", name, n)
		}
	}
}

func TestPage_ShowsNoTokenAnywhere(t *testing.T) {
	s := run(t, Options{Gateway: runFake})
	customer, bot := s.cast(t).Customers[0].ID, s.cast(t).Bots[0].ID
	stream := s.listen(t)
	s.must(t, "start", fmt.Sprintf(`{"user":%d,"bot":%d}`, customer, bot))
	s.must(t, "send", fmt.Sprintf(`{"from":%d,"in":{"bot":%d,"chat":%d},"text":"hello"}`, customer, bot, customer))
	waitFor(t, func() bool {
		_, b := s.get(t, "/api/messages?chat="+s.world.Group, nil)
		return strings.Contains(b, "hello")
	})
	var all strings.Builder
	paths := []string{
		"/", "/?lang=en", "/js/main.js", "/api/chats", "/api/messages?chat=" + s.world.Group,
		fmt.Sprintf("/api/messages?bot=%d&chat=%d", bot, customer), "/api/nothing", "/file/nothing",
	}
	for _, p := range paths {
		resp, body := s.get(t, p, nil)
		fmt.Fprint(&all, resp.Header, body)
	}
	all.WriteString(stream())
	for _, b := range s.world.Bots {
		_, secret, _ := strings.Cut(b.Token, ":")
		if secret == "" || strings.Contains(all.String(), secret) {
			t.Errorf("the token of %s is shown", b.Username)
		}
	}
	if !strings.Contains(all.String(), `"kind":"message"`) {
		t.Error("the stream showed no message: nothing was tested")
	}
}

func TestPage_LetsThroughOnlyWhatAPersonCouldDo(t *testing.T) {
	s := run(t, Options{})
	for _, name := range []string{"bots", "state", "people", "requests", "calls", "knobs", "faults", "limits", "..%2fstate", "file/x"} {
		if resp, _ := s.get(t, "/api/"+name, nil); resp.StatusCode != http.StatusNotFound {
			t.Errorf("GET %s: %d, want 404", name, resp.StatusCode)
		}
	}
	for _, name := range []string{"new_bot", "revoke", "fault", "knobs", "limits", "delete_group", "promote", "save", "new_person", "migrate"} {
		if resp, _ := s.do(t, http.MethodPost, "/api/"+name, "{}", nil); resp.StatusCode != http.StatusNotFound {
			t.Errorf("POST %s: %d, want 404", name, resp.StatusCode)
		}
	}
	for _, path := range []string{"/_sim/bots", "/bot" + s.world.Bots[0].Token + "/getMe", "/file/..%2fbots", "/file/%2e%2e/bots"} {
		resp, body := s.get(t, path, nil)
		if resp.StatusCode == http.StatusOK {
			t.Errorf("GET %s: 200 %s", path, body)
		}
	}
}

func TestPage_FilesOfOthersCannotRun(t *testing.T) {
	s := run(t, Options{})
	c := s.cast(t)
	customer, bot := c.Customers[0].ID, c.Bots[0].ID
	for _, mime := range []string{"text/html", "image/svg+xml", "application/xhtml+xml", "text/plain"} {
		s.must(t, "send", fmt.Sprintf(`{"from":%d,"in":{"bot":%d,"chat":%d},"file":{"name":"x","mime":%q,"data":"PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg=="}}`, customer, bot, customer, mime))
	}
	_, body := s.get(t, fmt.Sprintf("/api/messages?bot=%d&chat=%d", bot, customer), nil)
	var list []struct {
		File *struct{ Key string }
	}
	if err := json.Unmarshal([]byte(body), &list); err != nil || len(list) != 4 {
		t.Fatalf("%v: %s", err, body)
	}
	for _, m := range list {
		resp, content := s.get(t, "/file/"+m.File.Key, nil)
		if resp.StatusCode != 200 || content != "<script>alert(1)</script>" {
			t.Fatalf("file: %d %q", resp.StatusCode, content)
		}
		csp := resp.Header.Values("Content-Security-Policy")
		if len(csp) != 1 || !strings.HasPrefix(csp[0], "sandbox; default-src 'none'") || resp.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %q, %q", resp.Header.Get("Content-Type"), csp, resp.Header.Get("X-Content-Type-Options"))
		}
	}
}

func TestPage_SpeaksTheLanguageChosen(t *testing.T) {
	s := run(t, Options{Lang: "en"})
	_, body := s.get(t, "/", nil)
	if !strings.Contains(body, `<html lang="en">`) || !strings.Contains(body, lang.For("en").Text("demo.tagline")) {
		t.Error("the demo's language is English and the page's is not")
	}
	resp, body := s.get(t, "/?lang=ru", nil)
	if !strings.Contains(body, `<html lang="ru">`) || !strings.Contains(body, lang.For("ru").Text("demo.tagline")) {
		t.Error("Russian was asked for and did not come")
	}
	_, body = s.get(t, "/", func(r *http.Request) { r.AddCookie(resp.Cookies()[0]) })
	if !strings.Contains(body, `<html lang="ru">`) {
		t.Error("the choice was forgotten")
	}
	if strings.Contains(body, "⟦") {
		t.Errorf("a text is missing: %s", regexp.MustCompile(`⟦[^⟧]*⟧`).FindString(body))
	}
}

func TestWords_ScriptsAndTextsKnowTheSameKeys(t *testing.T) {
	known := strings.Fields(pageWords)
	scripts, _ := fs.Glob(files, "page/js/*.js")
	var source strings.Builder
	for _, name := range scripts {
		b, _ := files.ReadFile(name)
		source.Write(b)
	}
	for _, m := range regexp.MustCompile(`\bt\((?:[a-z.]+ \? )?"([a-z_0-9]+)"(?: : "([a-z_0-9]+)")?[,)]`).FindAllStringSubmatch(source.String(), -1) {
		for _, key := range m[1:] {
			if key != "" && !slices.Contains(known, key) {
				t.Errorf("a script uses %q, which the page is not given", key)
			}
		}
	}
	for _, key := range known {
		plain := strings.Contains(source.String(), `"`+key+`"`)
		joined := regexp.MustCompile(`^(kind|line|as|empty|try)_`).MatchString(key)
		if !plain && !joined {
			t.Errorf("the page is given %q, which no script uses", key)
		}
		for _, l := range []string{"ru", "en"} {
			if !lang.For(l).Has("demo." + key) {
				t.Errorf("no demo.%s in %s", key, l)
			}
		}
	}
	for _, l := range []string{"ru", "en"} {
		for key, text := range words(lang.For(l)) {
			if strings.Contains(text, "⟦") || strings.Contains(text, "{{") {
				t.Errorf("%s in %s: %s", key, l, text)
			}
		}
	}
}

func TestRun_RefusesToListenForOthers(t *testing.T) {
	for _, listen := range []string{"0.0.0.0:0", ":8080", "192.168.1.1:80", "example.com:80", "nonsense"} {
		err := Run(context.Background(), Options{Listen: listen, Gateway: runFake})
		if err == nil || !strings.Contains(err.Error(), "--listen") {
			t.Errorf("--listen %s: %v", listen, err)
		}
	}
}

func TestRun_LeavesNothingBehindWithoutData(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	s := run(t, Options{})
	if _, err := os.Stat(s.world.Folder); err != nil {
		t.Fatal(err)
	}
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
	left, _ := os.ReadDir(os.TempDir())
	if len(left) != 0 {
		t.Errorf("left: %v", left)
	}
}

func TestRun_FindsItsWorldAgainWithData(t *testing.T) {
	data := t.TempDir()
	first := run(t, Options{Data: data})
	c := first.cast(t)
	first.must(t, "start", fmt.Sprintf(`{"user":%d,"bot":%d}`, c.Customers[0].ID, c.Bots[0].ID))
	if err := first.stop(); err != nil {
		t.Fatal(err)
	}
	second := run(t, Options{Data: data})
	again := second.cast(t)
	if fmt.Sprint(again) != fmt.Sprint(c) || second.world.Group != first.world.Group || fmt.Sprint(second.world.Bots) != fmt.Sprint(first.world.Bots) {
		t.Errorf("the world changed:\n%v\n%v", c, again)
	}
	_, body := second.get(t, fmt.Sprintf("/api/messages?bot=%d&chat=%d", c.Bots[0].ID, c.Customers[0].ID), nil)
	if !strings.Contains(body, "/start") {
		t.Errorf("the message is gone: %s", body)
	}
}

func TestRun_SavesWhileItRunsWithData(t *testing.T) {
	data := t.TempDir()
	s := run(t, Options{Data: data})
	waitFor(t, func() bool {
		c := s.cast(t)
		s.must(t, "start", fmt.Sprintf(`{"user":%d,"bot":%d}`, c.Customers[0].ID, c.Bots[0].ID))
		return saved(data)
	})
}

func saved(data string) bool {
	b, err := os.ReadFile(filepath.Join(data, "telegram", "state.json"))
	return err == nil && strings.Contains(string(b), "/start")
}

func TestRun_EndsWithTheGatewaysError(t *testing.T) {
	broken := errors.New("broken")
	for name, gateway := range map[string]func(context.Context, World) error{
		"it fails":        func(context.Context, World) error { return broken },
		"it panics":       func(context.Context, World) error { panic(broken) },
		"it simply stops": func(context.Context, World) error { return nil },
	} {
		done := make(chan error, 1)
		go func() { done <- Run(context.Background(), Options{Out: io.Discard, Gateway: gateway}) }()
		select {
		case err := <-done:
			if err == nil || name != "it simply stops" && !strings.Contains(err.Error(), "broken") {
				t.Errorf("%s: %v", name, err)
			}
		case <-time.After(10 * time.Second):
			t.Fatalf("%s: the demo goes on", name)
		}
	}
}

func TestRun_SaysWhenThePortIsTaken(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if err := Run(context.Background(), Options{Listen: l.Addr().String(), Out: io.Discard, Gateway: runFake}); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("%v", err)
	}
}

// cast is what the page was told.
func (s *started) cast(t *testing.T) (c cast) {
	t.Helper()
	_, body := s.get(t, "/", nil)
	m := regexp.MustCompile(`(?s)id="cast">(.*?)</script>`).FindStringSubmatch(body)
	if m == nil {
		t.Fatalf("no cast in the page: %s", body)
	}
	if err := json.Unmarshal([]byte(m[1]), &c); err != nil {
		t.Fatal(err)
	}
	return c
}

func (s *started) must(t *testing.T, act, body string) {
	t.Helper()
	if resp, answer := s.do(t, http.MethodPost, "/api/"+act, body, nil); resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d %s", act, resp.StatusCode, answer)
	}
}

// listen reads the stream of changes from now on until the returned function is called.
func (s *started) listen(t *testing.T) func() string {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	r, _ := http.NewRequestWithContext(ctx, http.MethodGet, s.url+"/api/events", nil)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		cancel()
		t.Fatal(err)
	}
	if got := resp.Header.Get("Content-Type"); got != "text/event-stream" {
		t.Errorf("stream: %s", got)
	}
	text := make(chan string, 1)
	go func() { b, _ := io.ReadAll(resp.Body); text <- string(b) }()
	return func() string { cancel(); _ = resp.Body.Close(); return <-text }
}

func waitFor(t *testing.T, cond func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !cond(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it did not happen")
		}
	}
}
