package botapi

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

const someMessage = `{"ok":true,"result":{"message_id":9,"date":1,"chat":{"id":1,"type":"private"}}}`

// part is what the server saw of one section of a form.
type part struct{ name, file, ctype, body string }

func readParts(t *testing.T, r *http.Request) []part {
	t.Helper()
	mr, err := r.MultipartReader()
	if err != nil {
		t.Errorf("not multipart: %v", err)
		return nil
	}
	var out []part
	for {
		p, err := mr.NextPart()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Errorf("parts: %v", err)
			return out
		}
		b, err := io.ReadAll(p)
		if err != nil {
			t.Errorf("part: %v", err)
		}
		out = append(out, part{p.FormName(), p.FileName(), p.Header.Get("Content-Type"), string(b)})
	}
}

// source counts how often it is opened and closed.
type source struct{ opened, closed atomic.Int32 }

func (s *source) upload(name, body string, size int64) *Upload {
	return &Upload{Name: name, SizeBytes: size, Open: func() (io.ReadCloser, error) {
		s.opened.Add(1)
		return &closing{Reader: strings.NewReader(body), s: s}, nil
	}}
}

type closing struct {
	io.Reader
	s    *source
	once sync.Once
}

func (c *closing) Close() error { c.once.Do(func() { c.s.closed.Add(1) }); return nil }

func TestSendDocument_UploadsFileAndThumbnail(t *testing.T) {
	for name, size := range map[string]int64{"with a known size": 5, "with an unknown size": -1} {
		t.Run(name, func(t *testing.T) {
			var s source
			var got []part
			var length int64
			c, _ := server(t, func(w http.ResponseWriter, r *http.Request, _ string) {
				length = r.ContentLength
				got = readParts(t, r)
				answer(w, 200, someMessage)
			})
			up := s.upload("отчёт \"1\"\r\nX: y.pdf", "hello", size)
			up.MIME = "application/pdf"
			_, err := c.SendDocument(t.Context(), SendDocumentParams{
				Target: Target{ChatID: 1, ThreadID: 7}, Caption: Caption{Caption: "c"},
				Document: InputFile{Upload: up}, Thumbnail: InputFile{Upload: s.upload("t.jpg", "thumb", 5)},
			})
			if err != nil {
				t.Fatal(err)
			}
			want := []part{
				{"caption", "", "", "c"},
				{"chat_id", "", "", "1"},
				{"message_thread_id", "", "", "7"},
				{"document", "отчёт %221%22X: y.pdf", "application/pdf", "hello"},
				{"thumbnail", "t.jpg", "application/octet-stream", "thumb"},
			}
			if len(got) != len(want) {
				t.Fatalf("got %+v", got)
			}
			for i := range want {
				if got[i] != want[i] {
					t.Errorf("part %d: %+v, want %+v", i, got[i], want[i])
				}
			}
			if (length > 0) != (size > 0) {
				t.Errorf("announced %d bytes", length)
			}
			if s.opened.Load() != 2 || s.closed.Load() != 2 {
				t.Errorf("opened %d, closed %d", s.opened.Load(), s.closed.Load())
			}
		})
	}
}

func TestSendMediaGroup_AttachesEachUpload(t *testing.T) {
	var s source
	var got []part
	c, _ := server(t, func(w http.ResponseWriter, r *http.Request, _ string) {
		got = readParts(t, r)
		answer(w, 200, `{"ok":true,"result":[{"message_id":9,"date":1,"chat":{"id":1}},{"message_id":10,"date":1,"chat":{"id":1}}]}`)
	})
	media := []InputMedia{
		{Type: "photo", Media: InputFile{Upload: s.upload("a.jpg", "A", 1)}, Caption: Caption{Caption: "both"}},
		{Type: "video", Media: InputFile{Upload: s.upload("b.mp4", "B", 1)}, Thumbnail: InputFile{Upload: s.upload("b.jpg", "T", 1)}},
		{Type: "photo", Media: FileID("AgAC")},
	}
	ms, err := c.SendMediaGroup(t.Context(), SendMediaGroupParams{Target: Target{ChatID: 1}, Media: media})
	if err != nil || len(ms) != 2 || ms[1].MessageID != 10 {
		t.Fatalf("%v, %v", ms, err)
	}
	want := []part{
		{"chat_id", "", "", "1"},
		{"media", "", "", `[{"type":"photo","caption":"both","media":"attach://file0"},{"type":"video","media":"attach://file1","thumbnail":"attach://file2"},{"type":"photo","media":"AgAC"}]`},
		{"file0", "a.jpg", "application/octet-stream", "A"},
		{"file1", "b.mp4", "application/octet-stream", "B"},
		{"file2", "b.jpg", "application/octet-stream", "T"},
	}
	for i := range want {
		if i >= len(got) || got[i] != want[i] {
			t.Fatalf("got %+v", got)
		}
	}
	if media[0].Media.Upload == nil || media[0].Media.attach != "" {
		t.Error("the caller's media were changed: a retry would send nothing")
	}
	if s.closed.Load() != 3 {
		t.Errorf("closed %d", s.closed.Load())
	}
}

