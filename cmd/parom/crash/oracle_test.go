//go:build unix

package crash

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"parom/adapters/telegram/telegramsim"
	"parom/core/lang"
)

var tokenForm = regexp.MustCompile(`\b[can]\d{6}z\b`)

func tokensIn(text string) []string { return tokenForm.FindAllString(text, -1) }

// verdict is what the simulator's state says.
type verdict struct {
	messages, answers, files int // written: messages, of them answers; files carried

	// refused answers: an operator quoted the copy of a post whose making the
	// crash left unrecorded, and was told at once that it went nowhere.
	refused   int
	lost      []string
	wrong     []string // in a chat or topic where it does not belong
	disorder  []string
	stale     []string // an edit that did not arrive
	duplicate []string // at customers
	unmarked  []string // of them without a word to the operators
	shown     []string // duplicates in topics
	excess    []string // duplicates beyond one per lane and kill
	orphans   []string

	again map[string][]again // by lane
}

// again is a call that brought something once more, and between which moments
// the kill must lie that explains it.
type again struct {
	unit, what string
	from, to   time.Time
}

// late is how long a call that was on its way when the program was killed may
// take to be served.
const late = time.Second

// bad lists what must not be, by name.
func (v *verdict) bad() map[string][]string {
	return map[string][]string{
		"lost": v.lost, "in the wrong chat": v.wrong, "out of order": v.disorder, "edits not arrived": v.stale,
		"duplicates not marked": v.unmarked, "duplicates beyond one per lane and kill": v.excess, "orphan topics": v.orphans,
	}
}

// copied is one appearance of a token or a file.
type copied struct {
	post int64
	at   int // place in the text
	when time.Time
	unit string // call that brought it: the post, or the album
	file bool   // it came with a file: in topics, files that are slow have lanes of their own
	text string
}

// lane is what appeared in one chat or topic, by token or file.
type lane struct {
	name string
	seen map[string][]copied
}

func laneOf(name string, ms []telegramsim.Seen, by int64) lane {
	ln := lane{name, map[string][]copied{}}
	for _, m := range ms {
		if m.From.ID != by || m.Service {
			continue
		}
		c := copied{post: m.ID, when: m.At, unit: fmt.Sprint(m.ID), text: m.Text, file: m.File != nil}
		if m.Album != "" {
			c.unit = m.Album
		}
		for _, at := range tokenForm.FindAllStringIndex(m.Text, -1) {
			c.at = at[0]
			token := m.Text[at[0]:at[1]]
			if n := len(ln.seen[token]); n == 0 || ln.seen[token][n-1].post != m.ID {
				ln.seen[token] = append(ln.seen[token], c)
			}
		}
		if m.File != nil {
			ln.seen[m.File.SHA256] = append(ln.seen[m.File.SHA256], c)
		}
	}
	return ln
}

// judge reads the simulator's state; kills are the moments of the kills.
func (l *load) judge(kills []time.Time) *verdict {
	v := &verdict{}
	owner := map[string]*customer{}
	for _, c := range l.people {
		for _, it := range slices.Concat(c.said, c.answers) {
			for _, x := range slices.Concat(it.tokens, it.files) {
				owner[x] = c
			}
			v.messages++
			v.files += len(it.files)
		}
		v.answers += len(c.answers)
	}
	l.judgeTopics(v, owner)
	for _, c := range l.people {
		l.judgeChat(v, c, owner)
	}
	v.explain(kills)
	return v
}

// judgeChat looks at what one customer got.
func (l *load) judgeChat(v *verdict, c *customer, owner map[string]*customer) {
	ms := l.sim.Live(c.chat())
	ln := laneOf(c.name, ms, c.bot)
	mine := map[string]bool{}
	for _, it := range c.answers {
		told := len(ln.seen[it.tokens[0]]) == 0 && l.refused(c, it)
		if told {
			v.refused++
		}
		for _, x := range slices.Concat(it.tokens, it.files) {
			mine[x] = true
			if len(ln.seen[x]) == 0 && !told {
				v.lost = append(v.lost, fmt.Sprintf("answer %s (%s) to %s", it.tokens[0], x, c.name))
			}
		}
		v.duplicates(l, ln, c, it)
		if now := ln.seen[it.tokens[0]]; it.text && len(now) > 0 && !anyHas(now, it.versioned()) {
			v.stale = append(v.stale, fmt.Sprintf("answer %s at %s", it.versioned(), c.name))
		}
	}
	for x := range ln.seen {
		if !mine[x] {
			v.wrong = append(v.wrong, fmt.Sprintf("%s at %s, belongs to %s", x, c.name, nameOf(owner[x])))
		}
	}
	for _, u := range []int64{l.bots[0], l.bots[1]} { // the other bot has nothing to say to him
		if u != c.bot {
			for x := range laneOf("", l.sim.Live(telegramsim.Private(u, c.user)), u).seen {
				v.wrong = append(v.wrong, fmt.Sprintf("%s at %s by the other bot", x, c.name))
			}
		}
	}
	v.order(ln, c.answers)
}

