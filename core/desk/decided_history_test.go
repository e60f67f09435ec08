package desk

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"parom/core"
	"parom/core/router"
	"parom/core/store"
)

// How words begin, and what that makes of them. %s is a token that is nowhere else.
var beginnings = map[string][]string{
	"plain":   {"%s", "Сейчас посмотрю %s", ".5 кг %s", "- %s", "5/6 %s", "Да.. %s", "почта a@b.ru %s"},
	"note":    {"//%s", "// %s", "..%s", ".. %s", "…%s", "\u200b//%s", " \n// %s", "／／%s", "...%s"},
	"command": {"/%s", "/привет %s", ".сдщыу %s", "/status %s", "/note %s", ".привет %s", "/close@other_bot %s", "/take %s", "/mute %s", "/закрыть %s"},
	"mention": {"@anna %s", "@somebody %s"},
}

// fate is what becomes of something an operator wrote, as the guide has it.
type fate int

const (
	ours   fate = iota // never leaves
	waits              // for a tap of who may say so
	leaves             // goes to the customer, or has gone
)

// unit is one thing that was written: a message, or an album.
type unit struct {
	fate   fate
	by     core.Person
	group  string
	posts  []core.PostRef
	bad    map[string]bool // tokens of it that never leave, whatever it is
	left   bool
	back   bool // taken back before it left: still its author's answer
	failed bool // a part of it: what comes late is no more one with it
}

// room is the topic of one history, and what was written there.
type roomful struct {
	*hall
	rnd     *rand.Rand
	topic   store.Topic
	address core.AddressID
	units   []*unit
	tokens  map[string]*unit
	posts   map[core.PostRef]*unit // nil: the gateway's or the customer's
	files   map[core.PostRef][]core.Attachment
	lines   []core.PostRef // of the gateway
	words   []core.PostRef // of the customer
	acts    []core.Act
	told    []string // what happened, for who reads a failure
}

// hall is where histories are played, one after another.
type hall struct {
	*world
	played, n int
	seq       int64
	mode      Mode
	tamper    func(*core.Act) // what the desk is shown instead; nil: the act itself
	tally     map[string]int
}

func newHall(t *testing.T) *hall {
	h := &hall{tally: map[string]int{}}
	h.world = newWorld(t, setup{idle: true, still: true, desk: func(o *Options) {
		o.Hold = 5 * time.Second
		o.Mode = func(core.DepartmentID) Mode { return h.mode }
		o.Operators = append(o.Operators, Listed{Person: "8", Name: "Олег", Role: Member})
	}})
	h.takesFiles()
	return h
}

// takesFiles has the first channel carry files.
func (w *world) takesFiles() {
	limits, source := consoleLimits(), consoleLimits()
	limits.Holder = "telegram:shop"
	limits.Media[core.Voice] = core.MediaLimit{SendBytes: 50 * mega}
	w.router = router.New(router.Options{
		DB: w.db, Default: "sales", Source: source, Channels: []router.Channel{{ID: "tg", Name: "Telegram Shop", Limits: limits}},
		Departments: []router.Department{{ID: "sales", Name: "Продажи", Group: "sales"}},
	})
	w.desk.o.Router = w.router
}

type leakError string

func (l leakError) Error() string { return string(l) }

var tokenForm = regexp.MustCompile(`[tf]\d+x`)

func tokensIn(c core.Content) []string {
	out := tokenForm.FindAllString(c.Text.Body, -1)
	for _, a := range c.Attachments {
		out = append(out, a.Locator)
	}
	return out
}

// play plays the history of a seed and reports what left though it must not.
func (h *hall) play(seed uint64) error {
	h.played++
	r := &roomful{hall: h, rnd: rand.New(rand.NewPCG(seed, 50)), tokens: map[string]*unit{}, posts: map[core.PostRef]*unit{}, files: map[core.PostRef][]core.Attachment{}}
	h.mode = []Mode{Direct, Direct, Direct, Direct, Confirm, RepliesOnly}[r.rnd.IntN(6)]
	r.begin()
	for range 6 + r.rnd.IntN(8) {
		r.step()
		if err := r.check(); err != nil {
			return r.why(err)
		}
	}
	for range 2 {
		h.clock.Advance(time.Minute)
		if err := r.leave(false); err != nil {
			return r.why(err)
		}
	}
	return nil
}

// tell notes what happens.
func (r *roomful) tell(format string, args ...any) {
	r.told = append(r.told, fmt.Sprintf(format, args...))
}

