package telegramsim

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

// maxDeedBytes bounds a JSON body of the control API, files as base64 included.
const maxDeedBytes = 96 << 20

// serveControl is the HTTP control API: GET reads, POST acts, all in JSON.
func (s *Server) serveControl(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(r.URL.Path, "/_sim/")
	if r.Method == http.MethodGet {
		s.serveReading(w, r, name)
		return
	}
	if r.Method != http.MethodPost {
		answerJSON(w, http.StatusMethodNotAllowed, map[string]string{"error": "GET reads, POST acts"})
		return
	}
	if name == "send" {
		ids, err := s.controlSend(r)
		answer(w, map[string]any{"ids": ids}, err)
		return
	}
	do := deeds[name]
	if name == "press" { // waits for the bot's answer
		do = func(d *deed) (any, error) { return d.s.Press(r.Context(), d.User, d.place(), d.ID, d.Button) }
	}
	if do == nil {
		answerJSON(w, http.StatusNotFound, map[string]string{"error": "no act called " + name})
		return
	}
	d := deed{s: s}
	switch name { // a body may name a few of these; the rest stay
	case "knobs":
		k := s.Knobs()
		d.Knobs = &k
	case "limits":
		l := s.Limits()
		d.Limits = &l
	}
	dec := json.NewDecoder(io.LimitReader(r.Body, maxDeedBytes))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&d); err != nil && !errors.Is(err, io.EOF) {
		answer(w, nil, fmt.Errorf("body: %w", err))
		return
	}
	v, err := do(&d)
	if v == nil {
		v = map[string]bool{"ok": true}
	}
	answer(w, v, err)
}

func (s *Server) serveReading(w http.ResponseWriter, r *http.Request, name string) {
	switch {
	case name == "events":
		s.serveEvents(w, r)
	case strings.HasPrefix(name, "file/"):
		s.serveSimFile(w, r, strings.TrimPrefix(name, "file/"))
	default:
		read := readings[name]
		if read == nil {
			answerJSON(w, http.StatusNotFound, map[string]string{"error": "no reading called " + name})
			return
		}
		v, err := read(s, r)
		answer(w, v, err)
	}
}

func answer(w http.ResponseWriter, v any, err error) {
	if err != nil {
		code := http.StatusBadRequest
		if errors.Is(err, ErrNoAnswer) {
			code = http.StatusGatewayTimeout
		}
		answerJSON(w, code, map[string]string{"error": strings.TrimPrefix(err.Error(), "telegramsim: ")})
		return
	}
	answerJSON(w, http.StatusOK, v)
}

func answerJSON(w http.ResponseWriter, code int, v any) {
	b, err := json.Marshal(v)
	if err != nil {
		code, b = http.StatusInternalServerError, []byte(`{"error":"encode"}`)
	}
	writeBody(w, code, b)
}

// readings are the GET resources.
var readings = map[string]func(*Server, *http.Request) (any, error){
	"state": func(s *Server, r *http.Request) (any, error) { return s.Dump(r.URL.Query().Get("messages") != ""), nil },
	"bots":  func(s *Server, _ *http.Request) (any, error) { return s.Bots(), nil },
	"people": func(s *Server, _ *http.Request) (any, error) {
		return s.People(), nil
	},
	"chats": func(s *Server, r *http.Request) (any, error) { return s.Chats(number(r, "user")), nil },
	"chat": func(s *Server, r *http.Request) (any, error) {
		v, ok := s.Chat(placeOf(r))
		if !ok {
			return nil, errors.New("no such chat")
		}
		return v, nil
	},
	"messages": func(s *Server, r *http.Request) (any, error) {
		q := r.URL.Query()
		switch {
		case q.Has("thread"):
			return s.InTopic(placeOf(r), number(r, "thread")), nil
		case q.Has("live"):
			return s.Live(placeOf(r)), nil
		}
		return s.Messages(placeOf(r)), nil
	},
	"message": func(s *Server, r *http.Request) (any, error) {
		v, ok := s.Message(placeOf(r), number(r, "id"))
		if !ok {
			return nil, errors.New("no such message")
		}
		return v, nil
	},
	"log":      func(s *Server, r *http.Request) (any, error) { return s.Log(placeOf(r)), nil },
	"topics":   func(s *Server, r *http.Request) (any, error) { return s.Topics(number(r, "chat")), nil },
	"requests": func(s *Server, _ *http.Request) (any, error) { return s.Requests(), nil },
	"calls": func(s *Server, _ *http.Request) (any, error) {
		return map[string]any{"methods": s.Calls(), "throttled": s.Throttled()}, nil
	},
	"faults": func(s *Server, _ *http.Request) (any, error) { return s.Faults(), nil },
	"knobs":  func(s *Server, _ *http.Request) (any, error) { return s.Knobs(), nil },
	"limits": func(s *Server, _ *http.Request) (any, error) { return s.Limits(), nil },
}

