package desk

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"parom/core"
	"parom/core/fit"
	"parom/core/lang"
	"parom/core/outbox"
	"parom/core/store"
)

func number(n int64) string { return strconv.FormatInt(n, 10) }

// showPayload is the payload of a store.JobShow.
type showPayload struct {
	Album bool  `json:"album,omitempty"` // its parts were waited for
	File  *int  `json:"file,omitempty"`  // only this attachment, which the text went before
	Anew  bool  `json:"anew,omitempty"`  // a post that could not be amended, once more
	Reply int64 `json:"reply,omitempty"` // post that it quotes; zero: none
}

func showPayloadOf(j store.Job) (p showPayload, err error) {
	if j.Payload != "" {
		if err = json.Unmarshal([]byte(j.Payload), &p); err != nil {
			err = fmt.Errorf("payload of job %d: %w", j.ID, err)
		}
	}
	return p, err
}

// piece is one post (or album) of what takes several. Pieces are stored when the
// first is through, so that what changes meanwhile cannot shift them.
type piece struct {
	Text     core.Text `json:"t,omitzero"`
	Files    []int     `json:"a,omitempty"` // indexes of attachments it carries
	Late     []int     `json:"l,omitempty"` // those that follow later; the text names them
	From, To int       // bytes of the message's body it shows
	Part     int       // number of its first post among those of the message
	Card     bool      `json:"c,omitempty"`
}

func (c *carrier) planShow(t *store.Tx, s scene, jobs []store.Job) (outbox.Step, error) {
	j := jobs[0]
	m, err := t.Message(j.Message)
	if err != nil {
		return outbox.Step{}, err
	}
	payload, err := showPayloadOf(j)
	if err != nil {
		return outbox.Step{}, err
	}
	p, err := progressOf(j)
	if err != nil {
		return outbox.Step{}, err
	}
	if payload.File != nil {
		return c.planFile(t, s, j, p, m, *payload.File)
	}
	sum := outbox.ContentSum(m.Content)
	if p.Sum != sum && j.Done == 0 && j.State == store.JobWaiting {
		p.Pieces = nil // changed before anything of it was shown
	}
	if len(p.Pieces) == 0 {
		p.Sum = sum
		if step, merged, err := c.planMerged(t, s, jobs); err != nil || merged {
			return step, err
		}
		if p.Pieces, err = c.pieces(t, s, m, payload); err != nil {
			return outbox.Step{}, err
		}
	}
	if j.Done >= len(p.Pieces) {
		return outbox.Step{}, t.FinishJob(j)
	}
	return c.planPiece(t, s, j, p, payload, m)
}

// pieces lays a message out as posts: words first, with the one file or album
// they fit under, then the other files. The topic's first post has the card.
func (c *carrier) pieces(t *store.Tx, s scene, m core.Message, payload showPayload) ([]piece, error) {
	dia, err := t.Dialog(m.Dialog)
	if err != nil {
		return nil, err
	}
	quote, err := c.mustQuote(t, s, m)
	if err != nil {
		return nil, err
	}
	withCard := s.topic.CardSeq == 0
	how := manner{at: t.Now(), quote: quote, divider: !dia.Divided && !withCard && !payload.Anew}
	w, err := c.word(t, s, m, how)
	if err != nil {
		return nil, err
	}
	groups, told := s.arrange(m.Content)
	w = w.below(told)
	if !withCard {
		return number1(s.layOut(w, m.Content, groups)), nil
	}
	card, err := c.cardOf(t, s)
	if err != nil {
		return nil, err
	}
	return number1(c.underCard(s, card, w, m.Content, groups)), nil
}

// arrange groups the files of a message, and tells in words what cannot be shown
// as it is: places and polls where they do not exist, files over a limit.
func (s scene) arrange(c core.Content) (groups [][]int, told core.Text) {
	cut, problems := s.fitter.Cut(core.Content{Attachments: c.Attachments})
	for _, p := range cut {
		if p.Range.AsText {
			told = joined("\n", told, p.Content.Text)
			continue
		}
		groups = append(groups, p.Range.Attachments)
	}
	for _, p := range problems {
		told = joined("\n", told, s.texts.Styled("show.problem", lang.Args{"Problem": p.Describe(s.texts)}))
	}
	return groups, told
}

// captioned reports that t may stand under the files of a group.
func (s scene) captioned(t core.Text, c core.Content, group []int) bool {
	only := core.Content{Text: t}
	for _, i := range group {
		if !c.Attachments[i].Kind.IsFile() {
			return false
		}
		only.Attachments = append(only.Attachments, c.Attachments[i])
	}
	cut, _ := s.fitter.Cut(only)
	return len(cut) == 1 && !cut[0].Content.Text.IsEmpty() && len(cut[0].Content.Attachments) == len(group)
}

