package router

import (
	"testing"
	"time"

	"parom/core"
	"parom/core/outbox"
	"parom/core/store"
)

func TestRewritten_OnePartsWordsChangeAndTheOthersMoveAlong(t *testing.T) {
	for _, c := range []struct {
		name  string
		was   []string
		part  int
		words string
		want  string
	}{
		{"the first of two, longer", []string{"А", "Б"}, 0, "А и ещё", "А и ещё\nБ"},
		{"the second of two", []string{"А", "Б"}, 1, "В", "А\nВ"},
		{"a caption for one that had none, before the other's", []string{"", "Б"}, 0, "А", "А\nБ"},
		{"a caption for one that had none, between two", []string{"А", "", "В"}, 1, "Б", "А\nБ\nВ"},
		{"a caption for the last that had none", []string{"А", ""}, 1, "Б", "А\nБ"},
		{"a caption goes, the line with it", []string{"А", "Б", "В"}, 1, "", "А\nВ"},
		{"the only caption goes", []string{"", "Б"}, 1, "", ""},
		{"none had any", []string{"", ""}, 1, "Б", "Б"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var text core.Text
			var parts []stretch
			for i := range c.was { // as they come: nothing, then each in its place
				parts = append(parts, stretch{len(text.Body), len(text.Body)})
				text, parts = rewritten(text, parts, i, core.Styled(c.was[i], core.Bold))
			}
			want := append([]string(nil), c.was...)
			want[c.part] = c.words
			text, parts = rewritten(text, parts, c.part, core.Styled(c.words, core.Bold))
			if text.Body != c.want {
				t.Errorf("got %q, want %q", text.Body, c.want)
			}
			for i, p := range parts {
				if said := text.Slice(p.from, p.to); said.Body != want[i] || want[i] != "" && len(said.Spans) != 1 {
					t.Errorf("part %d says %+v, want %q in bold", i, said, want[i])
				}
			}
		})
	}
}

func picture(locator string) core.Attachment {
	return core.Attachment{Kind: core.Photo, Locator: locator, Holder: "console"}
}

// albumPart is a part of a customer's album; its file is named like it.
func (b *bench) albumPart(remote, text string) core.Event {
	ev := b.event("7", remote, posted(text, picture(remote)))
	ev.Group = "g"
	return ev
}

func (b *bench) edit(remote, text, file string) {
	b.Helper()
	b.clock.Advance(time.Second)
	b.deliver("one", b.event("7", remote, core.Edited{Content: posted(text, picture(file)).Content}))
}

func TestEdited_OnePartOfAnAlbumLeavesTheOthersWords(t *testing.T) {
	b := newBench(t)
	b.deliver("one", b.albumPart("1", "А"), b.albumPart("2", ""), b.albumPart("3", "В"))
	for _, c := range []struct{ remote, text, file, want, files string }{
		{"2", "", "2x", "А\nВ", "12x3"},
		{"1", "А2", "1", "А2\nВ", "12x3"},
		{"3", "В и ещё", "3", "А2\nВ и ещё", "12x3"},
		{"2", "Б", "2x", "А2\nБ\nВ и ещё", "12x3"},
		{"1", "", "1y", "Б\nВ и ещё", "1y2x3"},
		{"3", "", "3", "Б", "1y2x3"},
		{"1", "снова А", "1y", "снова А\nБ", "1y2x3"},
	} {
		b.edit(c.remote, c.text, c.file)
		m, files := b.message(1), ""
		for _, a := range m.Content.Attachments {
			files += a.Locator
		}
		if m.Content.Text.Body != c.want || files != c.files {
			t.Fatalf("part %s became %q: the album says %q with %s, want %q with %s", c.remote, c.text, m.Content.Text.Body, files, c.want, c.files)
		}
	}
	// Its job is through; a part that comes now is a message of its own.
	b.update(func(x *store.Tx) error { return x.FinishJob(b.jobs0(x, 1)[0]) })
	b.deliver("one", b.albumPart("4", "поздняя"))
	b.edit("4", "поздняя, исправлена", "4")
	b.edit("2", "Б2", "2x")
	if one, late := b.message(1).Content.Text.Body, b.message(2).Content.Text.Body; one != "снова А\nБ2" || late != "поздняя, исправлена" {
		t.Errorf("the album says %q, the late part %q", one, late)
	}
}