func number(r *http.Request, name string) int64 {
	n, _ := strconv.ParseInt(r.URL.Query().Get(name), 10, 64)
	return n
}

func placeOf(r *http.Request) Place { return Place{Bot: number(r, "bot"), Chat: number(r, "chat")} }

// State is everything at one moment.
type State struct {
	Now       time.Time         `json:"now"`
	Bots      []BotView         `json:"bots"`
	People    []User            `json:"people"`
	Chats     []ChatView        `json:"chats"`
	Messages  map[string][]Seen `json:"messages,omitempty"` // by "bot:chat"
	Limits    Limits            `json:"limits"`
	Knobs     Knobs             `json:"knobs"`
	Faults    []Fault           `json:"faults"`
	Calls     map[string]int    `json:"calls"`
	Throttled int               `json:"throttled"`
}

// Dump is the state, with all messages when asked.
func (s *Server) Dump(messages bool) State {
	d := State{
		Now: s.now(), Bots: s.Bots(), People: s.People(), Chats: s.Chats(0), Limits: s.Limits(), Knobs: s.Knobs(),
		Faults: s.Faults(), Calls: s.Calls(), Throttled: s.Throttled(),
	}
	if messages {
		d.Messages = map[string][]Seen{}
		for _, k := range d.Chats {
			d.Messages[k.Place.String()] = s.Messages(k.Place)
		}
	}
	return d
}

func (s *Server) serveSimFile(w http.ResponseWriter, r *http.Request, key string) {
	s.mu.Lock()
	f := s.st.Files[key]
	s.mu.Unlock()
	if f == nil {
		answerJSON(w, http.StatusNotFound, map[string]string{"error": "no such file"})
		return
	}
	w.Header().Set("Content-Disposition", mime.FormatMediaType("inline", map[string]string{"filename": f.Name}))
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Cache-Control", "private, max-age=86400")
	mimeType := f.MIME
	if mimeType == "" || mimeType == "text/html" || mimeType == "image/svg+xml" {
		mimeType = "application/octet-stream" // never run what somebody sent
	}
	s.sendBytes(w, r, f, mimeType)
}

// serveEvents streams changes as server-sent events. An event "lost" tells the
// reader to read anew.
func (s *Server) serveEvents(w http.ResponseWriter, r *http.Request) {
	fl, ok := w.(http.Flusher)
	if !ok {
		answerJSON(w, http.StatusInternalServerError, map[string]string{"error": "no streaming"})
		return
	}
	f := s.subscribe()
	defer s.unsubscribe(f)
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusOK)
	_, _ = io.WriteString(w, ": ok\n\n")
	fl.Flush()
	// Real time on purpose: it keeps the connection alive, and is no behaviour.
	beat := time.NewTicker(15 * time.Second) //nolint:forbidigo // see above
	defer beat.Stop()
	for {
		select {
		case ch := <-f.c:
			b, _ := json.Marshal(ch)
			if _, err := fmt.Fprintf(w, "id: %d\nevent: change\ndata: %s\n\n", ch.Seq, b); err != nil {
				return
			}
			if s.missed(f) {
				_, _ = io.WriteString(w, "event: lost\ndata: {}\n\n")
			}
		case <-beat.C:
			_, _ = io.WriteString(w, ": beat\n\n")
		case <-r.Context().Done():
			return
		case <-s.stopped:
			return
		}
		fl.Flush()
	}
}