func (s scene) layOut(w wording, c core.Content, groups [][]int) []piece {
	var out []piece
	switch {
	case w.text.IsEmpty() && len(groups) == 0:
		return []piece{{Text: s.texts.Styled("show.empty")}}
	case w.text.IsEmpty():
	case len(groups) > 0 && s.captioned(w.text, c, groups[0]):
		out = append(out, piece{Text: w.text, Files: groups[0], To: w.to - w.from})
		groups = groups[1:]
	default:
		out = s.split(w)
	}
	for _, g := range groups {
		out = append(out, piece{Files: g})
	}
	return out
}

// split cuts a wording to posts.
func (s scene) split(w wording) (out []piece) {
	body := w.to - w.from
	cut, _ := s.fitter.Cut(core.Content{Text: w.text})
	for _, p := range cut {
		from := min(max(p.Range.From-w.from, 0), body)
		to := min(max(p.Range.To-w.from, 0), body)
		out = append(out, piece{Text: p.Content.Text, From: from, To: to})
	}
	return out
}

// underCard puts the first message under the topic's card, in one post.
func (c *carrier) underCard(s scene, card core.Text, w wording, content core.Content, groups [][]int) []piece {
	w = w.above(card.Append(core.Plain("\n")))
	if len(groups) == 1 && len(groups[0]) == 1 && c.byReference(content.Attachments[groups[0][0]]) && s.captioned(w.text, content, groups[0]) {
		return []piece{{Text: w.text, Files: groups[0], To: w.to - w.from, Card: true}}
	}
	out := s.split(w)
	if len(out) == 0 {
		out = []piece{{Text: card}}
	}
	out[0].Card = true
	for _, g := range groups {
		out = append(out, piece{Files: g})
	}
	return out
}

// number1 numbers the posts that pieces become.
func number1(ps []piece) []piece {
	n := 0
	for i := range ps {
		ps[i].Part = n
		n += max(1, len(ps[i].Files))
	}
	return ps
}

// planPiece plans the next post of a message.
func (c *carrier) planPiece(t *store.Tx, s scene, j store.Job, p progress, payload showPayload, m core.Message) (outbox.Step, error) {
	now, unsure := p.Pieces[j.Done], unsureOf(m, []store.Job{j})
	content := core.Content{Text: now.Text}
	if len(now.Files) > 0 {
		made, err := s.fitter.Remake(m.Content, fit.Range{Attachments: now.Files})
		if err != nil {
			return outbox.Step{}, err
		}
		if content.Attachments = made.Attachments; p.Upload {
			content.Attachments = uploads(made.Attachments)
		}
		if missing := c.missing(content.Attachments); len(missing) > 0 && !p.Upload {
			return c.bringSoon(s, j, p, m, now, missing), nil
		}
	}
	if p.Plain {
		content.Text.Spans = nil
	}
	if len(unsure) > 0 && !now.Card { // a card says where answers go before all else
		content = s.repeated(content)
	}
	post := core.Post{Topic: s.place(), Content: content, Silent: m.Direction != core.FromCustomer || j.Done > 0}
	if err := c.quote(t, s, &post, j, p, payload, m); err != nil {
		return outbox.Step{}, err
	}
	if now.Card {
		var err error
		if post.Buttons, err = c.cardButtons(t, s); err != nil {
			return outbox.Step{}, err
		}
	}
	return outbox.Step{
		Jobs: []store.Job{j},
		Call: func(ctx context.Context) (any, error) { return c.o.Console.Show(ctx, post) },
		Done: func(t *store.Tx, result any) error {
			shown, ok := result.(core.Shown)
			if !ok || len(shown.Posts) == 0 {
				return fmt.Errorf("shown: a %T without posts", result)
			}
			if err := twice(t, unsure); err != nil {
				return err
			}
			return c.pieceShown(t, s, j, p, m, shown)
		},
		Failed:   func(t *store.Tx, e *core.SendError) (bool, error) { return c.pieceFailed(t, s, j, p, m, e) },
		Deadline: c.uploadTime(content.Attachments),
	}, nil
}

// repeatSign stands before what may be in the topic already: a crash, or a lost
// answer, left the first copy unrecorded.
const repeatSign = "↻ "

// repeated is a post's content with the sign of a possible repetition, where there
// is room for it.
func (s scene) repeated(c core.Content) core.Content {
	limit := s.limits.Text
	if len(c.Attachments) > 0 {
		limit = s.limits.Caption
		if kind := c.Attachments[0].Kind; !kind.IsFile() || s.limits.Media[kind].NoCaption {
			return c
		}
	}
	if text := core.Plain(repeatSign).Append(c.Text); fit.Fits(text.Body, limit) {
		c.Text = text
	}
	return c
}

