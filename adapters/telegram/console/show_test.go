package console_test

import (
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"parom/adapters/telegram/telegramsim"
	"parom/core"
)

func TestShow_MakesEveryKindOfPost(t *testing.T) {
	file := func(k core.Kind, name, mime string) core.Attachment {
		return core.Attachment{Kind: k, Name: name, MIME: mime, Blob: "b", Width: 40, Height: 40, Duration: 3 * time.Second}
	}
	cases := []struct {
		name    string
		content core.Content
		kind    string
		text    string
	}{
		{"a text", core.Content{Text: core.Styled("hello", core.Bold)}, "text", "hello"},
		{"a photo with caption", core.Content{Text: core.Plain("see"), Attachments: []core.Attachment{file(core.Photo, "a.png", "image/png")}}, "photo", "see"},
		{"a video", core.Content{Attachments: []core.Attachment{file(core.Video, "a.mp4", "video/mp4")}}, "video", ""},
		{"music", core.Content{Attachments: []core.Attachment{file(core.Audio, "a.mp3", "audio/mpeg")}}, "audio", ""},
		{"a voice note", core.Content{Attachments: []core.Attachment{file(core.Voice, "", "audio/ogg")}}, "voice", ""},
		{"a video note", core.Content{Attachments: []core.Attachment{file(core.VideoNote, "", "video/mp4")}}, "video_note", ""},
		{"a sticker", core.Content{Attachments: []core.Attachment{file(core.Sticker, "", "image/webp")}}, "sticker", ""},
		{"an animation", core.Content{Attachments: []core.Attachment{file(core.Animation, "a.gif", "image/gif")}}, "animation", ""},
		{"a document", core.Content{Text: core.Plain("read"), Attachments: []core.Attachment{file(core.Document, "a.pdf", "application/pdf")}}, "document", "read"},
		{"a place", core.Content{Attachments: []core.Attachment{{Kind: core.Location, Lat: 1, Lon: 2}}}, "location", ""},
		{"a place with a name", core.Content{Attachments: []core.Attachment{{Kind: core.Location, Name: "Port", Lat: 1, Lon: 2}}}, "venue", ""},
		{"a card", core.Content{Attachments: []core.Attachment{{Kind: core.ContactCard, Name: "Ivan", Phone: "+7900"}}}, "contact", ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			w.files["b"] = png(t, 40, 40)
			at := w.topic("Customer")
			s, err := w.con.Show(w.ctx(), core.Post{Topic: at, Content: c.content, Silent: true})
			must(t, err)
			if len(s.Posts) != 1 || s.Posts[0].Room != w.room || !s.At.Equal(w.clock.Now()) {
				t.Fatalf("%+v", s)
			}
			m := w.seen(s.Posts[0])
			if m.Kind != c.kind || m.Text != c.text || m.Thread != threadOf(at) {
				t.Errorf("%+v", m)
			}
			if isFile := len(c.content.Attachments) > 0 && c.content.Attachments[0].Kind.IsFile(); isFile && (len(s.Locators) != 1 || s.Locators[0] == "") {
				t.Errorf("locators %q", s.Locators)
			} else if isFile {
				// What was shown once goes again by reference.
				a := c.content.Attachments[0]
				a.Blob, a.Holder, a.Locator = "", w.con.Account(), s.Locators[0]
				again, err := w.con.Show(w.ctx(), core.Post{Topic: at, Content: core.Content{Attachments: []core.Attachment{a}}})
				must(t, err)
				if f := w.seen(again.Posts[0]).File; f == nil || f.Key != m.File.Key {
					t.Errorf("sent again as %+v, was %+v", f, m.File)
				}
			}
		})
	}
}

func TestShow_AnAlbumHasAPostForEachFile(t *testing.T) {
	w := newWorld(t)
	w.files["a"], w.files["b"] = png(t, 40, 40), png(t, 50, 40)
	at := w.topic("Customer")
	s, err := w.con.Show(w.ctx(), core.Post{Topic: at, Content: core.Content{Text: core.Plain("two"), Attachments: []core.Attachment{
		{Kind: core.Photo, MIME: "image/png", Blob: "a"}, {Kind: core.Photo, MIME: "image/png", Blob: "b"},
	}}})
	must(t, err)
	if len(s.Posts) != 2 || len(s.Locators) != 2 || s.Posts[0].Seq >= s.Posts[1].Seq {
		t.Fatalf("%+v", s)
	}
	one, two := w.seen(s.Posts[0]), w.seen(s.Posts[1])
	if one.Album == "" || one.Album != two.Album || one.Text != "two" || two.Text != "" {
		t.Errorf("%+v %+v", one, two)
	}
}