// controlSend takes a Post or a list of them: as JSON, or multipart with the
// JSON in "post" and the files, in order, in "file" parts.
func (s *Server) controlSend(r *http.Request) ([]int64, error) {
	mediaType, attrs, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if mediaType != "multipart/form-data" {
		b, err := io.ReadAll(io.LimitReader(r.Body, maxDeedBytes))
		if err != nil {
			return nil, err
		}
		posts, err := decodePosts(b)
		if err != nil {
			return nil, err
		}
		return s.SendAlbum(posts)
	}
	var posts []Post
	var paths []string
	defer func() {
		for _, p := range paths {
			_ = os.Remove(p) //nolint:gosec // our own temporary files
		}
	}()
	n := 0
	mr := multipart.NewReader(r.Body, attrs["boundary"])
	for {
		part, err := mr.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		if part.FileName() == "" {
			if part.FormName() == "post" {
				b, err := io.ReadAll(io.LimitReader(part, maxFieldBytes))
				if err != nil {
					return nil, err
				}
				if posts, err = decodePosts(b); err != nil {
					return nil, err
				}
			}
			continue
		}
		path, err := spill(part)
		if err != nil {
			return nil, err
		}
		paths = append(paths, path)
		if n >= len(posts) {
			return nil, errors.New("\"post\" must come first and have an item for each file")
		}
		if posts[n].File == nil {
			posts[n].File = &Upload{}
		}
		posts[n].File.Path = path
		if posts[n].File.Name == "" {
			posts[n].File.Name, posts[n].File.MIME = part.FileName(), part.Header.Get("Content-Type")
		}
		n++
	}
	return s.SendAlbum(posts)
}

func spill(r io.Reader) (string, error) {
	f, err := os.CreateTemp("", "telegramsim-post-")
	if err != nil {
		return "", err
	}
	_, err = io.Copy(f, r)
	if e := f.Close(); err == nil {
		err = e
	}
	return f.Name(), err
}

func decodePosts(b []byte) ([]Post, error) {
	if t := strings.TrimSpace(string(b)); strings.HasPrefix(t, "[") {
		var ps []Post
		err := json.Unmarshal(b, &ps)
		return ps, err
	}
	var p Post
	err := json.Unmarshal(b, &p)
	return []Post{p}, err
}

// deed is the body of a POST: each act reads the fields it needs.
type deed struct {
	s *Server

	User      int64    `json:"user"` // who acts; 0 is the network itself where that makes sense
	Bot       int64    `json:"bot"`
	Chat      int64    `json:"chat"`
	Thread    int64    `json:"thread"`
	ID        int64    `json:"id"`
	IDs       []int64  `json:"ids"`
	Target    int64    `json:"target"` // whom it concerns
	Text      string   `json:"text"`
	Entities  []Entity `json:"entities"`
	Name      string   `json:"name"`
	Icon      string   `json:"icon"`
	Button    string   `json:"button"`
	Emoji     []string `json:"emoji"`
	Options   []int    `json:"options"`
	Rights    []string `json:"rights"`
	Users     []int64  `json:"users"`
	On        bool     `json:"on"`
	Parameter string   `json:"parameter"`

	NewBot    *BotOptions   `json:"new_bot"`
	NewPerson *Person       `json:"new_person"`
	NewGroup  *GroupOptions `json:"new_group"`
	Fault     *Fault        `json:"fault"`
	Knobs     *Knobs        `json:"knobs"`
	Limits    *Limits       `json:"limits"`
}

func (d *deed) place() Place { return Place{Bot: d.Bot, Chat: d.Chat} }
