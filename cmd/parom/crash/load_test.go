//go:build unix

package crash

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"parom/adapters/telegram/telegramsim"
)

// item is one message that somebody wrote.
type item struct {
	tokens  []string // in the text, in order; several in a long one
	files   []string // SHA-256 of what it carries
	post    int64    // number of the message as it was written
	posts   []int64  // of all parts of an album, the first among them
	version int      // of its text
	text    bool     // a short text, which can be edited
	changed time.Time
	late    bool // was changed
}

// load has customers and operators write without pause. It belongs to one
// goroutine; its fields are read by others when that has ended.
type load struct {
	*world
	rng    *rand.Rand
	tokens int
	notes  []string
	counts map[string]int

	mu     sync.Mutex
	active int    // customers who write
	focus  string // what is done most, for the point to come
}

func (l *load) want(active int, focus string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.active, l.focus = min(active, customers), focus
}

// run writes until stop is closed.
func (l *load) run(stop <-chan struct{}, pause time.Duration) {
	tick := time.NewTicker(pause)
	defer tick.Stop()
	for n := 0; ; n++ {
		select {
		case <-stop:
			return
		case <-tick.C:
		}
		if n%10 == 0 {
			l.findTopics()
		}
		l.mu.Lock()
		active, focus := l.active, l.focus
		l.mu.Unlock()
		c := l.people[l.rng.IntN(active)]
		if fresh := l.people[active-1]; len(fresh.said) == 0 {
			c = fresh
		}
		l.act(c, focus)
	}
}

func (l *load) act(c *customer, focus string) {
	kind := l.kind(focus)
	asks := l.rng.IntN(5) < 3 || c.topic == 0
	switch {
	case asks && kind == "edit":
		l.editQuestion(c)
	case asks:
		l.ask(c, kind)
	case time.Since(c.answered) < 1200*time.Millisecond: // the network takes one a second to a chat
	case kind == "edit":
		l.editAnswer(c)
	case kind == "text" && l.rng.IntN(6) == 0:
		l.note(c)
	default:
		l.answer(c, kind)
	}
}

func (l *load) kind(focus string) string {
	if focus != "" && l.rng.IntN(3) == 0 {
		return focus
	}
	switch n := l.rng.IntN(100); {
	case n < 60:
		return "text"
	case n < 66:
		return "long"
	case n < 74:
		return "file"
	case n < 80:
		return "album"
	}
	return "edit"
}

func (l *load) token(kind byte) string {
	l.tokens++
	return fmt.Sprintf("%c%06dz", kind, l.tokens)
}

func (it *item) versioned() string { return fmt.Sprintf("v%dof%s", it.version, it.tokens[0]) }

func (it *item) body() string { return it.tokens[0] + " слово и дело " + it.versioned() }

// posts makes what is written: kind c is of customers, a of operators.
func (l *load) posts(kind string, who byte, p telegramsim.Post) (*item, []telegramsim.Post) {
	it := &item{tokens: []string{l.token(who)}, text: kind == "text"}
	p.Text = it.body()
	l.counts[string(who)+" "+kind]++
	switch kind {
	case "long":
		p.Text = it.tokens[0] + strings.Repeat(" длинное сообщение", 60)
		for range 2 { // the app takes 4096
			token := l.token(who)
			it.tokens = append(it.tokens, token)
			p.Text += " " + token + strings.Repeat(" длинное сообщение", 60)
		}
	case "file":
		return it, []telegramsim.Post{l.withFile(p, it, l.rng.IntN(2) == 0)}
	case "album":
		var out []telegramsim.Post
		for range 2 + l.rng.IntN(3) {
			out = append(out, l.withFile(p, it, true))
			p.Text = ""
		}
		return it, out
	}
	return it, []telegramsim.Post{p}
}

func (l *load) withFile(p telegramsim.Post, it *item, photo bool) telegramsim.Post {
	n := l.tokens*10 + len(it.files)
	data := bytes.Repeat(fmt.Appendf(nil, "файл %d\n", n), 200)
	p.Kind, p.File = "document", &telegramsim.Upload{Name: fmt.Sprintf("f%d.txt", n), MIME: "text/plain", Data: data}
	if photo {
		data = append(jpegOf(l.t, n), fmt.Sprintf("unique %d", n)...) // what follows a picture's end is no part of it
		p.Kind, p.File = "photo", &telegramsim.Upload{Name: "p.jpg", Data: data, Width: 32, Height: 32}
	}
	sum := sha256.Sum256(data)
	it.files = append(it.files, hex.EncodeToString(sum[:]))
	return p
}