func (r *roomful) why(err error) error {
	return fmt.Errorf("mode %s: %w\n\t%s", r.mode, err, strings.Join(r.told, "\n\t"))
}

func (r *roomful) begin() {
	peer := core.Peer{ID: core.PeerID(fmt.Sprint("peer", r.played)), Name: "Клиент"}
	remote := core.RemoteID(fmt.Sprint("remote", r.played))
	r.deliver("tg", core.Event{Key: fmt.Sprint("hello", r.played), From: peer, Remote: remote, Body: core.Posted{Content: core.Content{Text: core.Plain("вопрос")}}})
	r.update(func(tx *store.Tx) error {
		no, err := tx.ChannelNumber("tg")
		if err != nil {
			return err
		}
		rem, err := tx.Remote(no, remote)
		if err != nil {
			return err
		}
		m, err := tx.Message(rem.Message)
		if err != nil {
			return err
		}
		d, err := tx.Dialog(m.Dialog)
		if err != nil {
			return err
		}
		if r.topic, err = tx.Topic(d.Topic); err != nil {
			return err
		}
		room, err := tx.RoomOf("sales")
		if err != nil {
			return err
		}
		r.address = m.Address
		r.topic.RoomNo, r.topic.Ref, r.topic.State = room.No, core.TopicRef{Room: salesRoom, Thread: fmt.Sprint("thread", r.played)}, store.TopicOpen
		if err := tx.SaveTopic(r.topic); err != nil {
			return err
		}
		word, line := r.place(), r.place()
		r.words, r.lines = append(r.words, word), append(r.lines, line)
		err = tx.AddPost(store.PostPart{RoomNo: room.No, Seq: word.Seq, Topic: d.Topic, Kind: store.PostCustomer, Message: m.ID, Address: m.Address, Attachment: -1})
		if err != nil {
			return err
		}
		return tx.AddPost(store.PostPart{RoomNo: room.No, Seq: line.Seq, Topic: d.Topic, Kind: store.PostSystem, Attachment: -1})
	})
}

// place is the next place in the room.
func (r *roomful) place() core.PostRef {
	r.seq++
	return core.PostRef{Room: salesRoom, Seq: r.seq}
}

func (r *roomful) token(kind string) string {
	r.n++
	return fmt.Sprintf("%s%dx", kind, r.n)
}

func pick[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }

func (r *roomful) step() {
	switch n := r.rnd.IntN(100); {
	case n < 42:
		r.writes()
	case n < 57:
		r.partOf()
	case n < 72:
		r.edits()
	case n < 84:
		r.taps()
	case n < 88:
		r.undoes()
	case n < 92: // the process starts anew, in the middle of a hold
		r.desk = New(r.desk.o)
		r.tell("a restart, and acts come again")
		if len(r.acts) > 0 { // and the console hands over again what it has not heard of
			r.hands(r.acts[r.rnd.IntN(len(r.acts)):]...)
		}
	default:
		r.clock.Advance(pick(r.rnd, []time.Duration{time.Second, 6 * time.Second, 6 * time.Second, 40 * time.Minute}))
		if err := r.leave(r.rnd.IntN(6) == 0); err != nil {
			r.t.Fatal(err)
		}
	}
}

// hands delivers acts, or what a desk with a mistake would see in them.
func (r *roomful) hands(acts ...core.Act) {
	acts = slices.Clone(acts)
	if r.tamper != nil {
		for i := range acts {
			r.tamper(&acts[i])
		}
	}
	if err := r.desk.Deliver(r.t.Context(), acts); err != nil {
		r.t.Fatal(err)
	}
}

func (r *roomful) act(by core.Person, ref core.PostRef, b core.ActBody) {
	r.n++
	a := core.Act{Key: fmt.Sprint("key", r.n), Topic: r.topic.Ref, Post: ref, By: by, At: r.clock.Now(), Body: b}
	r.acts = append(r.acts, a)
	r.tell("%s (%d) at %d: %T %+v", by.ID, by.Guise, ref.Seq, b, b)
	r.hands(a)
}

// somebody is who writes: mostly an operator, at times one who never may.
func (r *roomful) somebody() core.Person {
	people := []core.Person{
		anna, anna, anna, anna, boss, boss,
		{ID: "8", Guise: core.Human, Name: "Олег"},
		{ID: "8", Guise: core.Human, Name: "Олег"},
		{ID: "66", Guise: core.Human, Name: "Чужой"},
		{ID: "7", Guise: core.Anonymous},
		{ID: "-5", Guise: core.Broadcast},
		{ID: "77", Guise: core.Robot},
	}
	return pick(r.rnd, people)
}

