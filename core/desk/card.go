package desk

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"parom/core"
	"parom/core/dialogs"
	"parom/core/fit"
	"parom/core/lang"
	"parom/core/outbox"
	"parom/core/store"
)

// cardMemo is what is remembered of a topic's card, besides where it stands.
type cardMemo struct {
	Sum     string            `json:"sum,omitempty"` // of what it shows
	RoomNo  int64             `json:"room,omitempty"`
	Buttons map[string]string `json:"buttons,omitempty"` // ids by action: old cards stay valid
	Healed  bool              `json:"healed,omitempty"`  // the topic was made anew
	// Where signs cannot be set, how far the newest answer has come.
	Answer   core.MessageID `json:"answer,omitempty"`
	Delivery core.Delivery  `json:"delivery,omitempty"`
	Reaction string         `json:"reaction,omitempty"` // the customer's on it
}

func cardMemoOf(t *store.Tx, topic core.TopicID) (m cardMemo, err error) {
	v, err := t.Setting("card:" + number(int64(topic)))
	if err != nil || v == "" {
		return m, err
	}
	if err := json.Unmarshal([]byte(v), &m); err != nil {
		return m, fmt.Errorf("memory of card %d: %w", topic, err)
	}
	return m, nil
}

func (m cardMemo) save(t *store.Tx, topic core.TopicID) error {
	b, err := json.Marshal(m)
	if err != nil {
		return err
	}
	return t.SetSetting("card:"+number(int64(topic)), string(b))
}

func cardSum(p core.Post) string {
	b, err := json.Marshal(struct {
		Text    core.Text
		Buttons [][]core.Button
	}{p.Content.Text, p.Buttons})
	if err != nil { // plain data
		panic(fmt.Sprintf("desk: card: %v", err))
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:8])
}

// cardText is the card of a topic for a line; empty when it cannot be had.
func (d *Desk) cardText(t *store.Tx, topic store.Topic) core.Text {
	text, err := d.cardOf(t, scene{topic: topic, texts: d.texts(topic.Group)})
	if err != nil {
		d.log.Error("no card", "topic", int64(topic.ID), "reason", err)
	}
	return text
}

// cardOf is the card: where answers go, who the customer is, who answers, how
// things stand.
func (d *Desk) cardOf(t *store.Tx, s scene) (core.Text, error) {
	dia, err := t.LastDialog(s.topic.ID)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return core.Text{}, err
	}
	as, err := t.AddressesOf(s.topic.Contact)
	if err != nil {
		return core.Text{}, err
	}
	at := chosen(as, dia.Address)
	contact, err := t.Contact(s.topic.Contact)
	if err != nil {
		return core.Text{}, err
	}
	memo, err := cardMemoOf(t, s.topic.ID)
	if err != nil {
		return core.Text{}, err
	}
	lines := []core.Text{
		s.texts.Styled("card.goes_to", lang.Args{"Channel": fit.Name(d.o.Router.Channel(at.Channel).Name)}),
		d.whoLine(s, contact, at), d.factsLine(s, contact, at),
	}
	for _, a := range as {
		if a.Gone != "" {
			lines = append(lines, s.texts.Styled("card.gone", lang.Args{"Channel": fit.Name(d.o.Router.Channel(a.Channel).Name)}))
		}
	}
	more, err := d.standingLines(t, s, dia, as, at)
	if err != nil {
		return core.Text{}, err
	}
	lines = append(lines, more...)
	if memo.Answer != 0 {
		lines = append(lines, s.texts.Styled("card.answer", lang.Args{"State": stateRef(memo.Delivery), "Sign": sign(memo.Delivery), "Reaction": memo.Reaction}))
	}
	if memo.Healed {
		lines = append(lines, s.texts.Styled("card.healed"))
	}
	return joined("\n", lines...), nil
}

// chosen is the address answers go to: the announced one, else the newest.
func chosen(as []store.Address, id core.AddressID) store.Address {
	for _, a := range as {
		if a.ID == id {
			return a
		}
	}
	if len(as) == 0 {
		return store.Address{}
	}
	return as[0]
}

// whoLine is name, username and page of a customer.
func (d *Desk) whoLine(s scene, c store.Contact, a store.Address) core.Text {
	name := fit.Name(c.Name)
	if name == "" {
		name = fit.Name(a.Name)
	}
	if name == "" {
		name = s.texts.Text("card.nameless")
	}
	who := core.Styled(name, core.Bold)
	if a.Link != "" && safeLink(a.Link) {
		who.Spans = append(who.Spans, core.Span{Length: len(name), Style: core.Link, Value: a.Link})
	}
	user := fit.Name(a.Username)
	if user != "" {
		user = "@" + strings.TrimPrefix(user, "@")
	}
	return joined(" · ", who, core.Plain(user))
}

// safeLink keeps what a network gave as a page from being anything else.
func safeLink(url string) bool {
	return strings.HasPrefix(url, "https://") || strings.HasPrefix(url, "http://") || strings.HasPrefix(url, "tg://user?id=")
}

