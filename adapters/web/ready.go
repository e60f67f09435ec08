package web

import (
	"context"
	"encoding/json"
	"net/http"
	"sync"
	"time"

	"parom/core"
)

// Readiness is whether the gateway can do its work, part by part.
type Readiness struct {
	Store    Part
	Console  Part
	Channels map[string]Part
}

// Part is the state of one part. It carries no error's text: that may name what
// is not for everybody who can ask.
type Part struct {
	Up bool
	// Reason of being down, when there is one.
	Reason core.Reason
}

// ready reports that every part is up.
func (r Readiness) ready() bool {
	for _, p := range r.Channels {
		if !p.Up {
			return false
		}
	}
	return r.Store.Up && r.Console.Up
}

type shownPart struct {
	Up     bool   `json:"up"`
	Reason string `json:"reason,omitempty"`
}

func shown(p Part) shownPart {
	s := shownPart{Up: p.Up}
	if p.Reason != 0 {
		s.Reason = p.Reason.String()
	}
	return s
}

type shownReadiness struct {
	Ready    bool                 `json:"ready"`
	Store    shownPart            `json:"store"`
	Console  shownPart            `json:"console"`
	Channels map[string]shownPart `json:"channels"`
}

const (
	// readyMax bounds one look; what has not answered by then is down.
	readyMax = 3 * time.Second
	// readyKeep is how long a look is good for others: each writes to the disk.
	readyKeep = time.Second
)

// looker asks for readiness once at a time, however many want to know.
type looker struct {
	ask   func(context.Context) Readiness
	clock core.Clock
	mu    sync.Mutex // held while asking
	at    time.Duration
	asked bool
	last  Readiness
}

func (l *looker) look() Readiness {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.asked && l.clock.Mono()-l.at < readyKeep {
		return l.last
	}
	// The asker's own request may be gone soon; others wait for the same answer.
	ctx, cancel := context.WithTimeout(context.Background(), readyMax)
	defer cancel()
	l.last = l.ask(ctx)
	l.at, l.asked = l.clock.Mono(), true
	return l.last
}

func (l *looker) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	r := l.look()
	out := shownReadiness{Ready: r.ready(), Store: shown(r.Store), Console: shown(r.Console), Channels: map[string]shownPart{}}
	for name, p := range r.Channels {
		out.Channels[name] = shown(p)
	}
	b, err := json.MarshalIndent(out, "", "  ")
	if err != nil {
		http.Error(w, "not shown", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	if !out.Ready {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	_, _ = w.Write(append(b, '\n'))
}