func isOperator(p core.Person) bool { return p.Guise == core.Human && p.ID != "66" }

// content makes words of a class, maybe with a file, and the tokens in it.
func (r *roomful) content(class string, file bool) (core.Content, []string) {
	word := r.token("t")
	c := core.Content{Text: core.Plain(fmt.Sprintf(pick(r.rnd, beginnings[class]), word))}
	tokens := []string{word}
	if file {
		c.Attachments = []core.Attachment{{Kind: core.Photo, Holder: "telegram:console", Locator: r.token("f"), SizeBytes: 1000}}
		tokens = append(tokens, c.Attachments[0].Locator)
	}
	return c, tokens
}

func (r *roomful) class() string {
	return pick(r.rnd, []string{"plain", "plain", "plain", "plain", "plain", "note", "command", "mention"})
}

// writes has somebody write: what it is, is decided here, once.
func (r *roomful) writes() {
	by, class := r.somebody(), r.class()
	c, tokens := r.content(class, r.rnd.IntN(4) == 0)
	b := core.Wrote{Content: c, Forwarded: r.rnd.IntN(12) == 0, Inline: r.rnd.IntN(20) == 0}
	playful := r.rnd.IntN(12) == 0
	if playful {
		b.Content.Attachments = []core.Attachment{{Kind: core.Voice, Holder: "telegram:console", Locator: r.token("f")}}
		tokens = append(tokens[:1], b.Content.Attachments[0].Locator)
	}
	if len(b.Content.Attachments) == 1 && !playful && r.rnd.IntN(2) == 0 {
		b.Group = r.token("g")
	}
	quotes, fine := r.quote(by)
	if quotes.Seq != 0 {
		b.ReplyTo, b.ReplyIn = quotes, r.topic.Ref
	}
	u := &unit{by: by, group: b.Group, bad: map[string]bool{}}
	switch {
	case !isOperator(by), class == "note", class == "command":
		u.fate = ours
	case b.Forwarded, b.Inline, class == "mention", quotes.Seq != 0 && !fine, playful && r.assigned() != by.ID:
		u.fate = waits
	case r.mode == RepliesOnly && quotes.Seq == 0:
		u.fate = ours
	case r.mode == Confirm:
		u.fate = waits
	default:
		u.fate = leaves
	}
	r.tally[fmt.Sprintf("written: %s", map[fate]string{ours: "ours", waits: "held", leaves: "an answer"}[u.fate])]++
	ref := r.place()
	r.units = append(r.units, u)
	r.files[ref] = b.Content.Attachments
	r.holds(u, ref, tokens)
	r.act(by, ref, b)
}

func (r *roomful) holds(u *unit, ref core.PostRef, tokens []string) {
	u.posts = append(u.posts, ref)
	r.posts[ref] = u
	for _, t := range tokens {
		r.tokens[t] = u
	}
}

func (r *roomful) assigned() (p core.PersonID) {
	r.view(func(tx *store.Tx) error {
		d, err := tx.LastDialog(r.topic.ID)
		p = d.Assignee
		return err
	})
	return p
}

// quote is what a message replies to, and whether an answer may reply to it.
func (r *roomful) quote(by core.Person) (core.PostRef, bool) {
	switch n := r.rnd.IntN(10); {
	case n < 5:
		return core.PostRef{}, true
	case n < 7:
		return r.words[0], true
	case n == 7:
		return r.lines[0], false
	case n == 8:
		return r.place(), false // nobody knows of it
	}
	if len(r.units) == 0 {
		return core.PostRef{}, true
	}
	u := pick(r.rnd, r.units)
	return pick(r.rnd, u.posts), (u.fate == leaves || u.back) && u.by.ID == by.ID && u.by.Guise == by.Guise
}