// refused reports that an answer quotes a copy of a post that the gateway showed
// twice, of which it knows one, and that its author was told. Whom the other
// copy belongs to is unclear, so it is not sent but asked about.
func (l *load) refused(c *customer, it *item) bool {
	ms := l.sim.InTopic(l.room(), c.topic)
	var quoted, twin, told bool
	own, ok := l.sim.Message(l.room(), it.post)
	if !ok || own.ReplyTo == 0 {
		return false
	}
	var words []string
	for _, m := range ms {
		if m.ID == own.ReplyTo {
			words, quoted = tokensIn(m.Text), true
		}
	}
	for _, m := range ms {
		switch {
		case m.From.ID != l.bots[1] || m.ID == own.ReplyTo:
		case m.ReplyTo == it.post && strings.Contains(m.Text, "не ушло"):
			told = true
		case len(words) > 0 && slices.Contains(tokensIn(m.Text), words[0]):
			twin = true
		}
	}
	return quoted && twin && told
}

func nameOf(c *customer) string {
	if c == nil {
		return "nobody"
	}
	return c.name
}

func anyHas(cs []copied, words string) bool {
	return slices.ContainsFunc(cs, func(c copied) bool { return strings.Contains(c.text, words) })
}

// duplicates counts what a customer got more than once.
func (v *verdict) duplicates(l *load, ln lane, c *customer, it *item) {
	n := v.extra(ln, slices.Concat(it.tokens, it.files))
	if n == 0 {
		return
	}
	v.duplicate = append(v.duplicate, fmt.Sprintf("answer %s at %s", it.tokens[0], c.name))
	said := lang.For("ru").Text("line.twice")
	for _, m := range l.sim.InTopic(l.room(), c.topic) {
		if m.From.ID == l.bots[1] && slices.Contains(it.posts, m.ReplyTo) && strings.Contains(m.Text, said) {
			return
		}
	}
	v.unmarked = append(v.unmarked, fmt.Sprintf("answer %s at %s", it.tokens[0], c.name))
}

// extra counts the calls that brought something again, and keeps them for explain.
func (v *verdict) extra(ln lane, xs []string) int {
	units := map[string]bool{}
	for _, x := range xs {
		cs := ln.seen[x]
		for i := 1; i < len(cs); i++ {
			if cs[i].unit == cs[0].unit || units[cs[i].unit] {
				continue
			}
			units[cs[i].unit] = true
			name := ln.name
			if cs[i].file { // in topics slow files have lanes of their own
				name += ", files"
			}
			if v.again == nil {
				v.again = map[string][]again{}
			}
			v.again[name] = append(v.again[name], again{cs[i].unit, x, cs[i-1].when.Add(-late), cs[i].when})
		}
	}
	return len(units)
}

// explain gives each call that brought something again a kill of its own in its
// lane, and names those for which there is none.
func (v *verdict) explain(kills []time.Time) {
	for name, calls := range v.again {
		slices.SortFunc(calls, func(a, b again) int { return a.to.Compare(b.to) })
		used := map[int]bool{}
		for _, c := range calls {
			at := slices.IndexFunc(kills, func(k time.Time) bool { return k.After(c.from) && k.Before(c.to) })
			for at >= 0 && at < len(kills) && used[at] {
				at++
			}
			if at < 0 || at == len(kills) || !kills[at].Before(c.to) {
				v.excess = append(v.excess, fmt.Sprintf("%s again in %s by %s at %s", c.what, name, c.unit, c.to.Format("15:04:05.000")))
				continue
			}
			used[at] = true
		}
	}
}