func TestShow_AnswersAPostOrAFragmentOfIt(t *testing.T) {
	cases := []struct {
		name, fragment, quote string
		gone                  bool
	}{
		{"the whole post", "", "", false},
		{"a fragment", "second", "second", false},
		{"a fragment that is not there is the whole post", "nowhere", "", false},
		{"a post that is gone is not answered", "second", "", true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			at := w.topic("Customer")
			ref := w.show(at, "first second third")
			if c.gone {
				must(t, w.con.Remove(w.ctx(), ref))
			}
			s, err := w.con.Show(w.ctx(), core.Post{Topic: at, ReplyTo: ref, Fragment: c.fragment, Content: core.Content{Text: core.Plain("re")}})
			must(t, err)
			m := w.seen(s.Posts[0])
			if c.gone {
				if m.ReplyTo != 0 {
					t.Errorf("%+v", m)
				}
				return
			}
			if m.ReplyTo != ref.Seq || (m.Quote != nil) != (c.quote != "") || c.quote != "" && m.Quote.Text != c.quote {
				t.Errorf("%+v", m)
			}
		})
	}
}

func TestShow_InGeneralNamesNoThread(t *testing.T) {
	w := newWorld(t)
	for _, thread := range []string{"", "1"} {
		s, err := w.con.Show(w.ctx(), core.Post{Topic: core.TopicRef{Room: w.room, Thread: thread}, Content: core.Content{Text: core.Plain("board")}})
		must(t, err)
		if m := w.seen(s.Posts[0]); m.Thread != 0 {
			t.Errorf("thread %d", m.Thread)
		}
	}
}

func TestShow_CopiesAPost(t *testing.T) {
	w := newWorld(t)
	at := w.topic("Customer")
	w.settle()
	ref := w.write(telegramsim.Post{Thread: threadOf(at), Kind: "photo", Text: "old words", File: &telegramsim.Upload{Name: "a.png", Data: png(t, 40, 30)}})
	other := w.topic("Other")
	s, err := w.con.Show(w.ctx(), core.Post{Topic: other, Copy: &ref})
	must(t, err)
	m := w.seen(s.Posts[0])
	if m.Kind != "photo" || m.Text != "old words" || m.Forward != nil || m.Thread != threadOf(other) {
		t.Errorf("%+v", m)
	}
	_, err = w.con.Show(w.ctx(), core.Post{Topic: other, Copy: &core.PostRef{Room: w.room, Seq: 99999}})
	reason(t, err, core.TargetGone)
}

func TestShow_WordsThatAreNotInTheRoomsForm(t *testing.T) {
	w := newWorld(t)
	at := w.topic("Customer")
	w.sim.AddFault(telegramsim.Fault{Method: "sendMessage", Count: 1, Refuse: &telegramsim.Refusal{Code: 400, Description: "Bad Request: can't parse entities: nested"}})
	s, err := w.con.Show(w.ctx(), core.Post{Topic: at, Content: core.Content{Text: core.Styled("bold", core.Bold)}})
	must(t, err)
	if m := w.seen(s.Posts[0]); m.Text != "bold" || len(m.Entities) != 0 {
		t.Errorf("%+v", m)
	}
	w.files["b"] = png(t, 40, 40)
	w.sim.AddFault(telegramsim.Fault{Method: "sendPhoto", Count: 1, Refuse: &telegramsim.Refusal{Code: 400, Description: "Bad Request: PHOTO_INVALID_DIMENSIONS"}})
	s, err = w.con.Show(w.ctx(), core.Post{Topic: at, Content: core.Content{Attachments: []core.Attachment{{Kind: core.Photo, MIME: "image/png", Blob: "b"}}}})
	must(t, err)
	if m := w.seen(s.Posts[0]); m.Kind != "document" {
		t.Errorf("%+v", m)
	}
	w.sim.AddFault(telegramsim.Fault{Method: "sendVoice", Count: 1, Refuse: &telegramsim.Refusal{Code: 400, Description: "Bad Request: VOICE_MESSAGES_FORBIDDEN"}})
	s, err = w.con.Show(w.ctx(), core.Post{Topic: at, Content: core.Content{Attachments: []core.Attachment{{Kind: core.Voice, MIME: "audio/ogg", Blob: "b"}}}})
	must(t, err)
	if m := w.seen(s.Posts[0]); m.Kind == "voice" || m.File == nil {
		t.Errorf("%+v", m)
	}
}

