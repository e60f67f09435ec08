package adaptertest

import (
	"parom/core"
)

// sample is a message to carry, with the bytes of its files.
type sample struct {
	row     string
	content core.Content
	data    [][]byte
}

// actRows are the rows that are no content but something done with a message.
var actRows = []string{"quote", "fragment quote", "edit", "delete", "reaction", "typing", "read mark", "forwarded", "buttons"}

func rowNames() []string {
	var rows []string
	for _, s := range samples() {
		rows = append(rows, s.row)
	}
	return append(rows, actRows...)
}

func samples() []sample {
	out := []sample{{row: "text", content: core.Content{Text: core.Plain("Здравствуйте! 👋🏽 <b>&amp;</b> *_[x](y)")}}}
	for _, s := range []struct {
		row   string
		style core.Style
		value string
	}{
		{"bold", core.Bold, ""},
		{"italic", core.Italic, ""},
		{"underline", core.Underline, ""},
		{"strike", core.Strike, ""},
		{"spoiler", core.Spoiler, ""},
		{"code", core.Code, ""},
		{"code block", core.Block, "go"},
		{"block quote", core.Quote, ""},
		{"link", core.Link, "https://example.org/a?b=c"},
		{"mention", core.Mention, ""},
	} {
		t := core.Plain("😀 до ").Append(core.Styled("слово 🇷🇺", s.style)).Append(core.Plain(" после"))
		t.Spans[0].Value = s.value
		out = append(out, sample{row: s.row, content: core.Content{Text: t}})
	}
	file := func(row string, a core.Attachment, data []byte) {
		out = append(out, sample{row: row, content: core.Content{Attachments: []core.Attachment{a}}, data: [][]byte{data}})
	}
	small := picture(64, 48)
	out = append(out, sample{row: "photo", data: [][]byte{small}, content: core.Content{
		Text: core.Styled("подпись", core.Bold), Attachments: []core.Attachment{{Kind: core.Photo, MIME: "image/jpeg"}},
	}})
	out = append(out, sample{row: "album", data: [][]byte{small, picture(32, 32), picture(48, 64)}, content: core.Content{
		Text: core.Plain("три снимка"), Attachments: []core.Attachment{
			{Kind: core.Photo, MIME: "image/jpeg"}, {Kind: core.Photo, MIME: "image/jpeg"}, {Kind: core.Photo, MIME: "image/jpeg"},
		},
	}})
	file("video", core.Attachment{Kind: core.Video, Name: "clip.mp4", MIME: "video/mp4"}, []byte("\x00\x00\x00\x18ftypmp42 video"))
	file("audio", core.Attachment{Kind: core.Audio, Name: "song.mp3", MIME: "audio/mpeg"}, []byte("ID3\x03 audio"))
	file("voice", core.Attachment{Kind: core.Voice, MIME: "audio/ogg"}, []byte("OggS\x00 voice"))
	file("video note", core.Attachment{Kind: core.VideoNote, MIME: "video/mp4"}, []byte("\x00\x00\x00\x18ftypmp42 note"))
	file("sticker", core.Attachment{Kind: core.Sticker, MIME: "image/webp", Emoji: "😎"}, []byte("RIFF\x10\x00\x00\x00WEBPVP8 "))
	file("animation", core.Attachment{Kind: core.Animation, Name: "cat.gif", MIME: "image/gif"}, []byte("GIF89a cat"))
	file("document", core.Attachment{Kind: core.Document, Name: "счёт № 5.pdf", MIME: "application/pdf"}, []byte("%PDF-1.7 invoice"))
	card := func(row string, a core.Attachment) {
		out = append(out, sample{row: row, content: core.Content{Attachments: []core.Attachment{a}}})
	}
	card("location", core.Attachment{Kind: core.Location, Lat: 59.9375, Lon: 30.3086})
	card("contact", core.Attachment{Kind: core.ContactCard, Name: "Анна", Phone: "+79990000000"})
	card("poll", core.Attachment{Kind: core.Poll, Name: "Когда удобно?", Options: []string{"утром", "вечером"}})
	return out
}