// order wants the first appearances in the order of writing.
func (v *verdict) order(ln lane, items []*item) {
	var last copied
	lastName := ""
	for _, it := range items {
		for _, token := range it.tokens {
			cs := ln.seen[token]
			if len(cs) == 0 {
				continue // told as lost
			}
			first := slices.MinFunc(cs, func(a, b copied) int { return int(a.post - b.post) })
			if first.post < last.post || first.post == last.post && first.at < last.at {
				v.disorder = append(v.disorder, fmt.Sprintf("%s before %s in %s", token, lastName, ln.name))
			}
			last, lastName = first, token
		}
	}
}

// judgeTopics looks at what operators see.
func (l *load) judgeTopics(v *verdict, owner map[string]*customer) {
	of := map[*customer][]int64{}
	for _, t := range l.sim.Topics(l.group) {
		if t.Deleted {
			continue
		}
		ms := l.sim.InTopic(l.room(), t.ID)
		ln := laneOf(fmt.Sprintf("topic %d", t.ID), ms, l.bots[1])
		holds := map[*customer]bool{}
		for x := range ln.seen {
			if x[0] == 'n' && tokenForm.MatchString(x) {
				continue // a note quoted to the team itself
			}
			holds[owner[x]] = true
		}
		if t.ID == 0 { // General
			for c := range holds {
				v.wrong = append(v.wrong, "words of "+nameOf(c)+" in General")
			}
			continue
		}
		if len(holds) == 0 {
			v.orphans = append(v.orphans, fmt.Sprintf("topic %d %q shows nothing", t.ID, t.Name))
		}
		for c := range holds {
			if c == nil || len(holds) > 1 {
				v.wrong = append(v.wrong, fmt.Sprintf("topic %d %q holds words of %s", t.ID, t.Name, nameOf(c)))
			}
			of[c] = append(of[c], t.ID)
		}
	}
	for _, c := range l.people {
		switch topics := of[c]; {
		case len(topics) > 1:
			v.orphans = append(v.orphans, fmt.Sprintf("%s has topics %v", c.name, topics))
		case len(topics) == 1:
			l.judgeTopic(v, c, topics[0])
		case len(c.said) > 0:
			v.lost = append(v.lost, fmt.Sprintf("all %d messages of %s: there is no topic", len(c.said), c.name))
		}
	}
}

func (l *load) judgeTopic(v *verdict, c *customer, topic int64) {
	ln := laneOf("topic of "+c.name, l.sim.InTopic(l.room(), topic), l.bots[1])
	for _, it := range c.said {
		for _, x := range slices.Concat(it.tokens, it.files) {
			if len(ln.seen[x]) == 0 {
				v.lost = append(v.lost, fmt.Sprintf("message %s (%s) of %s", it.tokens[0], x, c.name))
			}
		}
		if cs := ln.seen[it.tokens[0]]; it.text && len(cs) > 0 && !anyHas(cs, it.versioned()) {
			v.stale = append(v.stale, fmt.Sprintf("message %s of %s", it.versioned(), c.name))
		}
		if it.late {
			continue // a change told as "was, is" shows it again rightly
		}
		if v.extra(ln, slices.Concat(it.tokens, it.files)) > 0 {
			v.shown = append(v.shown, it.tokens[0])
		}
	}
	v.order(ln, c.said)
}

// scene is what stands around the tokens that a finding names, for its reader.
func (l *load) scene(finding string) string {
	var b strings.Builder
	show := func(where string, ms []telegramsim.Seen, tokens []string, near map[int64]bool) {
		for _, m := range ms {
			if near[m.ID] || near[m.ReplyTo] || slices.ContainsFunc(tokens, func(x string) bool { return strings.Contains(m.Text, x) }) {
				text := []rune(m.Text)
				fmt.Fprintf(&b, "    %s %s %d re %d album %q by %s [%s] %q\n", m.At.Format("15:04:05.000"), where, m.ID, m.ReplyTo, m.Album, m.Sender, m.Kind,
					string(text[:min(len(text), 200)]))
			}
		}
	}
	tokens := tokensIn(finding)
	for _, c := range l.people {
		near := map[int64]bool{}
		for _, it := range slices.Concat(c.said, c.answers) {
			if slices.Contains(tokens, it.tokens[0]) {
				near[it.post] = true
			}
		}
		if len(near) > 0 {
			delete(near, 0)
			show("topic", l.sim.InTopic(l.room(), c.topic), tokens, near)
			show("chat", l.sim.Live(c.chat()), tokens, nil)
		}
	}
	return b.String()
}