func TestShow_FileThatIsNowhereIsMediaGone(t *testing.T) {
	w := newWorld(t)
	at := w.topic("Customer")
	for _, a := range []core.Attachment{
		{Kind: core.Photo, Holder: "telegram:1", Locator: "x"}, // another bot's
		{Kind: core.Photo, Blob: "missing"},
		{Kind: core.Photo, Holder: w.con.Account(), Locator: "no such file id"},
	} {
		_, err := w.con.Show(w.ctx(), core.Post{Topic: at, Content: core.Content{Attachments: []core.Attachment{a}}})
		reason(t, err, core.MediaGone)
	}
}

func TestConsole_ClassifiesWhatTheGroupRefuses(t *testing.T) {
	text := core.Content{Text: core.Plain("x")}
	show := func(w *world, at core.TopicRef) error {
		_, err := w.con.Show(w.ctx(), core.Post{Topic: at, Content: text})
		return err
	}
	open := func(w *world, _ core.TopicRef) error {
		_, err := w.con.OpenTopic(w.ctx(), w.room, "New", "")
		return err
	}
	cases := []struct {
		name   string
		spoil  func(w *world, at core.TopicRef) error
		do     func(w *world, at core.TopicRef) error
		want   core.Reason
		detail string
		retry  time.Duration
	}{
		{"a deleted topic", func(w *world, at core.TopicRef) error { return w.sim.DeleteTopic(w.owner, w.group, threadOf(at)) }, show, core.TopicGone, "", 0},
		{
			"a deleted topic reopened", func(w *world, at core.TopicRef) error { return w.sim.DeleteTopic(w.owner, w.group, threadOf(at)) },
			func(w *world, at core.TopicRef) error { return w.con.ReopenTopic(w.ctx(), at) }, core.TopicGone, "", 0,
		},
		{"a topic closed by hand", func(w *world, at core.TopicRef) error {
			k := w.sim.Knobs()
			k.AdminWritesClosed = false
			w.sim.SetKnobs(k)
			return nil
		}, func(w *world, _ core.TopicRef) error { // a bot may write into a closed topic of its own
			byHand, err := w.sim.CreateTopic(w.owner, w.group, "By hand", "")
			must(w.t, err)
			must(w.t, w.sim.CloseTopic(w.owner, w.group, byHand))
			return show(w, core.TopicRef{Room: w.room, Thread: itoa(byHand)})
		}, core.TopicClosed, "", 0},
		{"topics switched off", func(w *world, _ core.TopicRef) error { return w.sim.SetForum(w.group, false) }, open, core.BadConfig, "not a forum", 0},
		{"the right to manage topics lost", func(w *world, _ core.TopicRef) error {
			return w.sim.Promote(w.owner, w.group, w.botID, "can_delete_messages")
		}, open, core.BadConfig, "can_manage_topics: ", 0},
		{"the right to pin lost", func(w *world, _ core.TopicRef) error {
			return w.sim.Promote(w.owner, w.group, w.botID, "can_manage_topics")
		}, func(w *world, at core.TopicRef) error { return w.con.Pin(w.ctx(), w.show(at, "card")) }, core.BadConfig, "can_pin_messages: ", 0},
		{"the bot removed", func(w *world, _ core.TopicRef) error { return w.sim.Remove(w.owner, w.group, w.botID) }, show, core.BadConfig, "kicked", 0},
		{"the group deleted", func(w *world, _ core.TopicRef) error { return w.sim.DeleteGroup(w.group) }, show, core.BadConfig, "", 0},
		{"a group that never was", nil, func(w *world, _ core.TopicRef) error {
			_, err := w.con.OpenTopic(w.ctx(), "-100999", "x", "")
			return err
		}, core.BadConfig, "chat not found", 0},
		{"a room that is no number", nil, func(w *world, _ core.TopicRef) error {
			_, err := w.con.OpenTopic(w.ctx(), "staff", "x", "")
			return err
		}, core.BadConfig, "", 0},
		{"too many messages", func(w *world, _ core.TopicRef) error {
			w.sim.AddFault(telegramsim.Fault{Method: "sendMessage", Refuse: &telegramsim.Refusal{Code: 429, Description: "Too Many Requests: retry after 17", RetryAfter: 17}})
			return nil
		}, show, core.Throttled, "", 17 * time.Second},
		{"a lost answer to a new post", func(w *world, _ core.TopicRef) error {
			w.sim.AddFault(telegramsim.Fault{Method: "sendMessage", Drop: true})
			return nil
		}, show, core.MaybeSent, "", 0},
		{"a lost answer to a new topic", func(w *world, _ core.TopicRef) error {
			w.sim.AddFault(telegramsim.Fault{Method: "createForumTopic", Drop: true})
			return nil
		}, open, core.MaybeSent, "", 0},
		{"a lost answer to an edit, which may be done again", func(w *world, _ core.TopicRef) error {
			w.sim.AddFault(telegramsim.Fault{Method: "editMessage*", Drop: true})
			return nil
		}, func(w *world, at core.TopicRef) error {
			return w.con.Amend(w.ctx(), w.show(at, "old"), core.Post{Content: text})
		}, core.Unavailable, "", 0},
		{"a lost answer to a pin, likewise", func(w *world, _ core.TopicRef) error {
			w.sim.AddFault(telegramsim.Fault{Method: "pinChatMessage", Drop: true})
			return nil
		}, func(w *world, at core.TopicRef) error { return w.con.Pin(w.ctx(), w.show(at, "card")) }, core.Unavailable, "", 0},
		{"a server in trouble after the request", func(w *world, _ core.TopicRef) error {
			w.sim.AddFault(telegramsim.Fault{Method: "sendMessage", HTML: true})
			return nil
		}, show, core.MaybeSent, "", 0},
		{"a server that is down", func(w *world, at core.TopicRef) error {
			must(w.t, w.sim.SetDown(true))
			_ = show(w, at) // may have gone into the connection that was cut
			return nil
		}, show, core.Unavailable, "", 0},
		{"a post to amend that is gone", nil, func(w *world, at core.TopicRef) error {
			ref := w.show(at, "x")
			must(w.t, w.con.Remove(w.ctx(), ref))
			return w.con.Amend(w.ctx(), ref, core.Post{Content: text})
		}, core.TargetGone, "", 0},
		{"a post to mark that is gone", nil, func(w *world, at core.TopicRef) error {
			ref := w.show(at, "x")
			must(w.t, w.con.Remove(w.ctx(), ref))
			return w.con.Mark(w.ctx(), ref, "👌")
		}, core.TargetGone, "", 0},
		{
			"a sign the group does not allow", func(w *world, _ core.TopicRef) error { return w.sim.SetReactions(w.group, []string{}) },
			func(w *world, at core.TopicRef) error { return w.con.Mark(w.ctx(), w.show(at, "x"), "👌") }, core.Rejected, "", 0,
		},
		{"a colleague's words amended", nil, func(w *world, at core.TopicRef) error {
			return w.con.Amend(w.ctx(), w.write(telegramsim.Post{Thread: threadOf(at), Text: "mine"}), core.Post{Content: text})
		}, core.WindowClosed, "", 0},
		{"an empty post", nil, func(w *world, at core.TopicRef) error {
			_, err := w.con.Show(w.ctx(), core.Post{Topic: at})
			return err
		}, core.Rejected, "", 0},
		{"a text too long", nil, func(w *world, at core.TopicRef) error {
			_, err := w.con.Show(w.ctx(), core.Post{Topic: at, Content: core.Content{Text: core.Plain(strings.Repeat("x", 5000))}})
			return err
		}, core.TooLarge, "", 0},
		{"button data too long", nil, func(w *world, at core.TopicRef) error {
			_, err := w.con.Show(w.ctx(), core.Post{Topic: at, Content: text, Buttons: [][]core.Button{{{ID: strings.Repeat("x", 65), Label: "x"}}}})
			return err
		}, core.Rejected, "", 0},
		{"buttons under an album", nil, func(w *world, at core.TopicRef) error {
			a := core.Attachment{Kind: core.Photo, Blob: "b", MIME: "image/png"}
			_, err := w.con.Show(w.ctx(), core.Post{Topic: at, Content: core.Content{Attachments: []core.Attachment{a, a}}, Buttons: [][]core.Button{{{ID: "1", Label: "x"}}}})
			return err
		}, core.Rejected, "", 0},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			at := w.topic("Customer")
			if c.spoil != nil {
				must(t, c.spoil(w, at))
			}
			err := c.do(w, at)
			e := reason(t, err, c.want)
			if !strings.Contains(e.Detail, c.detail) || e.RetryAfter != c.retry {
				t.Errorf("detail %q, retry after %v", e.Detail, e.RetryAfter)
			}
			if strings.Contains(err.Error(), w.token) || strings.Contains(w.logged(), w.token) {
				t.Error("the token shows")
			}
		})
	}
}

