package telegram

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"parom/adapters/telegram/botapi"
	"parom/adapters/telegram/telegramsim"
	"parom/core"
)

type noMedia struct{}

func (noMedia) Open(context.Context, string) (io.ReadSeekCloser, int64, error) {
	return nil, 0, errors.New("no such file")
}

// files is core.Media by name.
type files map[string][]byte

func (f files) Open(_ context.Context, blob string) (io.ReadSeekCloser, int64, error) {
	b, ok := f[blob]
	if !ok {
		return nil, 0, errors.New("no such file")
	}
	return struct {
		io.ReadSeeker
		io.Closer
	}{bytes.NewReader(b), io.NopCloser(nil)}, int64(len(b)), nil
}

// shop is a channel on a simulator with a customer.
type shop struct {
	*simulated
	*Adapter
	log *logged
}

func openShop(t *testing.T, spool core.Media) *shop {
	t.Helper()
	s := &shop{simulated: simulate(t, telegramsim.Options{Knobs: telegramsim.Unlimited()}), log: &logged{}}
	a, err := New(Config{Token: s.token, Endpoint: s.sim.URL()}, Deps{
		ID: "tg-shop", Clock: core.SystemClock(), Media: spool,
		Cursors: &memory{clock: core.SystemClock(), m: map[string]core.Cursor{}},
		Log:     slog.New(slog.NewTextHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	if err != nil {
		t.Fatal(err)
	}
	s.Adapter = a
	t.Cleanup(a.bot.closeIdle)
	return s
}

func (s *shop) to() core.Destination { return core.Destination{Peer: s.Peer()} }

func (s *shop) send(t *testing.T, c core.Content, change func(*core.Parcel)) (core.Sent, error) {
	t.Helper()
	p := core.Parcel{Key: core.NewKey(), To: s.to(), Content: c, Attempt: 1}
	if change != nil {
		change(&p)
	}
	return s.Send(t.Context(), p)
}

// last is the newest message in the customer's chat.
func (s *shop) last(t *testing.T) telegramsim.Seen {
	t.Helper()
	ms := s.sim.Live(s.chat)
	return ms[len(ms)-1]
}

func (s *shop) refuse(method string, code int, description string) {
	s.sim.AddFault(telegramsim.Fault{Method: method, Count: 1, Refuse: &telegramsim.Refusal{Code: code, Description: description}})
}

func TestSend_TriesTheNextBestForm(t *testing.T) {
	one := func(k core.Kind, blob string) core.Content {
		return core.Content{Attachments: []core.Attachment{{Kind: k, Blob: blob}}}
	}
	for _, c := range []struct {
		name    string
		content core.Content
		method  string
		words   string
		want    string // kind of what arrives
	}{
		{"entities the server cannot parse go as plain text", core.Content{Text: core.Styled("важно", core.Bold)}, "sendMessage", "Bad Request: can't parse entities: x", "text"},
		{"a forbidden voice note goes as audio", one(core.Voice, "ogg"), "sendVoice", "Bad Request: VOICE_MESSAGES_FORBIDDEN", "audio"},
		{"a forbidden video note goes as video", one(core.VideoNote, "mp4"), "sendVideoNote", "Bad Request: VOICE_MESSAGES_FORBIDDEN", "video"},
		{"a photo of odd dimensions goes as a document", one(core.Photo, "ogg"), "sendPhoto", "Bad Request: PHOTO_INVALID_DIMENSIONS", "document"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := openShop(t, files{"ogg": []byte("OggS"), "mp4": []byte("ftyp")})
			s.refuse(c.method, 400, c.words)
			if _, err := s.send(t, c.content, nil); err != nil {
				t.Fatal(err)
			}
			m := s.last(t)
			if m.Kind != c.want || len(m.Entities) != 0 {
				t.Errorf("arrived as %s with %v, want a plain %s", m.Kind, m.Entities, c.want)
			}
		})
	}
}

func TestSend_ACustomerWhoForbidsVoiceGetsAudio(t *testing.T) {
	s := openShop(t, files{"ogg": []byte("OggS")})
	if err := s.sim.SetPerson(telegramsim.Person{ID: s.user, FirstName: "Ольга", NoVoice: true}); err != nil {
		t.Fatal(err)
	}
	voice := core.Attachment{Kind: core.Voice, MIME: "audio/ogg", Blob: "ogg"}
	if _, err := s.send(t, core.Content{Attachments: []core.Attachment{voice}}, nil); err != nil {
		t.Fatal(err)
	}
	if m := s.last(t); m.Kind != "audio" {
		t.Errorf("arrived as %s, want audio", m.Kind)
	}
	voice.Blob, voice.Holder, voice.Locator = "", s.bot().Account(), s.lastFileID(t)
	if _, err := s.send(t, core.Content{Attachments: []core.Attachment{voice}}, nil); core.ReasonOf(err) != core.MediaGone {
		t.Errorf("by reference: %v, want the bytes asked for", err)
	}
}

func (s *shop) bot() *Bot { return s.Adapter.bot }

// lastFileID sends a voice note to somebody else's liking and returns its reference.
func (s *shop) lastFileID(t *testing.T) string {
	t.Helper()
	ms, err := s.bot().Post(t.Context(), Outgoing{
		Target: botapi.Target{ChatID: s.otherStarted(t)}, Media: files{"v": []byte("OggS")},
		Content: core.Content{Attachments: []core.Attachment{{Kind: core.Voice, Blob: "v"}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return Locators(ms)[0]
}

func (s *shop) otherStarted(t *testing.T) int64 {
	t.Helper()
	if _, err := s.sim.Start(s.other, s.simulated.bot, ""); err != nil {
		t.Fatal(err)
	}
	return s.other
}

func TestSend_AFragmentThatIsNotThereQuotesTheWholeMessage(t *testing.T) {
	s := openShop(t, noMedia{})
	id, err := s.sim.Send(telegramsim.Post{From: s.user, In: s.chat, Text: "одно слово"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.send(t, core.Content{Text: core.Plain("ответ")}, func(p *core.Parcel) {
		p.ReplyTo = &core.Reference{Remote: s.remote(id), Fragment: "другое слово"}
	})
	if err != nil {
		t.Fatal(err)
	}
	if m := s.last(t); m.ReplyTo != id || m.Quote != nil && m.Quote.Manual {
		t.Errorf("answers %d with %+v, want the whole of %d", m.ReplyTo, m.Quote, id)
	}
}

func TestSend_ByReferenceMovesNoBytes(t *testing.T) {
	s := openShop(t, files{"a": []byte("%PDF")})
	sent, err := s.send(t, core.Content{Attachments: []core.Attachment{{Kind: core.Document, Name: "a.pdf", Blob: "a"}}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(sent.Locators) != 1 || sent.Locators[0] == "" {
		t.Fatalf("locators %q", sent.Locators)
	}
	again := core.Attachment{Kind: core.Document, Name: "a.pdf", Holder: s.bot().Account(), Locator: sent.Locators[0]}
	if _, err := s.send(t, core.Content{Attachments: []core.Attachment{again}}, nil); err != nil {
		t.Errorf("by reference, with nothing in the spool: %v", err)
	}
	again.Locator = "BQACAgIAAxkDAAI-nonsense"
	if _, err := s.send(t, core.Content{Attachments: []core.Attachment{again}}, nil); core.ReasonOf(err) != core.MediaGone {
		t.Errorf("a dead reference: %v, want media gone", err)
	}
	again.Blob = "a"
	if _, err := s.send(t, core.Content{Attachments: []core.Attachment{again}}, nil); err != nil {
		t.Errorf("a dead reference with bytes in the spool: %v, want it uploaded", err)
	}
}

func TestSend_AnAlbumHasANameAndAReferenceForEachFile(t *testing.T) {
	s := openShop(t, files{"a": []byte("%PDF 1"), "b": []byte("%PDF 2")})
	sent, err := s.send(t, core.Content{Text: core.Plain("счета"), Attachments: []core.Attachment{
		{Kind: core.Document, Name: "a.pdf", Blob: "a"}, {Kind: core.Document, Name: "b.pdf", Blob: "b"},
	}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(sent.Remote) != 2 || len(sent.Locators) != 2 || sent.Remote[0] == sent.Remote[1] || sent.Locators[0] == sent.Locators[1] {
		t.Errorf("%+v", sent)
	}
}

func TestSend_TellsNoCustomerWhoIsMentioned(t *testing.T) {
	s := openShop(t, noMedia{})
	text := core.Styled("Анна", core.Mention)
	text.Spans[0].Value = fmt.Sprint(s.other)
	if _, err := s.send(t, core.Content{Text: text}, nil); err != nil {
		t.Fatal(err)
	}
	if m := s.last(t); m.Text != "Анна" || len(m.Entities) != 0 {
		t.Errorf("%q with %+v", m.Text, m.Entities)
	}
}

func TestSend_CardsAndOddContents(t *testing.T) {
	for _, c := range []struct {
		name string
		a    core.Attachment
		kind string
		text string
	}{
		{"a place with a name is a venue", core.Attachment{Kind: core.Location, Name: "Кафе", Address: "Невский, 1", Lat: 59, Lon: 30}, "venue", ""},
		{"a place with a name alone", core.Attachment{Kind: core.Location, Name: "Кафе", Lat: 59, Lon: 30}, "venue", ""},
		{"a card without a number is text", core.Attachment{Kind: core.ContactCard, Name: "Анна"}, "text", "👤 Анна"},
		{"a poll is text", core.Attachment{Kind: core.Poll, Name: "Когда?", Options: []string{"утром"}}, "text", "📊 Когда?\n▫️ утром"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := openShop(t, noMedia{})
			if _, err := s.send(t, core.Content{Attachments: []core.Attachment{c.a}}, nil); err != nil {
				t.Fatal(err)
			}
			if m := s.last(t); m.Kind != c.kind || c.text != "" && m.Text != c.text {
				t.Errorf("arrived as %s %q", m.Kind, m.Text)
			}
		})
	}
}

func TestSend_WhatTelegramCannotPutTogetherIsRejected(t *testing.T) {
	s := openShop(t, files{"a": []byte("x")})
	file := func(k core.Kind) core.Attachment { return core.Attachment{Kind: k, Blob: "a"} }
	for name, p := range map[string]core.Parcel{
		"text with a sticker": {Content: core.Content{Text: core.Plain("x"), Attachments: []core.Attachment{file(core.Sticker)}}},
		"text with a place":   {Content: core.Content{Text: core.Plain("x"), Attachments: []core.Attachment{{Kind: core.Location, Lat: 1, Lon: 1}}}},
		"a voice in an album": {Content: core.Content{Attachments: []core.Attachment{file(core.Voice), file(core.Voice)}}},
		"buttons on an album": {Content: core.Content{Attachments: []core.Attachment{file(core.Photo), file(core.Photo)}}, Buttons: [][]core.Button{{{ID: "1", Label: "1"}}}},
		"nothing but spaces":  {Content: core.Content{Text: core.Plain(" \n ")}},
	} {
		p.To = s.to()
		if _, err := s.Send(t.Context(), p); core.ReasonOf(err) != core.Rejected {
			t.Errorf("%s: %v, want rejected", name, err)
		}
	}
	if n := len(s.sim.Live(s.chat)); n != 1 {
		t.Errorf("the customer sees %d messages, want his own alone", n)
	}
}

func TestSend_ShowsAnUploadComing(t *testing.T) {
	for _, typing := range []bool{true, false} {
		s := openShop(t, files{"a": []byte("x")})
		s.typing = typing
		if _, err := s.send(t, core.Content{Attachments: []core.Attachment{{Kind: core.Document, Name: "a", Blob: "a"}}}, nil); err != nil {
			t.Fatal(err)
		}
		if got := s.sim.Calls()["sendchataction"] == 1; got != typing {
			t.Errorf("shown: %v, want %v", got, typing)
		}
	}
}

func TestDelete_LooksAtEachMessage(t *testing.T) {
	s := openShop(t, noMedia{})
	var ids []core.RemoteID
	for range 3 {
		sent, err := s.send(t, core.Content{Text: core.Plain("x")}, nil)
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, sent.Remote...)
	}
	if err := s.Adapter.Delete(t.Context(), s.to(), ids[:1]); err != nil {
		t.Fatal(err)
	}
	if err := s.Adapter.Delete(t.Context(), s.to(), ids); err != nil {
		t.Errorf("some of them are gone already: %v", err)
	}
	s.refuse("deleteMessage", 400, "Bad Request: message can't be deleted for everyone")
	if err := s.Adapter.Delete(t.Context(), s.to(), ids); core.ReasonOf(err) != core.WindowClosed {
		t.Errorf("%v, want the window closed", err)
	}
}

func TestFetch_GoesOnWhereADownloadBroke(t *testing.T) {
	body := bytes.Repeat([]byte("0123456789"), 100_000)
	var ranges []string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.URL.Path, "/file/") {
			answerJSON(w, fmt.Sprintf(`{"ok":true,"result":{"file_id":"a","file_unique_id":"b","file_path":"docs/a.bin","file_size":%d}}`, len(body)))
			return
		}
		ranges = append(ranges, r.Header.Get("Range"))
		if len(ranges) == 1 {
			w.Header().Set("Content-Length", fmt.Sprint(len(body)))
			_, _ = w.Write(body[:300_000]) // and the server cuts the connection
			return
		}
		http.ServeContent(w, r, "a.bin", time.Time{}, bytes.NewReader(body))
	}))
	defer srv.Close()
	r := newRig(t)
	b, err := NewBot(BotOptions{Token: plantedToken, Endpoint: srv.URL, Clock: r.clock, Log: slog.New(slog.DiscardHandler), Cursors: r.cursors})
	if err != nil {
		t.Fatal(err)
	}
	defer b.closeIdle()
	var got bytes.Buffer
	if err := b.Fetch(t.Context(), core.Attachment{Holder: b.Account(), Locator: "a"}, &got); err != nil || !bytes.Equal(got.Bytes(), body) {
		t.Errorf("%d bytes, %v", got.Len(), err)
	}
	if len(ranges) != 2 || !strings.HasPrefix(ranges[1], "bytes=") || ranges[1] == "bytes=0-" {
		t.Errorf("asked for ranges %q, want the second to go on", ranges)
	}
}

func TestFetch_FromALocalServer(t *testing.T) {
	limits := telegramsim.LocalLimits()
	dir := t.TempDir()
	sim := simulate(t, telegramsim.Options{Limits: &limits, Dir: dir})
	if _, err := sim.sim.Send(telegramsim.Post{From: sim.user, In: sim.chat, File: &telegramsim.Upload{Name: "a.bin", Data: []byte("abc")}}); err != nil {
		t.Fatal(err)
	}
	for _, folder := range []string{dir, ""} {
		b, err := NewBot(BotOptions{
			Token: sim.token, Endpoint: sim.sim.URL(), Local: true, LocalDir: folder, Clock: core.SystemClock(),
			Log: slog.New(slog.DiscardHandler), Cursors: &memory{},
		})
		if err != nil {
			t.Fatal(err)
		}
		defer b.closeIdle()
		us, err := b.API().GetUpdates(t.Context(), botapi.GetUpdatesParams{})
		if err != nil {
			t.Fatal(err)
		}
		var got bytes.Buffer
		err = b.Fetch(t.Context(), Content(us[len(us)-1].Message, b.Account()).Attachments[0], &got)
		if folder != "" && (err != nil || got.String() != "abc") {
			t.Errorf("%q, %v", got.String(), err)
		}
		if folder == "" && core.ReasonOf(err) != core.BadConfig {
			t.Errorf("without a folder: %v, want the setting named", err)
		}
		if b.Limits().Media[core.Document].FetchBytes != 0 {
			t.Error("a local server has no limit of fetching")
		}
	}
}

func TestFetch_AFileTheServerForgotIsGone(t *testing.T) {
	s := openShop(t, noMedia{})
	a := core.Attachment{Kind: core.Document, Holder: s.bot().Account(), Locator: "BQACAgIAAxkDAAI-nonsense"}
	if err := s.Fetch(t.Context(), a, io.Discard); core.ReasonOf(err) != core.MediaGone {
		t.Errorf("%v, want media gone", err)
	}
}

func TestProbe_NamesWhatStandsInTheWay(t *testing.T) {
	s := openShop(t, noMedia{})
	account, found, err := s.Probe(t.Context())
	if err != nil || len(found) != 0 || account.ID != s.bot().Account() || account.Link != "https://t.me/lavka_bot" || account.Name != "Лавка" {
		t.Errorf("%+v, %+v, %v", account, found, err)
	}
	if err := s.bot().API().SetWebhook(t.Context(), botapi.SetWebhookParams{URL: "https://example.org/hook"}); err != nil {
		t.Fatal(err)
	}
	if _, found, err = s.Probe(t.Context()); err != nil || len(found) != 1 || found[0].Key != "check.telegram.webhook" || !found[0].Fatal {
		t.Errorf("with a webhook: %+v, %v", found, err)
	}
	if _, err := s.sim.RevokeToken(s.simulated.bot); err != nil {
		t.Fatal(err)
	}
	s.bot().self = nil
	_, found, err = s.Probe(t.Context())
	if err != nil || len(found) != 1 || found[0].Key != "check.telegram.token" {
		t.Errorf("with a revoked token: %+v, %v", found, err)
	}
	if strings.Contains(fmt.Sprint(found), s.Secrets()[1]) {
		t.Error("the finding shows the token")
	}
	if err := s.sim.SetDown(true); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Probe(t.Context()); core.ReasonOf(err) != core.Unavailable {
		t.Errorf("an absent server: %v, want unavailable", err)
	}
}

func TestClassify(t *testing.T) {
	for _, c := range []struct {
		err  *botapi.Error
		want core.Reason
	}{
		{&botapi.Error{Kind: botapi.KindUnavailable}, core.Unavailable},
		{&botapi.Error{Kind: botapi.KindUnavailable, Sent: true}, core.MaybeSent},
		{&botapi.Error{Kind: botapi.KindCanceled, Sent: true}, core.MaybeSent},
		{&botapi.Error{Kind: botapi.KindUnauthorized}, core.BadConfig},
		{&botapi.Error{Kind: botapi.KindPeerGone}, core.PeerGone},
		{&botapi.Error{Kind: botapi.KindTextTooLong}, core.TooLarge},
		{&botapi.Error{Kind: botapi.KindCantEdit}, core.WindowClosed},
		{&botapi.Error{Kind: botapi.KindTopicGone}, core.TopicGone},
		{&botapi.Error{Kind: botapi.KindBadReaction}, core.Rejected},
		{&botapi.Error{Kind: botapi.KindUnknown}, core.Rejected},
	} {
		if got := core.ReasonOf(Classify(fmt.Errorf("send: %w", c.err))); got != c.want {
			t.Errorf("%v: %s, want %s", c.err, got, c.want)
		}
	}
	var e *core.SendError
	if !errors.As(Classify(&botapi.Error{Kind: botapi.KindMigrated, MigrateToChatID: -1009}), &e) || e.Reason != core.RoomMoved || e.Detail != "-1009" {
		t.Errorf("%+v", e)
	}
	if !errors.As(Classify(&botapi.Error{Kind: botapi.KindThrottled, RetryAfter: 35 * time.Second}), &e) || e.RetryAfter != 35*time.Second {
		t.Errorf("%+v", e)
	}
	if Classify(nil) != nil {
		t.Error("nil is an error")
	}
	if again := Classify(e); !errors.Is(again, e) {
		t.Errorf("classified twice: %v", again)
	}
}

func TestReact_SendsTheEmojiAsTheListHasIt(t *testing.T) {
	r := newRig(t)
	var got string
	r.script.other = func(_ string, form url.Values) string {
		got = form.Get("reaction")
		return `{"ok":true,"result":true}`
	}
	if err := r.React(t.Context(), 7, 5, "❤️"); err != nil || got != `[{"type":"emoji","emoji":"❤"}]` {
		t.Errorf("%v, sent %s", err, got)
	}
	if err := r.React(t.Context(), 7, 5, ""); err != nil || got != `[]` {
		t.Errorf("%v, sent %s", err, got)
	}
}

func TestSend_AnAnswerWhoseTargetIsGoneGoesWithoutIt(t *testing.T) {
	s := openShop(t, noMedia{})
	s.refuse("sendMessage", 400, "Bad Request: message to be replied not found") // as servers before 7.0 do
	_, err := s.send(t, core.Content{Text: core.Plain("ответ")}, func(p *core.Parcel) { p.ReplyTo = &core.Reference{Remote: s.remote(1)} })
	if err != nil || s.last(t).ReplyTo != 0 {
		t.Errorf("%v, answers %d", err, s.last(t).ReplyTo)
	}
}
