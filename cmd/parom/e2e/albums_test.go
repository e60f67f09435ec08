package e2e

import (
	"image/color"
	"testing"

	"parom/adapters/telegram/telegramsim"
)

// album makes an operator's album of photos with captions.
func (w *world) album(user, topic int64, captions ...string) []int64 {
	w.t.Helper()
	var posts []telegramsim.Post
	for i, c := range captions {
		posts = append(posts, telegramsim.Post{
			From: user, In: telegramsim.Group(w.group), Thread: topic, Kind: "photo", Text: c,
			File: &telegramsim.Upload{Name: "x.jpg", Data: jpegOf(w.t, color.RGBA{uint8(i * 60), 9, 9, 255}), Width: 64, Height: 48},
		})
	}
	ids, err := w.sim.SendAlbum(posts)
	if err != nil {
		w.t.Fatal(err)
	}
	return ids
}

// photos counts a bot's photos at a customer.
func (w *world) photos(user, bot int64) int {
	n := 0
	for _, m := range w.chat(bot, user)() {
		if m.From.ID == bot && m.File != nil {
			n++
		}
	}
	return n
}

func TestAlbum_IsOneThingWhateverItsPartsSay(t *testing.T) {
	for _, c := range []struct {
		name     string
		captions []string
		reach    int // photos at the customer
	}{
		{"an answer", []string{"вот", "", ""}, 3},
		{"an answer with captions on several parts", []string{"раз", "два", ""}, 3},
		{"a note on the first part", []string{"// тайное", "", ""}, 0},
		{"a note on the last part", []string{"вот", "", "// тайное"}, 0},
		{"a note in the Russian layout", []string{"", "..тайное", ""}, 0},
		{"a command on the first part", []string{"/note тайное", "", ""}, 0},
		{"a Russian command", []string{"/закрыть", "", ""}, 0},
		{"a command in the wrong layout", []string{".сдщыу", "", ""}, 0},
		{"an unknown command on a later part", []string{"вот", "/тайное", ""}, 0},
		{"a colleague called on a later part", []string{"", "@boris_op тайное глянь", ""}, 0},
		{"a colleague called", []string{"@boris_op глянь", "", ""}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, setup{})
			w.writes(w.ivan, w.shop, "Покажите")
			topic := w.topicOf("Иван")
			w.inTopic(topic, "Покажите")
			w.album(w.anna, topic, c.captions...)
			w.says(w.anna, topic, "после альбома", 0)
			w.gets(w.ivan, w.shop, "после альбома")
			w.until("the photos", func() bool { return w.photos(w.ivan, w.shop) >= c.reach })
			w.quiet(w.ivan, w.shop, "тайное")
			if n := w.photos(w.ivan, w.shop); n != c.reach {
				t.Errorf("%d photos reached the customer, want %d\n%s", n, c.reach, w.picture())
			}
		})
	}
}

func TestAlbum_HeldIsSentWholeByItsAuthor(t *testing.T) {
	w := newWorld(t, setup{})
	w.writes(w.ivan, w.shop, "Покажите")
	topic := w.topicOf("Иван")
	w.inTopic(topic, "Покажите")
	ids := w.album(w.anna, topic, "@ivan_p смотрите", "второе", "")
	n := w.noticeFor(topic, ids[0])
	if err := w.sim.Edit(w.anna, telegramsim.Group(w.group), ids[1], "второе исправлено"); err != nil {
		t.Fatal(err)
	}
	w.quiet(w.ivan, w.shop, "второе")
	w.press(w.anna, n.ID, "Отправить")
	w.until("three photos", func() bool { return w.photos(w.ivan, w.shop) == 3 })
	w.gets(w.ivan, w.shop, "второе исправлено")
}