// TestEdited_PartsOfAnAlbumHaveTimesOfTheirOwn: a part's edit is not older because
// another part was edited since.
func TestEdited_PartsOfAnAlbumHaveTimesOfTheirOwn(t *testing.T) {
	b := newBench(t)
	b.deliver("one", b.albumPart("1", "А"), b.albumPart("2", "Б"))
	at := b.clock.Now()
	for _, c := range []struct {
		remote, text string
		after        time.Duration
	}{{"1", "А9", 9 * time.Second}, {"2", "Б5", 5 * time.Second}, {"1", "А3", 3 * time.Second}} {
		ev := b.event("7", c.remote, core.Edited{Content: posted(c.text, picture(c.remote)).Content})
		ev.At = at.Add(c.after)
		b.deliver("one", ev)
	}
	if m := b.message(1); m.Content.Text.Body != "А9\nБ5" || !m.EditedAt.Equal(at.Add(9*time.Second)) {
		t.Errorf("the album says %q, edited at %v", m.Content.Text.Body, m.EditedAt)
	}
}

// jobs0 lists the jobs of a message within a transaction.
func (b *bench) jobs0(x *store.Tx, m core.MessageID) []store.Job {
	b.Helper()
	js, err := x.JobsOf(m)
	if err != nil || len(js) == 0 {
		b.Fatalf("jobs of message %d: %v, %v", m, js, err)
	}
	return js
}

// asked is a bench with a customer's question shown in his topic.
func asked(t *testing.T) (*bench, store.Topic) {
	b := newBench(t)
	b.deliver("one", b.event("7", "1", posted("вопрос")))
	o := b.topic()
	b.shown(o, b.message(1), 10)
	return b, o
}

// answers is an operator's post as an answer, or as a further part of one.
func (b *bench) answers(o store.Topic, seq int64, by core.PersonID, group string, hold time.Duration, c core.Content) (m core.Message) {
	b.Helper()
	a := Answer{Topic: o, Post: core.PostRef{Room: "room", Seq: seq}, By: by, Content: c, Group: group, At: b.clock.Now(), Hold: hold}
	b.update(func(x *store.Tx) error {
		joined, no, err := false, (*Refusal)(nil), error(nil)
		if group != "" {
			m, joined, no, err = b.r.JoinAnswer(x, a)
		}
		if err == nil && !joined {
			m, no, err = b.r.Send(x, a)
		}
		if no != nil {
			b.Fatalf("refused: %+v", no)
		}
		return err
	})
	return m
}

func (b *bench) rewrites(seq int64, c core.Content) (no *Refusal) {
	b.Helper()
	b.clock.Advance(time.Second)
	b.update(func(x *store.Tx) error {
		m, part, err := b.r.AnswerAt(x, core.PostRef{Room: "room", Seq: seq})
		if err != nil {
			return err
		}
		no, err = b.r.EditAnswer(x, m, part, c, b.clock.Now())
		return err
	})
	return no
}

func TestEditAnswer_OnePartOfAnAlbumLeavesTheOthersWords(t *testing.T) {
	for _, left := range []bool{false, true} {
		b, o := asked(t)
		m := b.answers(o, 11, "op", "g", 0, posted("А", picture("1")).Content)
		b.answers(o, 12, "op", "g", 0, posted("", picture("2")).Content)
		b.answers(o, 13, "op", "g", 0, posted("В", picture("3")).Content)
		if left {
			b.update(func(x *store.Tx) error {
				if err := x.FinishJob(b.jobs0(x, m.ID)[0]); err != nil {
					return err
				}
				return x.SetDelivery(m.ID, core.DeliverySent)
			})
		}
		for _, c := range []struct {
			seq        int64
			text, want string
		}{{11, "А2", "А2\nВ"}, {13, "В2", "А2\nВ2"}, {12, "Б", "А2\nБ\nВ2"}, {11, "", "Б\nВ2"}, {13, "", "Б"}} {
			if no := b.rewrites(c.seq, posted(c.text, picture(string('0'+rune(c.seq-10)))).Content); no != nil {
				t.Fatalf("left %v: refused: %+v", left, no)
			}
			if got := b.message(m.ID); got.Content.Text.Body != c.want || len(got.Content.Attachments) != 3 {
				t.Fatalf("left %v: post %d became %q: the answer says %+v, want %q", left, c.seq, c.text, got.Content, c.want)
			}
		}
	}
}