func (d *Desk) factsLine(s scene, c store.Contact, a store.Address) core.Text {
	var parts []core.Text
	say := func(key, value string) {
		if value = fit.Name(value); value != "" {
			parts = append(parts, s.texts.Styled(key, lang.Args{"Value": value}))
		}
	}
	say("card.phone", firstOf(a.Phone, c.Phone))
	say("card.email", firstOf(a.Email, c.Email))
	say("card.source", a.Source)
	if tag := firstOf(a.Language, c.Language); tag != s.texts.Language() { // the team's own goes without saying
		say("card.language", tag)
	}
	return joined(" · ", parts...)
}

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// standingLines tell who answers, how the dialog stands, and where else the
// customer is known.
func (d *Desk) standingLines(t *store.Tx, s scene, dia store.Dialog, as []store.Address, at store.Address) ([]core.Text, error) {
	p := s.texts
	var lines []core.Text
	department := p.Styled("card.department", lang.Args{"Name": fit.Name(d.o.Router.Department(dia.Department).Name)})
	who := p.Styled("card.nobody")
	if dia.Assignee != "" {
		who = p.Styled("card.assignee", lang.Args{"Who": fit.Name(d.nameOf(t, dia.Assignee))})
	}
	lines = append(lines, joined(" · ", department, who))
	n, err := t.DialogsOf(s.topic.Contact)
	if err != nil {
		return nil, err
	}
	state := p.Styled("card.closed")
	if dia.State == store.DialogOpen {
		state = p.Styled("card.open")
	}
	parts := []core.Text{p.Styled("card.dialog", lang.Args{"Number": number(int64(dia.ID))}), state}
	if s.topic.State == store.TopicClosedByHand {
		parts = append(parts, p.Styled("card.shut"))
	}
	if dialogs.IsMuted(dia, t.Now()) {
		parts = append(parts, p.Styled("card.muted"))
	}
	if n > 1 {
		parts = append(parts, p.Styled("card.dialogs", lang.Args{"Count": n}))
	}
	lines = append(lines, joined(" · ", parts...))
	var others []string
	for _, a := range as {
		if a.ID != at.ID {
			others = append(others, fit.Name(d.o.Router.Channel(a.Channel).Name))
		}
	}
	if len(others) > 0 {
		lines = append(lines, p.Styled("card.addresses", lang.Args{"Channels": others}))
	}
	topics, err := t.TopicsOf(s.topic.Contact)
	if err != nil {
		return nil, err
	}
	others = nil
	for _, o := range topics {
		if o.ID != s.topic.ID && o.Title != "" {
			others = append(others, o.Title)
		}
	}
	if len(others) > 0 {
		lines = append(lines, p.Styled("card.topics", lang.Args{"Topics": others}))
	}
	return lines, nil
}

// cardButtons are the card's buttons for the present state. Their ids stay.
func (d *Desk) cardButtons(t *store.Tx, s scene) ([][]core.Button, error) {
	dia, err := t.LastDialog(s.topic.ID)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return nil, err
	}
	memo, err := cardMemoOf(t, s.topic.ID)
	if err != nil {
		return nil, err
	}
	if memo.RoomNo != s.room.No {
		memo.RoomNo, memo.Buttons = s.room.No, nil
	}
	if memo.Buttons == nil {
		memo.Buttons = map[string]string{}
	}
	actions := []string{"take", "open", "mute", "more"}
	if dia.State == store.DialogOpen {
		actions[1] = "close"
	}
	if dialogs.IsMuted(dia, t.Now()) {
		actions[2] = "unmute"
	}
	var row []core.Button
	fresh := false
	for _, action := range actions {
		if memo.Buttons[action] == "" {
			id, err := mintButton(t, store.ButtonRow{RoomNo: s.room.No, Topic: s.topic.ID, Action: action})
			if err != nil {
				return nil, err
			}
			memo.Buttons[action], fresh = id, true
		}
		row = append(row, core.Button{ID: memo.Buttons[action], Label: s.texts.Text("button." + action)})
	}
	if fresh {
		if err := memo.save(t, s.topic.ID); err != nil {
			return nil, err
		}
	}
	return [][]core.Button{row[:2], row[2:]}, nil
}

// mintButton stores what a button stands for under an id nobody can guess.
func mintButton(t *store.Tx, b store.ButtonRow) (string, error) {
	var id [18]byte
	_, _ = rand.Read(id[:]) // never fails since Go 1.24
	b.ID = base64.RawURLEncoding.EncodeToString(id[:])
	return b.ID, t.AddButton(b)
}

