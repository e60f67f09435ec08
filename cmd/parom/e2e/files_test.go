package e2e

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"strings"
	"testing"

	"parom/adapters/telegram/telegramsim"
)

// picture is a real JPEG.
func jpegOf(t testing.TB, c color.Color) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, 64, 48))
	for x := range 64 {
		for y := range 48 {
			img.Set(x, y, c)
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// fileIn waits for a file of a kind among a bot's messages.
func (w *world) fileIn(what string, list func() []telegramsim.Seen, bot int64, kind, caption string) telegramsim.Seen {
	w.t.Helper()
	var found telegramsim.Seen
	w.until(what, func() bool {
		for _, m := range list() {
			if m.From.ID == bot && m.File != nil && m.Kind == kind && strings.Contains(m.Text, caption) {
				found = m
				return true
			}
		}
		return false
	})
	return found
}

func (w *world) topicPosts(topic int64) func() []telegramsim.Seen {
	return func() []telegramsim.Seen { return w.sim.InTopic(telegramsim.Group(w.group), topic) }
}

func (w *world) chat(bot, user int64) func() []telegramsim.Seen {
	return func() []telegramsim.Seen { return w.sim.Live(telegramsim.Private(bot, user)) }
}

func filesCross(w *world) {
	pic := jpegOf(w.t, color.RGBA{200, 30, 30, 255})
	doc := bytes.Repeat([]byte("договор "), 5000)
	w.writes(w.ivan, w.shop, "Смотрите")
	topic := w.topicOf("Иван")
	w.inTopic(topic, "Смотрите")
	// Another bot than the console's: the bytes have to move.
	w.posts(telegramsim.Post{
		From: w.ivan, In: telegramsim.Private(w.shop, w.ivan), Kind: "photo", Text: "вот такой",
		File: &telegramsim.Upload{Name: "a.jpg", Data: pic, Width: 64, Height: 48},
	})
	w.fileIn("the photo in the topic", w.topicPosts(topic), w.help, "photo", "вот такой")
	w.posts(telegramsim.Post{
		From: w.ivan, In: telegramsim.Private(w.shop, w.ivan), Kind: "document",
		File: &telegramsim.Upload{Name: "договор №1.txt", MIME: "text/plain", Data: doc},
	})
	got := w.fileIn("the document in the topic", w.topicPosts(topic), w.help, "document", "")
	if got.File.Name != "договор №1.txt" {
		w.t.Errorf("the document is called %q", got.File.Name)
	}
	w.posts(telegramsim.Post{
		From: w.anna, In: telegramsim.Group(w.group), Thread: topic, Kind: "document", Text: "счёт",
		File: &telegramsim.Upload{Name: "счёт.pdf", MIME: "application/pdf", Data: doc},
	})
	back := w.fileIn("the invoice at the customer", w.chat(w.shop, w.ivan), w.shop, "document", "счёт")
	if back.File.Name != "счёт.pdf" || back.File.Size != int64(len(doc)) {
		w.t.Errorf("the invoice came as %+v", back.File)
	}
	// The console's own bot: by reference, no byte moves.
	w.posts(telegramsim.Post{
		From: w.olga, In: telegramsim.Private(w.help, w.olga), Kind: "photo", Text: "моё фото",
		File: &telegramsim.Upload{Name: "b.jpg", Data: pic, Width: 64, Height: 48},
	})
	olga := w.topicOf("Ольга")
	w.fileIn("the photo in the other topic", w.topicPosts(olga), w.help, "photo", "")
}

func albumsCross(w *world) {
	w.writes(w.ivan, w.shop, "Три фото")
	topic := w.topicOf("Иван")
	w.inTopic(topic, "Три фото")
	var posts []telegramsim.Post
	for i := range 3 {
		p := telegramsim.Post{
			From: w.ivan, In: telegramsim.Private(w.shop, w.ivan), Kind: "photo",
			File: &telegramsim.Upload{Name: "x.jpg", Data: jpegOf(w.t, color.RGBA{uint8(i * 80), 0, 0, 255}), Width: 64, Height: 48},
		}
		if i == 0 {
			p.Text = "подпись альбома"
		}
		posts = append(posts, p)
	}
	if _, err := w.sim.SendAlbum(posts); err != nil {
		w.t.Fatal(err)
	}
	w.until("the album in the topic as one", func() bool { return albumSize(w.topicPosts(topic)(), w.help) == 3 })
	for i := range posts {
		posts[i].From, posts[i].In, posts[i].Thread = w.anna, telegramsim.Group(w.group), topic
	}
	if _, err := w.sim.SendAlbum(posts); err != nil {
		w.t.Fatal(err)
	}
	w.until("the album at the customer as one", func() bool { return albumSize(w.chat(w.shop, w.ivan)(), w.shop) == 3 })
	// The mark of a note on any part keeps all of it here.
	posts[0].Text, posts[2].Text = "", "// тайный альбом"
	if _, err := w.sim.SendAlbum(posts); err != nil {
		w.t.Fatal(err)
	}
	w.says(w.anna, topic, "после альбома", 0)
	w.gets(w.ivan, w.shop, "после альбома")
	n := 0
	for _, m := range w.chat(w.shop, w.ivan)() {
		if m.From.ID == w.shop && m.File != nil {
			n++
		}
	}
	if n != 3 {
		w.t.Errorf("the customer has %d photos, want the 3 of the first album\n%s", n, w.picture())
	}
}

// albumSize is the size of the largest album of a bot in a list.
func albumSize(ms []telegramsim.Seen, bot int64) int {
	sizes, most := map[string]int{}, 0
	for _, m := range ms {
		if m.From.ID == bot && m.Album != "" && m.File != nil {
			sizes[m.Album]++
			most = max(most, sizes[m.Album])
		}
	}
	return most
}

func everyKind(w *world) {
	w.writes(w.ivan, w.shop, "Начало")
	topic := w.topicOf("Иван")
	w.inTopic(topic, "Начало")
	data := bytes.Repeat([]byte{1, 2, 3, 4}, 1000)
	in := telegramsim.Private(w.shop, w.ivan)
	for _, f := range []struct{ kind, name, mime string }{
		{"video", "a.mp4", "video/mp4"},
		{"audio", "a.mp3", "audio/mpeg"},
		{"voice", "a.ogg", "audio/ogg"},
		{"video_note", "a.mp4", "video/mp4"},
		{"animation", "a.mp4", "video/mp4"},
		{"sticker", "a.webp", "image/webp"},
	} {
		up := func() *telegramsim.Upload {
			return &telegramsim.Upload{Name: f.name, MIME: f.mime, Data: data, Duration: 3, Width: 64, Height: 64}
		}
		w.posts(telegramsim.Post{From: w.ivan, In: in, Kind: f.kind, Emoji: "👍", File: up()})
		w.fileIn("a "+f.kind+" in the topic", w.topicPosts(topic), w.help, f.kind, "")
		if f.kind == "video" { // the first answerer is responsible: his voices and stickers go at once
			w.says(w.anna, topic, "принято", 0)
			w.gets(w.ivan, w.shop, "принято")
		}
		w.posts(telegramsim.Post{From: w.anna, In: telegramsim.Group(w.group), Thread: topic, Kind: f.kind, Emoji: "👍", File: up()})
		w.fileIn("a "+f.kind+" at the customer", w.chat(w.shop, w.ivan), w.shop, f.kind, "")
	}
	w.posts(telegramsim.Post{From: w.ivan, In: in, Location: &telegramsim.Location{Latitude: 55.75, Longitude: 37.61}})
	w.posts(telegramsim.Post{From: w.ivan, In: in, Contact: &telegramsim.Contact{Phone: "+79990001122", FirstName: "Пётр"}})
	w.posts(telegramsim.Post{From: w.ivan, In: in, Poll: &telegramsim.Poll{Question: "Какой цвет?", Options: []telegramsim.PollOption{{Text: "Белый"}, {Text: "Чёрный"}}}})
	w.posts(telegramsim.Post{From: w.ivan, In: in, Dice: &telegramsim.Dice{Emoji: "🎲", Value: 4}})
	w.until("place, card, poll and dice in the topic", func() bool {
		place, contact, poll, dice := false, false, false, false
		for _, m := range w.topicPosts(topic)() {
			place = place || m.Location != nil || strings.Contains(m.Text, "55.75")
			contact = contact || m.Contact != nil || strings.Contains(m.Text, "Пётр")
			poll = poll || strings.Contains(m.Text, "Какой цвет?") && strings.Contains(m.Text, "Чёрный") || m.Poll != nil
			dice = dice || strings.Contains(m.Text, "🎲") || m.Dice != nil
		}
		return place && contact && poll && dice
	})
}