func TestAmend_ChangesTextCaptionAndButtons(t *testing.T) {
	w := newWorld(t)
	w.files["b"] = png(t, 40, 40)
	at := w.topic("Customer")
	text := w.show(at, "old", core.Button{ID: "1", Label: "Take"})
	s, err := w.con.Show(w.ctx(), core.Post{Topic: at, Content: core.Content{Text: core.Plain("old"), Attachments: []core.Attachment{{Kind: core.Photo, Blob: "b", MIME: "image/png"}}}})
	must(t, err)
	photo := s.Posts[0]

	amended := core.Post{Content: core.Content{Text: core.Styled("new", core.Strike)}, Buttons: [][]core.Button{{{ID: "2", Label: "Drop"}}}}
	for range 2 { // the second time nothing changes, which is done
		must(t, w.con.Amend(w.ctx(), text, amended))
	}
	if m := w.seen(text); m.Text != "new" || len(m.Entities) != 1 || m.Buttons[0][0].Data != "2" {
		t.Errorf("%+v", m)
	}
	for range 2 {
		must(t, w.con.Amend(w.ctx(), text, core.Post{})) // the buttons alone
	}
	if m := w.seen(text); m.Text != "new" || len(m.Buttons) != 0 {
		t.Errorf("%+v", m)
	}
	captioned := core.Post{Content: core.Content{Text: core.Plain("new"), Attachments: []core.Attachment{{Kind: core.Photo, Blob: "b"}}}}
	for range 2 {
		must(t, w.con.Amend(w.ctx(), photo, captioned))
	}
	if m := w.seen(photo); m.Text != "new" || m.Kind != "photo" {
		t.Errorf("%+v", m)
	}
	must(t, w.con.Amend(w.ctx(), photo, core.Post{Content: core.Content{Text: core.Plain("newer")}})) // the files not named
	if m := w.seen(photo); m.Text != "newer" {
		t.Errorf("%+v", m)
	}
}