func TestSendPhoto_ByReferenceIsAPlainForm(t *testing.T) {
	c, _ := server(t, func(w http.ResponseWriter, r *http.Request, _ string) {
		if err := r.ParseForm(); err != nil || r.PostForm.Get("photo") != "AgAC" || len(r.PostForm) != 2 {
			t.Errorf("%v %v", r.PostForm, err)
		}
		answer(w, 200, someMessage)
	})
	if _, err := c.SendPhoto(t.Context(), SendPhotoParams{Target: Target{ChatID: 1}, Photo: FileID("AgAC")}); err != nil {
		t.Fatal(err)
	}
}

func TestUpload_BrokenSourcesAreOursAndNeverSent(t *testing.T) {
	gone := errors.New("disk gone")
	open := func(r io.Reader, size int64) *Upload {
		return &Upload{Name: "x", SizeBytes: size, Open: func() (io.ReadCloser, error) { return io.NopCloser(r), nil }}
	}
	for name, tc := range map[string]struct {
		up   *Upload
		want error
		text string
	}{
		"does not open":         {&Upload{Open: func() (io.ReadCloser, error) { return nil, gone }}, gone, ""},
		"fails half-way":        {open(io.MultiReader(strings.NewReader("half"), failing{gone}), 100), gone, ""},
		"fails, size unknown":   {open(io.MultiReader(strings.NewReader("half"), failing{gone}), -1), gone, ""},
		"shorter than told":     {open(strings.NewReader("half"), 100), errSourceSize, ""},
		"longer than told":      {open(strings.NewReader(strings.Repeat("x", 200)), 100), errSourceSize, ""},
		"panics when opened":    {&Upload{Open: func() (io.ReadCloser, error) { panic("bad opener") }}, nil, "bad opener"},
		"panics when read":      {open(panicking{}, 100), nil, "bad reader"},
		"says the token itself": {open(failing{errors.New("no " + testToken)}, 100), nil, "no [token]"},
	} {
		t.Run(name, func(t *testing.T) {
			var whole atomic.Bool
			c, _ := server(t, func(w http.ResponseWriter, r *http.Request, _ string) {
				if _, err := io.Copy(io.Discard, r.Body); err == nil {
					whole.Store(true)
				}
				answer(w, 200, someMessage)
			})
			_, err := c.SendDocument(t.Context(), SendDocumentParams{Target: Target{ChatID: 1}, Document: InputFile{Upload: tc.up}})
			e := asError(t, err)
			if e.Sent || tc.want != nil && !errors.Is(err, tc.want) || !strings.Contains(err.Error(), tc.text) {
				t.Errorf("%v", err)
			}
			noToken(t, err)
			if whole.Load() {
				t.Error("the server took a whole request")
			}
		})
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

type panicking struct{}

func (panicking) Read([]byte) (int, error) { panic("bad reader") }

// blocked is a source that yields a little and then waits to be closed.
type blocked struct {
	first  io.Reader
	closed chan struct{}
	once   sync.Once
	at     chan struct{}
}

func (b *blocked) Read(p []byte) (int, error) {
	if n, err := b.first.Read(p); err == nil {
		return n, nil
	}
	select {
	case b.at <- struct{}{}:
	default:
	}
	<-b.closed
	return 0, errors.New("closed")
}

func (b *blocked) Close() error { b.once.Do(func() { close(b.closed) }); return nil }

func TestUpload_CancelledInMidFileIsNotSent(t *testing.T) {
	for name, stall := range map[string]time.Duration{"by the caller": 0, "by standing still": 40 * time.Millisecond} {
		t.Run(name, func(t *testing.T) {
			b := &blocked{first: strings.NewReader(strings.Repeat("x", 1<<20)), closed: make(chan struct{}), at: make(chan struct{}, 1)}
			handled := make(chan error, 1)
			_, srv := server(t, func(_ http.ResponseWriter, r *http.Request, _ string) {
				_, err := io.Copy(io.Discard, r.Body)
				handled <- err
			})
			c := newClient(t, Options{Endpoint: srv.URL, Timeouts: Timeouts{Stall: stall}})
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			if stall == 0 {
				go func() { <-b.at; cancel() }()
			}
			_, err := c.SendVideo(ctx, SendVideoParams{Target: Target{ChatID: 1}, Video: InputFile{Upload: &Upload{
				Name: "v.mp4", SizeBytes: 2 << 20, Open: func() (io.ReadCloser, error) { return b, nil },
			}}})
			e := asError(t, err)
			want, kind := context.Canceled, KindCanceled
			if stall != 0 {
				want, kind = context.DeadlineExceeded, KindUnavailable
			}
			if e.Sent || e.Kind != kind || !errors.Is(err, want) {
				t.Errorf("%v (%s)", err, e.Kind)
			}
			<-b.closed // the source is closed, whatever it was doing
			if err := <-handled; err == nil {
				t.Error("the server saw a whole body")
			}
			noToken(t, err)
		})
	}
}

func TestUpload_SlowButMovingIsNotCut(t *testing.T) {
	c0, srv := server(t, func(w http.ResponseWriter, r *http.Request, _ string) {
		_, _ = io.Copy(io.Discard, r.Body)
		answer(w, 200, someMessage)
	})
	_ = c0
	c := newClient(t, Options{Endpoint: srv.URL, Timeouts: Timeouts{Call: 400 * time.Millisecond, Stall: 400 * time.Millisecond}})
	_, err := c.SendDocument(t.Context(), SendDocumentParams{Document: InputFile{Upload: &Upload{
		SizeBytes: -1, Open: func() (io.ReadCloser, error) { return io.NopCloser(&dripping{left: 12}), nil },
	}}})
	if err != nil {
		t.Fatal(err)
	}
}

// dripping takes 50 ms a byte: longer in all than any single timeout.
type dripping struct{ left int }

func (d *dripping) Read(p []byte) (int, error) {
	if d.left == 0 {
		return 0, io.EOF
	}
	d.left--
	time.Sleep(50 * time.Millisecond)
	p[0] = 'x'
	return 1, nil
}

func TestUpload_EarlyRefusalIsRead(t *testing.T) {
	c, _ := server(t, func(w http.ResponseWriter, _ *http.Request, _ string) {
		answer(w, 413, `{"ok":false,"error_code":413,"description":"Request Entity Too Large"}`)
	})
	_, err := c.SendDocument(t.Context(), SendDocumentParams{Document: InputFile{Upload: &Upload{
		SizeBytes: 64 << 20, Open: func() (io.ReadCloser, error) { return io.NopCloser(&endless{left: 64 << 20}), nil },
	}}})
	// The server may also be seen to hang up before its answer is read.
	if e := asError(t, err); e.Sent || e.Kind != KindTooLarge && e.Kind != KindUnavailable {
		t.Errorf("%v", err)
	}
}

type endless struct{ left int64 }

func (e *endless) Read(p []byte) (int, error) {
	if e.left == 0 {
		return 0, io.EOF
	}
	n := min(int64(len(p)), e.left)
	e.left -= n
	return int(n), nil
}

func TestUpload_KeepsMemoryConstant(t *testing.T) {
	const size = 256 << 20
	var base, peak runtime.MemStats
	c, _ := server(t, func(w http.ResponseWriter, r *http.Request, _ string) {
		n, _ := io.Copy(io.Discard, r.Body)
		runtime.ReadMemStats(&peak)
		if n < size {
			t.Errorf("took %d bytes", n)
		}
		answer(w, 200, someMessage)
	})
	runtime.GC()
	runtime.ReadMemStats(&base)
	_, err := c.SendDocument(t.Context(), SendDocumentParams{Document: InputFile{Upload: &Upload{
		SizeBytes: size, Open: func() (io.ReadCloser, error) { return io.NopCloser(&endless{left: size}), nil },
	}}})
	if err != nil {
		t.Fatal(err)
	}
	if grown := int64(peak.TotalAlloc) - int64(base.TotalAlloc); grown > 16<<20 {
		t.Errorf("allocated %d bytes for a file of %d", grown, size)
	}
}

func TestUpload_ReopensWhenTheTransportStartsAnew(t *testing.T) {
	var s source
	b := newMultipart(nil, []filePart{{"document", s.upload("a", "hello", 5)}})
	r, _ := http.NewRequest(http.MethodPost, "http://h/", nil)
	b.attach(r)
	first := make([]byte, 150)
	_, _ = io.ReadFull(r.Body, first)
	_ = r.Body.Close()
	again, err := r.GetBody()
	if err != nil {
		t.Fatal(err)
	}
	all, err := io.ReadAll(again)
	if err != nil || int64(len(all)) != r.ContentLength {
		t.Fatalf("%d of %d bytes, %v", len(all), r.ContentLength, err)
	}
	f, err := multipart.NewReader(bytes.NewReader(all), b.boundary).ReadForm(1 << 20)
	if err != nil || len(f.File["document"]) != 1 {
		t.Fatalf("%v, %v", f, err)
	}
	if s.opened.Load() != s.closed.Load() {
		t.Errorf("opened %d, closed %d", s.opened.Load(), s.closed.Load())
	}
}

func TestUpload_CarriesEveryByte(t *testing.T) {
	body := bytes.Repeat([]byte("0123456789abcdef\r\n--"), 60_000)
	sum := sha256.Sum256(body)
	c, _ := server(t, func(w http.ResponseWriter, r *http.Request, _ string) {
		for _, p := range readParts(t, r) {
			if p.name == "voice" && sha256.Sum256([]byte(p.body)) != sum {
				t.Error("other bytes arrived")
			}
		}
		answer(w, 200, someMessage)
	})
	_, err := c.SendVoice(t.Context(), SendVoiceParams{Voice: InputFile{Upload: &Upload{
		SizeBytes: int64(len(body)), Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil },
	}}})
	if err != nil {
		t.Fatal(err)
	}
}