// partOf has one more part of an album come.
func (r *roomful) partOf() {
	var albums []*unit
	for _, u := range r.units {
		if u.group != "" {
			albums = append(albums, u)
		}
	}
	if len(albums) == 0 {
		r.writes()
		return
	}
	u := pick(r.rnd, albums)
	class := pick(r.rnd, []string{"", "", "plain", "plain", "note", "command", "mention"})
	c, tokens := core.Content{}, []string(nil)
	if class == "" {
		c.Attachments = []core.Attachment{{Kind: core.Photo, Holder: "telegram:console", Locator: r.token("f"), SizeBytes: 1000}}
		tokens = []string{c.Attachments[0].Locator}
	} else {
		c, tokens = r.content(class, true)
	}
	marked := class == "note" || class == "command"
	switch {
	case marked && !u.left && !u.failed: // the mark on any part makes all of it the team's own
		u.fate = ours
	case marked || class == "mention" && u.fate == leaves:
		if !u.left && !u.failed {
			u.fate = ours
		}
		for _, t := range tokens {
			u.bad[t] = true
		}
	case u.fate == waits && r.settled(u) || u.fate == leaves && r.wasHeld(u): // a later part waits for a tap of its own
		u = &unit{fate: waits, by: u.by, bad: map[string]bool{}}
		r.units = append(r.units, u)
	}
	r.tally["a later part"]++
	ref := r.place()
	album := albums[slices.IndexFunc(albums, func(a *unit) bool { return a.group != "" && (a == u || a.by == u.by) })]
	if u.group != "" {
		album = u
	}
	r.files[ref] = c.Attachments
	r.holds(u, ref, tokens)
	r.act(album.by, ref, core.Wrote{Content: c, Group: album.group})
}

// notices lists what was asked about a unit, with what came of it.
func (r *roomful) notices(u *unit) (out []heldPayload) {
	r.view(func(tx *store.Tx) error {
		// A history's are the newest.
		rows, err := tx.Query(`SELECT payload FROM notices ORDER BY id DESC LIMIT 40`)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var raw string
			var p heldPayload
			if err := rows.Scan(&raw); err != nil {
				return err
			}
			if raw != "" && json.Unmarshal([]byte(raw), &p) == nil && slices.Contains(u.posts, p.Post) {
				out = append(out, p)
			}
		}
		return rows.Err()
	})
	return out
}

func (r *roomful) wasHeld(u *unit) bool { return len(r.notices(u)) > 0 }

func (r *roomful) settled(u *unit) bool {
	return slices.ContainsFunc(r.notices(u), func(p heldPayload) bool { return p.Outcome != "" })
}

// edits changes something that was written.
func (r *roomful) edits() {
	if len(r.units) == 0 {
		return
	}
	u := pick(r.rnd, r.units)
	if !isOperator(u.by) {
		return
	}
	class := r.class()
	c, tokens := r.content(class, false)
	marked := class == "note" || class == "command"
	switch {
	case marked && !u.left, class == "mention" && u.fate == leaves && !u.left:
		u.fate = ours
	case marked, class == "mention" && u.fate == leaves:
		u.bad[tokens[0]] = true
	}
	ref := pick(r.rnd, u.posts)
	c.Attachments = r.files[ref]
	for _, t := range tokens {
		r.tokens[t] = u
	}
	r.tally["an edit: "+class]++
	r.act(u.by, ref, core.Rewrote{Content: c})
}

// taps presses a button of something that was asked, by whoever.
func (r *roomful) taps() {
	type asked struct {
		n store.Notice
		p heldPayload
	}
	var all []asked
	r.view(func(tx *store.Tx) error {
		ns, err := tx.HeldNotices(r.topic.ID)
		if err != nil {
			return err
		}
		open, err := tx.OpenNotices(r.topic.ID)
		for _, n := range append(ns, open...) {
			a := asked{n: n}
			if n.Payload != "" {
				if err := json.Unmarshal([]byte(n.Payload), &a.p); err != nil {
					return err
				}
			}
			all = append(all, a)
		}
		return err
	})
	if len(all) == 0 {
		return
	}
	a := pick(r.rnd, all)
	actions := noticeActions(a.n, a.p)
	if len(actions) == 0 {
		return
	}
	action, by := pick(r.rnd, actions), pick(r.rnd, []core.Person{anna, anna, boss, {ID: "8", Guise: core.Human}, {ID: "66", Guise: core.Human}})
	if slices.Contains(actions, "send") && r.rnd.IntN(2) == 0 {
		action = "send"
	}
	button := r.token("b")
	r.tell("%s presses %s about what stands at %d", by.ID, action, a.p.Post.Seq)
	r.update(func(tx *store.Tx) error {
		return tx.AddButton(store.ButtonRow{ID: button, RoomNo: r.topic.RoomNo, Notice: a.n.ID, Topic: r.topic.ID, Action: action})
	})
	for range 1 + r.rnd.IntN(2) { // twice: old words need it, others do not mind
		_, err := r.desk.Press(r.t.Context(), core.Press{Button: button, Topic: r.topic.Ref, By: by, At: r.clock.Now()})
		if err != nil {
			r.t.Fatal(err)
		}
	}
	u := r.posts[a.p.Post]
	if u == nil || u.fate != waits {
		return
	}
	may := by.ID == u.by.ID || by.ID == boss.ID
	for _, p := range r.notices(u) {
		if p.Post == a.p.Post && p.Outcome == "send" && action == "send" && may {
			u.fate = leaves
			r.tally["a tap: sent"]++
		}
	}
}

