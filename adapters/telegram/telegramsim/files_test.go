package telegramsim

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
)

func limit(l Limits) option { return func(o *Options) { o.Limits = &l } }

func (w *world) download(path string) ([]byte, int) {
	w.t.Helper()
	resp, err := w.web.Get(w.URL() + "/file/bot" + w.token + "/" + path)
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, _ := io.ReadAll(resp.Body)
	return b, resp.StatusCode
}

func TestFiles_BothWaysByUploadDownloadAndReference(t *testing.T) {
	w := newWorld(t)
	w.updates(nil)
	data := bytes.Repeat([]byte("telegram"), 5000)
	sum := sha256.Sum256(data)
	if _, err := w.Send(Post{From: w.anna, In: Private(w.bot, w.anna), Text: "see", File: &Upload{Name: "паспорт.pdf", Data: data}}); err != nil {
		t.Fatal(err)
	}
	m := w.updates(nil)[0].Message
	if m.Document == nil || m.Document.FileName != "паспорт.pdf" || m.Document.Size != int64(len(data)) || *m.Caption != "see" {
		t.Fatalf("document: %+v", m.Document)
	}
	var f wireGotFile
	raw, ref := w.try(w.token, "getFile", args{"file_id": m.Document.FileID})
	if ref != nil {
		t.Fatal(ref)
	}
	_ = json.Unmarshal(raw, &f)
	if got, code := w.download(f.Path); code != 200 || !bytes.Equal(got, data) {
		t.Errorf("downloaded %d bytes, status %d", len(got), code)
	}
	if _, code := w.download("documents/file_999.pdf"); code != http.StatusNotFound {
		t.Errorf("a file that is not there: %d", code)
	}
	again := w.must("sendDocument", args{"chat_id": w.forum, "document": m.Document.FileID, "caption": "<b>copy</b>", "parse_mode": "HTML"})
	if again.Document.FileID != m.Document.FileID || again.CapEntities[0].Type != "bold" {
		t.Errorf("by reference: %+v", again)
	}
	seen := w.Live(Group(w.forum))
	if got := seen[len(seen)-1].File; got.SHA256 != hex.EncodeToString(sum[:]) {
		t.Errorf("people see %+v", got)
	}
}

func TestFiles_LimitsOfTheCloudAndOfALocalServer(t *testing.T) {
	small := CloudLimits()
	small.UploadBytes, small.PhotoBytes, small.FetchBytes = 1000, 100, 500
	w := newWorld(t, limit(small))
	w.refused(413, "Request Entity Too Large", "sendDocument", args{"chat_id": w.anna, "document": upfile{"a.bin", make([]byte, 1001)}})
	w.refused(400, "file of size 101 bytes is too big for a photo; the maximum size is 100 bytes", "sendPhoto",
		args{"chat_id": w.anna, "photo": upfile{"a.jpg", make([]byte, 101)}})
	m := w.must("sendDocument", args{"chat_id": w.anna, "document": upfile{"a.bin", make([]byte, 600)}})
	w.refused(400, "Bad Request: file is too big", "getFile", args{"file_id": m.Document.FileID})
	w.must("copyMessage", args{"chat_id": w.forum, "from_chat_id": w.anna, "message_id": m.ID}) // no bytes, no limit
	w.SetLimits(LocalLimits())
	raw, ref := w.try(w.token, "getFile", args{"file_id": m.Document.FileID})
	var f wireGotFile
	_ = json.Unmarshal(raw, &f)
	if ref != nil || !strings.HasPrefix(f.Path, "/") {
		t.Errorf("local mode: %v %q", ref, f.Path)
	}
}

func TestFiles_EveryKindHasItsShape(t *testing.T) {
	w := newWorld(t, knob(func(k *Knobs) { k.ChatMessages, k.BotMessages, k.GroupMessages = 0, 0, 0 }))
	ids := map[string]string{}
	for kind, method := range map[string]string{
		kVideo: "sendVideo", kAudio: "sendAudio", kVoice: "sendVoice", kNote: "sendVideoNote",
		kAnimation: "sendAnimation", kSticker: "sendSticker", kDoc: "sendDocument", kPhoto: "sendPhoto",
	} {
		data, name := []byte("some bytes"), "a.bin"
		if kind == kPhoto {
			data, name = picture(640, 480), "a.png"
		}
		m := w.must(method, args{"chat_id": w.anna, kind: upfile{name, data}, "duration": 3})
		ids[kind] = map[string]func() string{
			kVideo: func() string { return m.Video.FileID }, kAudio: func() string { return m.Audio.FileID },
			kVoice: func() string { return m.Voice.FileID }, kNote: func() string { return m.VideoNote.FileID },
			kAnimation: func() string { return m.Animation.FileID }, kSticker: func() string { return m.Sticker.FileID },
			kDoc: func() string { return m.Document.FileID }, kPhoto: func() string { return m.Photo[len(m.Photo)-1].FileID },
		}[kind]()
		w.must(method, args{"chat_id": w.anna, kind: ids[kind]})
		if _, err := w.Send(Post{From: w.anna, In: Private(w.bot, w.anna), Kind: kind, File: &Upload{Name: name, Data: data}}); err != nil {
			t.Errorf("%s by a person: %v", kind, err)
		}
	}
	w.must("editMessageMedia", args{
		"chat_id": w.anna, "message_id": w.must("sendVideo", args{"chat_id": w.anna, "video": ids[kVideo]}).ID,
		"media": args{"type": "photo", "media": ids[kPhoto], "caption": "now a photo"},
	})
	w.updates(nil) // held to the schema too
}

func TestAlbums_AreSeparateUpdatesWithOneGroup(t *testing.T) {
	w := newWorld(t)
	w.updates(nil)
	var posts []Post
	for i := range 3 {
		posts = append(posts, Post{From: w.anna, In: Private(w.bot, w.anna), Kind: kPhoto, File: &Upload{Name: fmt.Sprint(i, ".png"), Data: picture(10, 10)}})
	}
	posts[0].Text = "caption"
	if _, err := w.SendAlbum(posts); err != nil {
		t.Fatal(err)
	}
	us := w.updates(nil)
	if len(us) != 3 || us[0].Message.Album == "" || us[0].Message.Album != us[2].Message.Album || us[1].ID != us[0].ID+1 {
		t.Fatalf("album: %+v", us)
	}
	media := []args{}
	for _, u := range us {
		media = append(media, args{"type": "photo", "media": u.Message.Photo[0].FileID})
	}
	raw, ref := w.try(w.token, "sendMediaGroup", args{"chat_id": w.forum, "media": media})
	var sent []wireMessage
	_ = json.Unmarshal(raw, &sent)
	if ref != nil || len(sent) != 3 || sent[0].Album != sent[2].Album || sent[0].Album == us[0].Message.Album {
		t.Errorf("sent album: %v %+v", ref, sent)
	}
	mixed := append(media, args{"type": "document", "media": us[0].Message.Photo[0].FileID})
	if _, ref := w.try(w.token, "sendMediaGroup", args{"chat_id": w.forum, "media": mixed}); ref == nil {
		t.Error("a mixed album was taken")
	}
}