// unsureOf lists a customer's messages whose showing was attempted before and may
// have happened. voice is one of them. It is asked before the attempt.
func unsureOf(voice core.Message, jobs []store.Job) (out []core.MessageID) {
	for _, j := range jobs {
		if j.State == store.JobAttempting && voice.Direction == core.FromCustomer {
			out = append(out, j.Message)
		}
	}
	return out
}

// twice marks messages that may stand in their topic twice, once unrecorded: what
// operators wrote between is not answered by where the second one stands.
func twice(t *store.Tx, ms []core.MessageID) error {
	for _, m := range ms {
		if err := t.MarkTwice(m); err != nil {
			return err
		}
	}
	return nil
}

// pieceShown records a post and goes on to the next.
func (c *carrier) pieceShown(t *store.Tx, s scene, j store.Job, p progress, m core.Message, shown core.Shown) error {
	now := p.Pieces[j.Done]
	if err := c.record(t, s, m, now, shown); err != nil {
		return err
	}
	for _, i := range now.Late {
		if err := c.follow(t, s, m.ID, i); err != nil {
			return err
		}
	}
	if now.Card {
		if err := c.cardShown(t, s, shown.Posts[0], now.Text); err != nil {
			return err
		}
	}
	if dia, err := t.Dialog(m.Dialog); err != nil {
		return err
	} else if !dia.Divided {
		dia.Divided = true
		if err := t.SaveDialog(dia); err != nil {
			return err
		}
	}
	if err := c.worked(t, s.room); err != nil {
		return err
	}
	c.countShown(t, 1)
	if j.Done++; j.Done >= len(p.Pieces) {
		return t.FinishJob(j)
	}
	p.Plain, p.Upload = false, false
	j.Cuts, j.State, j.Attempts = p.String(), store.JobWaiting, 0
	return t.SaveJob(j)
}

func (c *carrier) countShown(t *store.Tx, merged int) {
	if c.o.Metrics != nil {
		t.OnCommit(func() { c.o.Metrics.Shown(merged) })
	}
}

// postKind is what a post of a message is.
func postKind(m core.Message) store.PostKind {
	switch m.Direction {
	case core.FromBot:
		return store.PostBot
	case core.Echo:
		return store.PostEcho
	case core.FromCustomer:
		return store.PostCustomer
	}
	return store.PostSystem
}

// record keeps which posts show a piece of a message.
func (c *carrier) record(t *store.Tx, s scene, m core.Message, now piece, shown core.Shown) error {
	for i, ref := range shown.Posts {
		row := store.PostPart{
			RoomNo: s.room.No, Seq: ref.Seq, Topic: s.topic.ID, Kind: postKind(m), Message: m.ID,
			Part: now.Part + i, Attachment: -1, At: t.Now(),
		}
		if m.Direction == core.FromCustomer {
			row.Address = m.Address
		}
		if now.Card && i == 0 {
			row.Kind = store.PostCard
		}
		if i == 0 {
			row.From, row.To = now.From, now.To
		}
		if i < len(now.Files) {
			row.Attachment = now.Files[i]
		}
		if err := t.AddPost(row); err != nil {
			return err
		}
	}
	return nil
}

// pieceFailed treats a post that was not taken. What can be told another way is.
func (c *carrier) pieceFailed(t *store.Tx, s scene, j store.Job, p progress, m core.Message, e *core.SendError) (bool, error) {
	if done, err := c.mended(t, s, []store.Job{j}, e); done || err != nil {
		return done, err
	}
	now := p.Pieces[j.Done]
	switch e.Reason {
	case core.MediaGone, core.Rejected, core.TooLarge:
	default:
		return false, nil
	}
	fresh, err := t.Job(j.ID)
	if err != nil {
		return false, err
	}
	switch {
	case len(now.Files) > 0 && e.Reason == core.MediaGone && !p.Upload:
		p.Upload = true
		p.Pieces = p.replace(fresh.Done, c.without(s, m, now, nil, now.Files))
	case len(now.Files) > 0:
		p.Pieces = p.replace(fresh.Done, c.without(s, m, now, failedAll(now.Files, e), nil))
	case !p.Plain:
		p.Plain = true
	default:
		return false, nil
	}
	fresh.Cuts, fresh.State = p.String(), store.JobWaiting
	return true, later(t, fresh, 0)
}

// replace puts pieces in the place of one.
func (p progress) replace(i int, with []piece) []piece {
	out := append([]piece(nil), p.Pieces[:i]...)
	out = append(out, with...)
	return append(out, p.Pieces[i+1:]...)
}

// uploadTime bounds a post with files: a quarter of a megabyte each second.
func (c *carrier) uploadTime(as []core.Attachment) time.Duration {
	var bytes int64
	for _, a := range as {
		if !c.byReference(a) {
			bytes += a.SizeBytes
		}
	}
	return time.Minute + time.Duration(bytes>>18)*time.Second
}