// undoes takes an own answer back by a reaction.
func (r *roomful) undoes() {
	if len(r.units) == 0 {
		return
	}
	u := pick(r.rnd, r.units)
	if u.fate == leaves && !u.left && isOperator(u.by) {
		u.fate, u.back = ours, true // whatever is at the customer: nothing
	}
	r.act(u.by, pick(r.rnd, u.posts), core.Signed{Emoji: []string{"👎"}})
}

// check holds what is on its way to the customer against what may be.
func (r *roomful) check() (err error) {
	r.view(func(tx *store.Tx) error {
		rows, e := tx.Query(`SELECT DISTINCT j.message_id FROM messages m JOIN jobs j ON j.message_id = m.id
			WHERE m.dialog_id IN (SELECT id FROM dialogs WHERE topic_id = $1) AND j.kind IN ($2, $3)`,
			int64(r.topic.ID), int(store.JobSend), int(store.JobEdit))
		if e != nil {
			return e
		}
		defer rows.Close()
		for rows.Next() {
			var id core.MessageID
			if e := rows.Scan(&id); e != nil {
				return e
			}
			m, e := tx.Message(id)
			if e != nil {
				return e
			}
			err = errors.Join(err, r.mayLeave(m))
		}
		return rows.Err()
	})
	return err
}

func (r *roomful) mayLeave(m core.Message) error {
	for _, t := range tokensIn(m.Content) {
		u := r.tokens[t]
		switch {
		case u == nil:
			return leakError(fmt.Sprintf("nobody wrote %q", t))
		case u.bad[t]:
			return leakError(fmt.Sprintf("%q has a mark, and is on its way", m.Content.Text.Body))
		case u.fate == ours && !u.left:
			return leakError(fmt.Sprintf("%q (%d files) is the team's own, and is on its way", m.Content.Text.Body, len(m.Content.Attachments)))
		case u.fate == waits:
			return leakError(fmt.Sprintf("%q waits for a tap, and is on its way", m.Content.Text.Body))
		}
	}
	return nil
}

// leave lets what is due go, or fail.
func (r *roomful) leave(fails bool) (err error) {
	r.tell("what is due leaves, or fails: %v", fails)
	r.update(func(tx *store.Tx) error {
		js, e := tx.LaneJobs(store.AddressLane(r.address, ""), 100)
		if e != nil {
			return e
		}
		for _, j := range js {
			if j.DueAt.After(tx.Now()) || j.Kind != store.JobSend && j.Kind != store.JobEdit && j.Kind != store.JobDelete {
				continue
			}
			m, e := tx.Message(j.Message)
			if e != nil {
				return e
			}
			if j.Kind != store.JobDelete {
				err = errors.Join(err, r.mayLeave(m))
			}
			if fails && j.Kind == store.JobSend {
				j.State, j.Attempts = store.JobParked, 1
				for _, t := range tokensIn(m.Content) {
					r.tokens[t].failed = true
				}
				if e := errors.Join(tx.SaveJob(j), r.desk.Parked(tx, j, &core.SendError{Reason: core.Rejected})); e != nil {
					return e
				}
				continue
			}
			if j.Kind == store.JobSend {
				r.tally["left"]++
				if len(m.Content.Attachments) > 0 {
					r.tally["left, with files"]++
				}
				for _, t := range tokensIn(m.Content) {
					r.tokens[t].left = true
				}
				if e := errors.Join(tx.SetDelivery(m.ID, core.DeliverySent), tx.SetSentAt(m.ID, tx.Now())); e != nil {
					return e
				}
			}
			if e := errors.Join(r.desk.Sent(tx, j, m), tx.FinishJob(j)); e != nil {
				return e
			}
		}
		return nil
	})
	return err
}