func jpegOf(t testing.TB, n int) []byte {
	img := image.NewRGBA(image.Rect(0, 0, 32, 32))
	for x := range 32 {
		for y := range 32 {
			img.Set(x, y, color.RGBA{uint8(n), uint8(n >> 8), uint8(n >> 16), 255})
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, nil); err != nil {
		t.Error(err)
	}
	return b.Bytes()
}

// put writes an item and keeps its number.
func (l *load) put(it *item, posts []telegramsim.Post) {
	ids, err := l.sim.SendAlbum(posts)
	if err != nil {
		l.t.Errorf("write %s: %v", it.tokens[0], err)
		return
	}
	it.post, it.posts, it.changed = ids[0], ids, time.Now()
}

func (l *load) ask(c *customer, kind string) {
	it, posts := l.posts(kind, 'c', telegramsim.Post{From: c.user, In: c.chat()})
	l.put(it, posts)
	c.said = append(c.said, it)
}

func (l *load) operator() int64 { return l.operators[l.rng.IntN(len(l.operators))] }

func (l *load) answer(c *customer, kind string) {
	p := telegramsim.Post{From: l.operator(), In: l.room(), Thread: c.topic}
	if l.rng.IntN(3) == 0 {
		p.ReplyTo = l.quotable(c)
	}
	it, posts := l.posts(kind, 'a', p)
	l.put(it, posts)
	c.answers, c.answered = append(c.answers, it), time.Now()
}

// quotable is a post that shows exactly one unchanged text of the customer.
func (l *load) quotable(c *customer) int64 {
	seen := l.sim.InTopic(l.room(), c.topic)
	for range 5 {
		m := seen[l.rng.IntN(len(seen))]
		if ts := tokensIn(m.Text); m.From.ID == l.bots[1] && len(ts) == 1 && ts[0][0] == 'c' &&
			strings.Contains(m.Text, "v0of"+ts[0]) && !m.Service {
			return m.ID
		}
	}
	return 0
}

func (l *load) note(c *customer) {
	token := l.token('n')
	l.notes = append(l.notes, token)
	l.counts["notes"]++
	mark := []string{"// ", "..", "//"}[l.rng.IntN(3)]
	if _, err := l.sim.Send(telegramsim.Post{From: l.operator(), In: l.room(), Thread: c.topic, Text: mark + token + " только нам"}); err != nil {
		l.t.Errorf("note: %v", err)
	}
}

// editable is one of the newest short texts, left alone for a while.
func (l *load) editable(items []*item) *item {
	for i := len(items) - 1; i >= max(0, len(items)-4); i-- {
		if it := items[i]; it.text && it.post != 0 && l.rng.IntN(2) == 0 {
			return it
		}
	}
	return nil
}

func (l *load) editQuestion(c *customer) {
	it := l.editable(c.said)
	if it == nil {
		l.ask(c, "text")
		return
	}
	l.edit(it, c.user, c.chat())
}

func (l *load) editAnswer(c *customer) {
	it := l.editable(c.answers)
	if it == nil {
		return
	}
	m, ok := l.sim.Message(l.room(), it.post)
	if !ok {
		l.t.Errorf("answer %s is gone", it.tokens[0])
		return
	}
	l.edit(it, m.From.ID, l.room())
}

func (l *load) edit(it *item, by int64, at telegramsim.Place) {
	it.version++
	it.late, it.changed = true, time.Now()
	l.counts["edits"]++
	if err := l.sim.Edit(by, at, it.post, it.body()); err != nil {
		l.t.Errorf("edit %s: %v", it.tokens[0], err)
	}
}

// findTopics is operators looking at their group.
func (l *load) findTopics() {
	for _, t := range l.sim.Topics(l.group) {
		if t.ID == 0 || t.Deleted {
			continue
		}
		for _, c := range l.people {
			if c.topic == 0 && len(c.said) > 0 && strings.Contains(t.Name, c.name) && l.shows(t.ID, c) {
				c.topic = t.ID
			}
		}
	}
}

// shows reports that a topic has something of a customer in it.
func (l *load) shows(topic int64, c *customer) bool {
	for _, m := range l.sim.InTopic(l.room(), topic) {
		for _, token := range tokensIn(m.Text) {
			if m.From.ID == l.bots[1] && token == c.said[0].tokens[0] {
				return true
			}
		}
	}
	return false
}