func TestMark_SetsOneSignAndTakesItAway(t *testing.T) {
	w := newWorld(t)
	at := w.topic("Customer")
	ref := w.write(telegramsim.Post{Thread: threadOf(at), Text: "answer"})
	for _, sign := range []string{"✍️", "👌", "👌"} {
		must(t, w.con.Mark(w.ctx(), ref, sign))
	}
	if m := w.seen(ref); !slices.Equal(m.Reactions, []telegramsim.SeenReaction{{User: w.botID, Emoji: "👌"}}) {
		t.Errorf("%+v", m.Reactions)
	}
	must(t, w.con.Mark(w.ctx(), ref, ""))
	if m := w.seen(ref); len(m.Reactions) != 0 {
		t.Errorf("%+v", m.Reactions)
	}
}

func TestRemove_IsDoneWhenThePostIsGone(t *testing.T) {
	w := newWorld(t)
	at := w.topic("Customer")
	ref := w.show(at, "x")
	old := w.write(telegramsim.Post{Thread: threadOf(at), Text: "a colleague's"})
	for range 2 {
		must(t, w.con.Remove(w.ctx(), ref))
	}
	must(t, w.con.Remove(w.ctx(), old))
	if !w.seen(ref).Deleted || !w.seen(old).Deleted {
		t.Error("still there")
	}
	late := w.show(at, "y")
	w.clock.Advance(w.con.Limits().DeleteWindow + time.Second)
	reason(t, w.con.Remove(w.ctx(), late), core.WindowClosed)
}

