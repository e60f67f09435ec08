package telegram

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"parom/adapters/telegram/botapi"
	"parom/core"
)

func TestTextOf_PlacesStylesOnCharactersOfEveryWidth(t *testing.T) {
	for _, c := range []struct {
		name     string
		text     string
		entities []botapi.MessageEntity
		want     string // what each span covers, in order
	}{
		{"two-byte letters", "это жирно", []botapi.MessageEntity{{Type: "bold", Offset: 4, Length: 5}}, "жирно"},
		{"an emoji before", "👋🏽 hi", []botapi.MessageEntity{{Type: "italic", Offset: 5, Length: 2}}, "hi"},
		{"an emoji inside", "a😀b", []botapi.MessageEntity{{Type: "code", Offset: 0, Length: 4}}, "a😀b"},
		{"half an emoji takes it whole", "a😀b", []botapi.MessageEntity{{Type: "bold", Offset: 2, Length: 1}}, "😀"},
		{"beyond the end is cut", "abc", []botapi.MessageEntity{{Type: "bold", Offset: 1, Length: 99}}, "bc"},
		{"before the beginning is cut", "abc", []botapi.MessageEntity{{Type: "bold", Offset: -2, Length: 3}}, "a"},
		{"outside is left out", "abc", []botapi.MessageEntity{{Type: "bold", Offset: 7, Length: 3}}, ""},
		{"an absurd length", "abc", []botapi.MessageEntity{{Type: "bold", Offset: 1, Length: 1<<63 - 1}}, "bc"},
		{"nothing has no style", "abc", []botapi.MessageEntity{{Type: "bold", Offset: 1, Length: 0}}, ""},
		{"what clients find themselves is left out", "#tag @name", []botapi.MessageEntity{{Type: "hashtag", Offset: 0, Length: 4}, {Type: "mention", Offset: 5, Length: 5}}, ""},
		{"a mention of nobody is left out", "Анна", []botapi.MessageEntity{{Type: "text_mention", Offset: 0, Length: 4}}, ""},
		{"nested stay nested", "abcdef", []botapi.MessageEntity{{Type: "italic", Offset: 1, Length: 2}, {Type: "bold", Offset: 0, Length: 6}}, "abcdef|bc"},
		{"crossing are cut", "abcdef", []botapi.MessageEntity{{Type: "bold", Offset: 0, Length: 4}, {Type: "italic", Offset: 2, Length: 4}}, "abcd|cd|ef"},
		{"twice the same is once", "abc", []botapi.MessageEntity{{Type: "bold", Offset: 0, Length: 3}, {Type: "bold", Offset: 0, Length: 3}}, "abc"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := TextOf(c.text, c.entities)
			var covered []string
			for _, s := range got.Spans {
				covered = append(covered, got.Body[s.Offset:s.Offset+s.Length])
			}
			if s := strings.Join(covered, "|"); s != c.want {
				t.Errorf("styles cover %q, want %q", s, c.want)
			}
		})
	}
}