func TestSend_TheNextAnswerDoesNotTakeAnAlbumsHoldAway(t *testing.T) {
	const hold = 5 * time.Second
	for _, c := range []struct {
		name string
		hold time.Duration
		due  time.Duration // of the album, from its last part on
	}{
		{"held, it keeps the time it has", hold, hold},
		{"held less than parts are waited for", time.Second, 1200 * time.Millisecond},
		{"not held, it is complete", 0, 200 * time.Millisecond},
	} {
		b, o := asked(t)
		at := b.clock.Now()
		b.answers(o, 11, "op", "g", c.hold, posted("", picture("1")).Content)
		b.answers(o, 12, "op", "g", c.hold, posted("", picture("2")).Content)
		b.clock.Advance(200 * time.Millisecond)
		b.answers(o, 13, "colleague", "", 0, posted("и ещё").Content)
		if js := b.jobs(store.ToAddress); len(js) != 2 || !js[0].DueAt.Equal(at.Add(c.due)) {
			t.Errorf("%s: due %v after it was written, want %v", c.name, js[0].DueAt.Sub(at), c.due)
		}
	}
}

func TestEditAnswer_OfOneThatFailed(t *testing.T) {
	for _, c := range []struct {
		name    string
		job     func(*store.Job)
		remote  bool
		refused bool
	}{
		{"nothing of it left: a retry sends the new words", func(*store.Job) {}, false, false},
		{"a piece of it is through", func(j *store.Job) { j.Done = 1 }, true, true},
		{"a piece of it may be through", func(j *store.Job) { j.Cuts = `{"m":true}` }, false, true},
	} {
		b, o := asked(t)
		m := b.answers(o, 11, "op", "", 0, posted("было").Content)
		b.update(func(x *store.Tx) error {
			j := b.jobs0(x, m.ID)[0]
			j.State, j.Attempts = store.JobParked, 3
			c.job(&j)
			if through, err := outbox.MayBeThrough(j); err != nil || through != c.refused {
				t.Errorf("%s: may be through: %v, %v", c.name, through, err)
			}
			if c.remote {
				if err := x.AddRemote(store.Remote{ChannelNo: 1, Remote: "7:9", Message: m.ID, To: 2, Attachment: -1, At: b.clock.Now()}); err != nil {
					return err
				}
			}
			if err := x.SaveJob(j); err != nil {
				return err
			}
			return x.SetDelivery(m.ID, core.DeliveryFailed)
		})
		no := b.rewrites(11, posted("стало").Content)
		want := "стало"
		if c.refused {
			want = "было"
		}
		if got := b.message(m.ID).Content.Text.Body; (no != nil) != c.refused || got != want {
			t.Errorf("%s: refusal %+v, it says %q", c.name, no, got)
		}
		if c.refused && (no == nil || no.Key != "refused.edit_partly") {
			t.Errorf("%s: it is not told why: %+v", c.name, no)
		}
	}
}

func TestReact_OnlyWhoPutTheLastReactionTakesItAway(t *testing.T) {
	b, _ := asked(t)
	for i, c := range []struct {
		by    core.PersonID
		emoji string
		want  string
	}{
		{"anna", "❤", "❤"},
		{"boris", "", "❤"}, // he has put none
		{"boris", "🔥", "🔥"},
		{"anna", "", "🔥"}, // hers is not the one that stands
		{"boris", "👀", "🔥"},
		{"boris", "", ""},
	} {
		var got string
		b.update(func(x *store.Tx) error {
			if err := b.r.React(x, b.message0(x, 1), c.by, c.emoji); err != nil {
				return err
			}
			var err error
			got, err = x.Reaction(1, true)
			return err
		})
		if got != c.want {
			t.Errorf("%d: %s sets %q: %q stands, want %q", i, c.by, c.emoji, got, c.want)
		}
	}
}