func TestPin_IsSilent(t *testing.T) {
	w := newWorld(t)
	ref := w.show(w.topic("Customer"), "card")
	must(t, w.con.Pin(w.ctx(), ref))
	must(t, w.con.Pin(w.ctx(), ref))
	if !w.seen(ref).Pinned {
		t.Error("not pinned")
	}
}

func TestTopics_HaveTitlesAndIconsThatTelegramTakes(t *testing.T) {
	cases := []struct {
		name, title, icon string
		want, emoji       string
	}{
		{"an icon of the set", "Anna", "🔥", "Anna", "🔥"},
		{"the set's selector does not matter", "Anna", "❤", "Anna", "❤️"},
		{"an icon not of the set is a colour", "Anna", "🐫", "Anna", ""},
		{"none", "Anna", "", "Anna", ""},
		{"lines become one", " Anna\n\tPetrova ", "", "Anna Petrova", ""},
		{"nothing becomes a sign", " \n", "", "…", ""},
		{"a long one is cut", strings.Repeat("я", 200), "", strings.Repeat("я", 127) + "…", ""},
		{"a family is not cut in two", strings.Repeat("я", 122) + "👨‍👩‍👧‍👦 and more", "", strings.Repeat("я", 122) + "…", ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			ref, err := w.con.OpenTopic(w.ctx(), w.room, c.title, c.icon)
			must(t, err)
			topics := w.sim.Topics(w.group)
			got := topics[len(topics)-1]
			if got.ID != threadOf(ref) || got.Name != c.want || got.Emoji != c.emoji || len(utf16.Encode([]rune(got.Name))) > 128 {
				t.Errorf("%+v", got)
			}
		})
	}
}

func TestTopics_AskForTheIconsOnce(t *testing.T) {
	w := newWorld(t)
	for range 3 {
		_, err := w.con.OpenTopic(w.ctx(), w.room, "x", "🔥")
		must(t, err)
	}
	if n := w.sim.Calls()["getforumtopiciconstickers"]; n != 1 {
		t.Errorf("asked %d times", n)
	}
}

func TestTopics_AnIconRefusedIsAColour(t *testing.T) {
	w := newWorld(t)
	w.sim.AddFault(telegramsim.Fault{Method: "createForumTopic", Count: 1, Refuse: &telegramsim.Refusal{Code: 400, Description: "Bad Request: DOCUMENT_INVALID"}})
	_, err := w.con.OpenTopic(w.ctx(), w.room, "x", "🔥")
	must(t, err)
	topics := w.sim.Topics(w.group)
	if got := topics[len(topics)-1]; got.Emoji != "" || got.Name != "x" {
		t.Errorf("%+v", got)
	}
}

func TestTopics_AreEditedAndDeletedAndMayBeSoAlready(t *testing.T) {
	w := newWorld(t)
	at := w.topic("Customer")
	for range 2 {
		must(t, w.con.EditTopic(w.ctx(), at, "Anna", "🔥"))
		must(t, w.con.EditTopic(w.ctx(), at, "", "🐫")) // not offered: stays
	}
	topics := w.sim.Topics(w.group)
	if got := topics[len(topics)-1]; got.Name != "Anna" || got.Emoji != "🔥" {
		t.Errorf("%+v", got)
	}
	general := core.TopicRef{Room: w.room}
	must(t, w.con.EditTopic(w.ctx(), general, "Board", "🔥"))
	must(t, w.con.ReopenTopic(w.ctx(), general))
	reason(t, w.con.DeleteTopic(w.ctx(), general), core.Rejected)
	for range 2 {
		must(t, w.con.DeleteTopic(w.ctx(), at))
	}
	if topics := w.sim.Topics(w.group); !topics[len(topics)-1].Deleted || topics[0].Name != "Board" {
		t.Errorf("%+v", topics)
	}
}

func TestLimits_AreTheGroups(t *testing.T) {
	w := newWorld(t)
	l := w.con.Limits()
	if l.Holder != w.con.Account() || l.DeleteWindow != 48*time.Hour || l.Typing != core.Absent || l.Rate.PeerBurst != 20 {
		t.Errorf("%+v", l)
	}
}