func TestEntities_CarryWhatStylesNeed(t *testing.T) {
	u := &botapi.User{}
	u.ID = 42
	want := []botapi.MessageEntity{
		{Type: "text_link", Offset: 0, Length: 2, URL: "https://example.org"},
		{Type: "pre", Offset: 2, Length: 2, Language: "go"},
		{Type: "text_mention", Offset: 4, Length: 2, User: u},
	}
	text := TextOf("😀бвгд", want)
	body, got := Entities(text)
	if body != "😀бвгд" {
		t.Errorf("body %q", body)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestEntities_LeaveOutSpansThatDoNotLieOnTheBody(t *testing.T) {
	for _, s := range []core.Span{
		{Offset: -1, Length: 2, Style: core.Bold},
		{Offset: 1, Length: 1, Style: core.Bold},
		{Offset: 0, Length: 99, Style: core.Bold},
		{Offset: 0, Length: 0, Style: core.Bold},
		{Offset: 0, Length: 4, Style: 99},
		{Offset: 0, Length: 4, Style: core.Mention, Value: "@olga"},
	} {
		if _, es := Entities(core.Text{Body: "😀", Spans: []core.Span{s}}); len(es) != 0 {
			t.Errorf("%+v became %+v", s, es)
		}
	}
}

// entityTypes are drawn from by the fuzzers; the last is not known.
var entityTypes = []string{
	"bold", "italic", "underline", "strikethrough", "spoiler", "code", "pre", "blockquote", "expandable_blockquote",
	"text_link", "text_mention", "hashtag", "custom_emoji", "hologram",
}

// entitiesFrom makes entities of three bytes each.
func entitiesFrom(b []byte) []botapi.MessageEntity {
	var es []botapi.MessageEntity
	for ; len(b) >= 3 && len(es) < 40; b = b[3:] {
		e := botapi.MessageEntity{Type: entityTypes[int(b[0])%len(entityTypes)], Offset: int(int8(b[1])), Length: int(int8(b[2]))}
		switch e.Type {
		case "text_link":
			e.URL = "https://example.org/" + string('a'+rune(b[0]%3))
		case "text_mention":
			e.User = &botapi.User{}
			e.User.ID = int64(b[2])
		}
		es = append(es, e)
	}
	return es
}

func FuzzEntities(f *testing.F) {
	f.Add("привет 👋🏽 мир", []byte{0, 0, 6, 1, 3, 9, 9, 7, 4})
	f.Add("a😀b😀c", []byte{0, 1, 3, 1, 2, 4, 5, 0, 7, 0, 1, 3})
	f.Add("\xff\x00😀\xed\xa0\x80", []byte{0, 0, 3})
	f.Add("aaaaaaaa", []byte{0, 0, 5, 1, 0, 5, 2, 1, 6, 3, 2, 7, 4, 4, 4})
	f.Fuzz(func(t *testing.T, text string, raw []byte) {
		es := entitiesFrom(raw)
		a := TextOf(text, es)
		wellFormed(t, a)
		body, back := Entities(a)
		if body != a.Body {
			t.Fatalf("body %q became %q", a.Body, body)
		}
		units := len(utf16.Encode([]rune(body)))
		for _, e := range back {
			if e.Offset < 0 || e.Length <= 0 || e.Offset+e.Length > units {
				t.Fatalf("entity %+v lies outside %d units", e, units)
			}
		}
		if again := TextOf(body, back); !slices.Equal(a.Spans, again.Spans) || a.Body != again.Body {
			t.Fatalf("%+v came back as %+v", a, again)
		}
		covers(t, a, text, es)
	})
}

// wellFormed checks what core.Text promises.
func wellFormed(t *testing.T, a core.Text) {
	t.Helper()
	if !utf8.ValidString(a.Body) {
		t.Fatalf("invalid body %q", a.Body)
	}
	for i, s := range a.Spans {
		to := s.Offset + s.Length
		if s.Offset < 0 || s.Length <= 0 || to > len(a.Body) || !utf8.ValidString(a.Body[s.Offset:to]) || !utf8.ValidString(a.Body[:s.Offset]) {
			t.Fatalf("span %+v does not lie between runes of %q", s, a.Body)
		}
		for _, o := range a.Spans[:i] {
			if o.Offset > s.Offset || o.Offset == s.Offset && o.Length < s.Length {
				t.Fatalf("spans are out of order: %+v", a.Spans)
			}
			if s.Offset < o.Offset+o.Length && to > o.Offset+o.Length {
				t.Fatalf("spans cross: %+v and %+v", o, s)
			}
		}
	}
}

// covers checks that cutting lost no style: each styled unit still has it.
func covers(t *testing.T, a core.Text, text string, es []botapi.MessageEntity) {
	t.Helper()
	valid := strings.ToValidUTF8(text, "\uFFFD")
	at := 0
	for i, r := range valid {
		wide := 1
		if r > 0xFFFF {
			wide = 2
		}
		for _, e := range es {
			style, known := styleOf[e.Type]
			if !known || e.Length <= 0 || e.Offset >= at+wide || e.Offset+e.Length <= at {
				continue
			}
			if !slices.ContainsFunc(a.Spans, func(s core.Span) bool { return s.Style == style && s.Offset <= i && i < s.Offset+s.Length }) {
				t.Fatalf("%s is gone from byte %d of %q: %+v", e.Type, i, valid, a.Spans)
			}
		}
		at += wide
	}
}

func FuzzEvents(f *testing.F) {
	for _, u := range []string{
		text(1, 1, "привет"), groupText(2, 1, "x"), text(3, 2, "/start ad"),
		`{"update_id":4,"message":{"message_id":5,"date":1,"chat":{"id":7,"type":"private"},"photo":[{"file_id":"a","file_unique_id":"b","width":1,"height":2}],"caption":"😀","caption_entities":[{"type":"bold","offset":1,"length":1}]}}`,
		`{"update_id":5,"edited_message":{"message_id":5,"date":1,"edit_date":2,"chat":{"id":7,"type":"private"},"location":{"longitude":1,"latitude":2,"live_period":60}}}`,
		`{"update_id":6,"message_reaction":{"chat":{"id":7,"type":"private"},"message_id":5,"user":{"id":7,"first_name":"О","is_bot":false},"date":3,"old_reaction":[],"new_reaction":[{"type":"paid"}]}}`,
		`{"update_id":7,"my_chat_member":{"chat":{"id":7,"type":"private"},"from":{"id":7,"first_name":"О"},"date":3,"old_chat_member":{"status":"member","user":{"id":1}},"new_chat_member":{"status":"kicked","user":{"id":1}}}}`,
		`{"update_id":8,"message":{"message_id":5,"date":[],"chat":{"id":7,"type":"private"}}}`,
		`{"update_id":9,"message":{"message_id":5,"date":1,"chat":{"id":7,"type":"private"},"hologram":{"x":1},"external_reply":{"origin":{"type":"hidden_user","sender_user_name":"A","date":1}},"quote":{"text":"b","position":0}}}`,
	} {
		f.Add([]byte(u))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		u := botapi.DecodeUpdate(raw)
		where := place(&u)
		a, b := Events("telegram:1", &u, noon), Events("telegram:1", &u, noon.Add(1))
		for i, e := range a {
			if e.Key == "" || e.Body == nil || e.From.ID == "" && where != nowhere {
				t.Fatalf("%+v lacks key, body or correspondent", e)
			}
			if e.Key != b[i].Key {
				t.Fatalf("key %q depends on the time of reading: %q", e.Key, b[i].Key)
			}
			if !strings.HasPrefix(e.Key, "telegram:1:") {
				t.Fatalf("key %q does not name the account", e.Key)
			}
			if p, ok := e.Body.(core.Posted); ok {
				wellFormed(t, p.Content.Text)
			}
		}
	})
}