// cardShown records where the card stands, and has it pinned when there is time.
func (c *carrier) cardShown(t *store.Tx, s scene, ref core.PostRef, text core.Text) error {
	topic, err := t.Topic(s.topic.ID)
	if err != nil {
		return err
	}
	topic.CardSeq = ref.Seq
	if err := t.SaveTopic(topic); err != nil {
		return err
	}
	buttons, err := c.cardButtons(t, s)
	if err != nil {
		return err
	}
	memo, err := cardMemoOf(t, topic.ID)
	if err != nil {
		return err
	}
	memo.Sum = cardSum(core.Post{Content: core.Content{Text: text}, Buttons: buttons})
	if err := memo.save(t, topic.ID); err != nil {
		return err
	}
	return t.Enqueue(&store.Job{Lane: store.CosmeticLane(topic.ID), Kind: store.JobPin, Slot: "pin", Priority: store.Cosmetics})
}

// planCardPost shows the card by itself: something other than a message needs the
// topic.
func (c *carrier) planCardPost(t *store.Tx, s scene, j store.Job) (outbox.Step, error) {
	text, err := c.cardOf(t, s)
	if err != nil {
		return outbox.Step{}, err
	}
	buttons, err := c.cardButtons(t, s)
	if err != nil {
		return outbox.Step{}, err
	}
	post := core.Post{Topic: s.place(), Content: core.Content{Text: text}, Buttons: buttons, Silent: true}
	return outbox.Step{
		Jobs: []store.Job{j},
		Call: func(ctx context.Context) (any, error) { return c.o.Console.Show(ctx, post) },
		Done: func(t *store.Tx, result any) error {
			shown, ok := result.(core.Shown)
			if !ok || len(shown.Posts) == 0 {
				return fmt.Errorf("card shown: a %T without posts", result)
			}
			err := t.AddPost(store.PostPart{RoomNo: s.room.No, Seq: shown.Posts[0].Seq, Topic: s.topic.ID, Kind: store.PostCard, Attachment: -1, At: t.Now()})
			if err != nil {
				return err
			}
			if err := c.cardShown(t, s, shown.Posts[0], text); err != nil {
				return err
			}
			if err := c.worked(t, s.room); err != nil {
				return err
			}
			j.State, j.Attempts, j.Cuts = store.JobWaiting, 0, ""
			return again(t, j)
		},
		Failed:   func(t *store.Tx, e *core.SendError) (bool, error) { return c.mended(t, s, []store.Job{j}, e) },
		Deadline: callTime,
	}, nil
}

// planCard brings the card up to date where it stands, if it has changed.
func (c *carrier) planCard(t *store.Tx, s scene, j store.Job) (outbox.Step, error) {
	if err := c.retitle(t, s); err != nil {
		return outbox.Step{}, err
	}
	parts, err := t.PostParts(core.PostRef{Room: s.room.Room, Seq: s.topic.CardSeq})
	if err != nil {
		return outbox.Step{}, err
	}
	if s.topic.CardSeq == 0 || len(parts) == 0 {
		return outbox.Step{}, t.FinishJob(j) // the next post brings one
	}
	a, err := c.cardAmendment(t, s, parts[0])
	if err != nil {
		return outbox.Step{}, err
	}
	memo, err := cardMemoOf(t, s.topic.ID)
	if err != nil {
		return outbox.Step{}, err
	}
	if memo.Sum == cardSum(a.post) {
		return outbox.Step{}, t.FinishJob(j)
	}
	return outbox.Step{
		Jobs: []store.Job{j},
		Call: func(ctx context.Context) (any, error) { return nil, c.o.Console.Amend(ctx, a.ref, a.post) },
		Done: func(t *store.Tx, _ any) error {
			if err := c.amended(t, s, a); err != nil {
				return err
			}
			return t.FinishJob(j)
		},
		Failed: func(t *store.Tx, e *core.SendError) (bool, error) {
			if done, err := c.mended(t, s, []store.Job{j}, e); done || err != nil || !lasting(e) {
				return done, err
			}
			if e.Reason == core.TargetGone {
				if err := c.postGone(t, s, a.ref); err != nil {
					return false, err
				}
			}
			return true, t.FinishJob(j)
		},
		Deadline: callTime,
	}, nil
}

// cardAmendment is the card's post as it should be: the message under it keeps
// its place, shortened if it must be.
func (c *carrier) cardAmendment(t *store.Tx, s scene, at store.PostPart) (amendment, error) {
	m, err := t.Message(at.Message)
	switch {
	case err == nil:
		posts, err := c.postsHere(t, s, m.ID)
		if err != nil {
			return amendment{}, err
		}
		if len(posts) == 0 || posts[0].Seq != at.Seq {
			posts = []store.PostPart{at} // it was shown once more below
		}
		as, _, err := c.amendments(t, s, m, posts)
		if err != nil {
			return amendment{}, err
		}
		return as[0], nil
	case !errors.Is(err, store.ErrNotFound):
		return amendment{}, err
	}
	a := amendment{ref: at.Ref(), card: true}
	a.post.Topic = s.place()
	if a.post.Content.Text, err = c.cardOf(t, s); err != nil {
		return a, err
	}
	a.post.Buttons, err = c.cardButtons(t, s)
	return a, err
}
