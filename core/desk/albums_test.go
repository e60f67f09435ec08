package desk

import (
	"fmt"
	"testing"

	"parom/core"
	"parom/core/store"
)

// part is a photo of an album, with or without words.
func part(n int, text string) core.Wrote {
	return core.Wrote{Group: "g", Content: core.Content{
		Text:        core.Plain(text),
		Attachments: []core.Attachment{{Kind: core.Photo, Holder: "telegram:console", Locator: fmt.Sprint("p", n), SizeBytes: 1000}},
	}}
}

func (w *world) onPost(ref core.PostRef, b core.ActBody) {
	w.t.Helper()
	w.events++
	act := core.Act{Key: fmt.Sprintf("act-%d", w.events), Topic: w.topic().Ref, Post: ref, By: anna, At: w.clock.Now(), Body: b}
	if err := w.desk.Deliver(w.t.Context(), []core.Act{act}); err != nil {
		w.t.Fatal(err)
	}
}

func forwarded(b core.Wrote) core.Wrote {
	b.Forwarded = true
	return b
}

func TestAlbum_WhatBecameTheTeamsOwnStaysSoWithItsLateParts(t *testing.T) {
	for name, c := range map[string]func(w *world){
		"an edit marked it before its second part came": func(w *world) {
			ref := w.wrote(part(1, "вот"))
			w.onPost(ref, core.Rewrote{Content: part(1, "// вот").Content})
			w.wrote(part(2, ""))
		},
		"it was taken back before its second part came": func(w *world) {
			ref := w.wrote(part(1, "вот"))
			w.onPost(ref, core.Signed{Emoji: []string{"👎"}})
			w.wrote(part(2, ""))
		},
		"it was held, sent by a tap, and its second part has a mark": func(w *world) {
			w.wrote(forwarded(part(1, "вот")))
			w.settle()
			w.press(anna, "Отправить", "")
			w.wrote(part(2, "// паспорт"))
		},
		"it was held, and an edit marked it": func(w *world) {
			ref := w.wrote(forwarded(part(1, "вот")))
			w.settle()
			id, at := w.button("Отправить")
			w.onPost(ref, core.Rewrote{Content: part(1, "// вот").Content})
			w.wrote(part(2, ""))
			if _, err := w.desk.Press(w.t.Context(), core.Press{Button: id, Topic: w.topic().Ref, Post: at, By: anna, At: w.clock.Now()}); err != nil {
				w.t.Fatal(err)
			}
		},
	} {
		w := newWorld(t, setup{})
		w.takesFiles()
		w.says("1", "раз")
		w.settle()
		c(w)
		w.settle()
		if got := w.sends(); len(got) != 0 {
			t.Errorf("%s: sent to %v", name, got)
		}
		w.stop()
	}
}

func TestHeld_AnAlbumGoesWholeOrNotAtAll(t *testing.T) {
	w := newWorld(t, setup{})
	w.takesFiles()
	w.says("1", "раз")
	w.settle()
	w.wrote(forwarded(part(1, "вот")))
	late := part(2, "")
	late.Content.Attachments[0].SizeBytes = 400 * mega // nobody hands that over
	w.wrote(late)
	w.settle()
	for range 2 {
		if p := w.press(anna, "Отправить", ""); !p.Alert {
			t.Errorf("popup %+v", p)
		}
	}
	if got := w.sends(); len(got) != 0 {
		t.Errorf("sent to %v", got)
	}
	w.view(func(tx *store.Tx) error {
		ns, err := tx.OpenNotices(1)
		if len(ns) != 1 {
			t.Errorf("%d questions open, want 1", len(ns))
		}
		return err
	})
}

func TestRewrote_WhatWasTakenBackIsNotAskedAbout(t *testing.T) {
	w := newWorld(t, setup{})
	w.says("1", "раз")
	w.settle()
	ref := w.wrote(words("ответ"))
	w.onPost(ref, core.Signed{Emoji: []string{"👎"}})
	w.onPost(ref, core.Rewrote{Content: words("// ответ").Content})
	w.view(func(tx *store.Tx) error {
		ns, err := tx.OpenNotices(1)
		if len(ns) != 0 || len(w.sends()) != 0 {
			t.Errorf("%d questions about what never left, sent to %v", len(ns), w.sends())
		}
		return err
	})
}
