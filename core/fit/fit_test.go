package fit

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"parom/core"
)

const mb = 1 << 20

// shop is a made-up network with a bit of everything.
var shop = core.Limits{
	Text:    core.TextLimit{Max: 20, Unit: core.UTF16},
	Caption: core.TextLimit{Max: 10, Unit: core.UTF16},
	Media: map[core.Kind]core.MediaLimit{
		core.Photo:    {SendBytes: 10 * mb, MaxPixels: 10000, MaxRatio: 20, Fallback: core.Document},
		core.Video:    {SendBytes: 50 * mb, Fallback: core.Document},
		core.Audio:    {SendBytes: 50 * mb, MIME: []string{"audio/mpeg"}},
		core.Sticker:  {NoCaption: true},
		core.Document: {SendBytes: 50 * mb},
		core.Location: {},
	},
	Album:      core.AlbumLimit{Max: 3, Mix: [][]core.Kind{{core.Photo, core.Video}, {core.Document}}},
	TotalBytes: 60 * mb,
	Holder:     "shop:1",
	Styles:     []core.Style{core.Bold, core.Quote},
}

func file(k core.Kind, size int64) core.Attachment {
	return core.Attachment{Kind: k, SizeBytes: size, Blob: "b"}
}

// sketch writes pieces as "photo+photo:caption | text".
func sketch(pieces []Piece) string {
	var out []string
	for _, p := range pieces {
		var kinds []string
		for _, a := range p.Content.Attachments {
			kinds = append(kinds, a.Kind.String())
		}
		s := strings.Join(kinds, "+")
		if s != "" && !p.Content.Text.IsEmpty() {
			s += ":"
		}
		out = append(out, s+p.Content.Text.Body)
	}
	return strings.Join(out, " | ")
}

func TestCut_FilesAndText(t *testing.T) {
	photo, video, doc := file(core.Photo, mb), file(core.Video, mb), file(core.Document, mb)
	list := func(a ...core.Attachment) []core.Attachment { return a }
	for _, tc := range []struct {
		name, text string
		files      []core.Attachment
		want       string
	}{
		{"nothing", "", nil, ""},
		{"blank text is nothing", " \n ", nil, ""},
		{"a short text", "hello", nil, "hello"},
		{"a long text", "hello hello hello hello", nil, "hello hello hello | hello"},
		{"a caption that fits", "hello", list(photo), "photo:hello"},
		{"a caption over its limit goes after the file", "hello hello!", list(photo), "photo | hello hello!"},
		{"an album with a caption", "hi", list(photo, video, photo), "photo+video+photo:hi"},
		{"an album over its limit", "hi", list(photo, photo, photo, photo), "photo+photo+photo:hi | photo"},
		{"kinds that do not mix", "", list(photo, doc, doc, photo), "photo | document+document | photo"},
		{"a long text follows all files", "hello hello!", list(photo, doc), "photo | document | hello hello!"},
		{"a kind without captions", "hi", list(file(core.Sticker, 1)), "sticker | hi"},
		{"the caption goes to the first that takes one", "hi", list(file(core.Sticker, 1), doc), "sticker | document:hi"},
		{"an unknown kind goes as a document", "", list(file(core.Voice, mb)), "document"},
		{"a photo too large goes as a document", "", list(file(core.Photo, 11*mb)), "document"},
		{"a document and a photo that became one", "", list(doc, file(core.Photo, 11*mb)), "document+document"},
		{"files over the message's total", "", list(file(core.Video, 40*mb), file(core.Video, 30*mb)), "video | video"},
		{"a place goes as one", "hi", list(core.Attachment{Kind: core.Location, Lat: 1}), "hi | location"},
		{"a poll in words", "", list(core.Attachment{Kind: core.Poll, Name: "Tea?", Options: []string{"Yes", "No"}}), "Tea?\n1. Yes\n2. No"},
		{"a card in words follows", "hi", list(core.Attachment{Kind: core.ContactCard, Name: "Ann", Phone: "+1"}), "hi | Ann\n+1"},
		{"an unsupported thing is named", "", list(core.Attachment{Kind: core.Unsupported, Name: "a game called x and y"}), "a game called x and | y"},
		{"an unsupported thing without a name too", "", list(core.Attachment{Kind: core.Unsupported}), "[?]"},
	} {
		got, problems := Cut(core.Content{Text: core.Plain(tc.text), Attachments: tc.files}, shop)
		if sketch(got) != tc.want || len(problems) > 0 {
			t.Errorf("%s: %q, want %q; problems %v", tc.name, sketch(got), tc.want, problems)
		}
	}
}

func TestCut_ProblemsNameLimitSizeAndWays(t *testing.T) {
	source := func(holder string) (core.Limits, bool) {
		return core.Limits{Media: map[core.Kind]core.MediaLimit{core.Video: {FetchBytes: 20 * mb}}}, holder == "far"
	}
	strict := shop
	strict.Media = map[core.Kind]core.MediaLimit{
		core.Document: {Extensions: []string{"pdf", "jpg"}}, core.Photo: {Extensions: []string{"jpg"}},
		core.Audio: {MIME: []string{"audio/*"}, SendBytes: mb},
	}
	for _, tc := range []struct {
		name   string
		limits core.Limits
		a      core.Attachment
		want   *Problem
	}{
		{"too large to send", shop, file(core.Document, 51*mb), &Problem{Rule: SendSize, LimitBytes: 50 * mb, Ways: []Way{AsLink, Drop}}},
		{"too large as itself and as what stands in", shop, file(core.Photo, 51*mb), &Problem{Rule: SendSize, LimitBytes: 10 * mb, Ways: []Way{AsLink, Drop}}},
		{"too large by reference goes", shop, core.Attachment{Kind: core.Video, SizeBytes: 900 * mb, Holder: "shop:1", Locator: "x"}, nil},
		{
			"a reference of another account", shop,
			core.Attachment{Kind: core.Video, SizeBytes: 51 * mb, Holder: "shop:2", Locator: "x"},
			&Problem{Rule: SendSize, LimitBytes: 50 * mb, Ways: []Way{AsLink, Drop}},
		},
		{
			"too large to fetch", shop,
			core.Attachment{Kind: core.Video, SizeBytes: 21 * mb, Holder: "far", Locator: "x"},
			&Problem{Rule: FetchSize, LimitBytes: 20 * mb, Ways: []Way{UploadPage, Drop}},
		},
		{"too large to fetch but in the spool", shop, core.Attachment{Kind: core.Video, SizeBytes: 21 * mb, Holder: "far", Locator: "x", Blob: "b"}, nil},
		{"nowhere to get it", shop, core.Attachment{Kind: core.Video}, &Problem{Rule: NoSource, Ways: []Way{Drop}}},
		{
			"a type that is not taken, but is as a file", shop,
			core.Attachment{Kind: core.Audio, MIME: "audio/flac", Blob: "b"},
			&Problem{Rule: Type, Allowed: []string{"audio/mpeg"}, Ways: []Way{AsDocument, AsLink, Drop}},
		},
		{"a wildcard type", strict, core.Attachment{Kind: core.Audio, MIME: "Audio/FLAC; x=y", Blob: "b"}, nil},
		{
			"an extension that is not taken", strict,
			core.Attachment{Kind: core.Document, Name: "a.pdf.exe", Blob: "b"},
			&Problem{Rule: Type, Allowed: []string{"pdf", "jpg"}, Ways: []Way{AsLink, Drop}},
		},
		{"an extension in capitals", strict, core.Attachment{Kind: core.Document, Name: "A.PDF", Blob: "b"}, nil},
		{
			"a document without a name", strict,
			core.Attachment{Kind: core.Document, Blob: "b"},
			&Problem{Rule: Type, Allowed: []string{"pdf", "jpg"}, Ways: []Way{AsLink, Drop}},
		},
		{"a photo without a name", strict, core.Attachment{Kind: core.Photo, Blob: "b"}, nil},
		{"an image too long goes as a file", shop, core.Attachment{Kind: core.Photo, Width: 100, Height: 2001, Blob: "b"}, nil},
		{
			"an image too large where no file goes",
			core.Limits{Media: map[core.Kind]core.MediaLimit{core.Photo: {MaxPixels: 100}}},
			core.Attachment{Kind: core.Photo, Width: 60, Height: 60, Blob: "b"},
			&Problem{Rule: Pixels, Limit: 100, Ways: []Way{AsLink, Drop}},
		},
		{"no files at all", core.Limits{}, file(core.Voice, 1), &Problem{Rule: KindAbsent, Ways: []Way{AsLink, Drop}}},
	} {
		pieces, problems := New(tc.limits, nil, source).Cut(core.Content{Attachments: []core.Attachment{tc.a}})
		if tc.want == nil {
			if len(problems) != 0 || len(pieces) != 1 {
				t.Errorf("%s: %d pieces, problems %v", tc.name, len(pieces), problems)
			}
			continue
		}
		if len(pieces) != 0 || len(problems) != 1 {
			t.Errorf("%s: %d pieces, problems %v", tc.name, len(pieces), problems)
			continue
		}
		tc.want.Kind, tc.want.Name, tc.want.SizeBytes = tc.a.Kind, tc.a.Name, tc.a.SizeBytes
		if diff := cmp.Diff(*tc.want, problems[0]); diff != "" {
			t.Errorf("%s: %s", tc.name, diff)
		}
	}
}

// spoken are Words that show what they were asked.
type spoken struct{ wordless }

func (spoken) Text(key string, args ...map[string]any) string { return fmt.Sprint(key, args) }

func TestDescribe_NamesFileSizeAndLimit(t *testing.T) {
	p := Problem{Kind: core.Video, Name: "a\u202eb.mp4", Rule: SendSize, SizeBytes: 51, LimitBytes: 50}
	if got, want := p.Describe(spoken{}), "fit.problem_send_size[map[Allowed: Limit:50 B Name:ab.mp4 Size:51 B What:video]]"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestShown_StylesTheNetworkLacksKeepTheirMeaning(t *testing.T) {
	span := func(from, length int, s core.Style, v string) core.Span {
		return core.Span{Offset: from, Length: length, Style: s, Value: v}
	}
	for _, tc := range []struct {
		name   string
		in     core.Text
		styles []core.Style
		want   core.Text
	}{
		{"plain", core.Plain("a"), nil, core.Plain("a")},
		{"bold leaves its words", core.Styled("a", core.Bold), nil, core.Plain("a")},
		{"bold stays", core.Styled("a", core.Bold), []core.Style{core.Bold}, core.Styled("a", core.Bold)},
		{
			"a link shows its address",
			core.Text{Body: "see this now", Spans: []core.Span{span(4, 4, core.Link, "https://a.b")}},
			nil,
			core.Plain("see this (https://a.b) now"),
		},
		{"an address is not said twice", core.Text{Body: "a.b", Spans: []core.Span{span(0, 3, core.Link, "https://a.b/")}}, nil, core.Plain("a.b")},
		{"a mail address neither", core.Text{Body: "x@a.b", Spans: []core.Span{span(0, 5, core.Link, "mailto:x@a.b")}}, nil, core.Plain("x@a.b")},
		{"struck text", core.Text{Body: "700 500", Spans: []core.Span{span(0, 3, core.Strike, "")}}, nil, core.Plain("~700~ 500")},
		{"a quote in lines", core.Text{Body: "a\nb\nc", Spans: []core.Span{span(0, 3, core.Quote, "")}}, nil, core.Plain("> a\n> b\nc")},
		{"a quote in mid-line", core.Text{Body: "so: a. b", Spans: []core.Span{span(4, 2, core.Quote, "")}}, nil, core.Plain("so: \n> a.\n b")},
		{
			"a link within bold",
			core.Text{Body: "go here", Spans: []core.Span{span(0, 7, core.Bold, ""), span(3, 4, core.Link, "u:x")}},
			[]core.Style{core.Bold},
			core.Text{Body: "go here (u:x)", Spans: []core.Span{span(0, 7, core.Bold, "")}},
		},
		{
			"a link within longer bold",
			core.Text{Body: "go here!", Spans: []core.Span{span(0, 8, core.Bold, ""), span(3, 4, core.Link, "u:x")}},
			[]core.Style{core.Bold},
			core.Text{Body: "go here (u:x)!", Spans: []core.Span{span(0, 14, core.Bold, "")}},
		},
		{
			"bold behind a quote's sign",
			core.Text{Body: "a", Spans: []core.Span{span(0, 1, core.Quote, ""), span(0, 1, core.Bold, "")}},
			[]core.Style{core.Bold},
			core.Text{Body: "> a", Spans: []core.Span{span(2, 1, core.Bold, "")}},
		},
		{"a struck link", core.Text{Body: "a", Spans: []core.Span{span(0, 1, core.Strike, ""), span(0, 1, core.Link, "u:x")}}, nil, core.Plain("~a (u:x)~")},
		{
			"dirt moves spans along",
			core.Text{Body: "\xff\r\nab\x00", Spans: []core.Span{span(3, 2, core.Bold, ""), span(5, 1, core.Bold, "")}},
			[]core.Style{core.Bold},
			core.Text{Body: "\uFFFD\nab\uFFFD", Spans: []core.Span{span(4, 2, core.Bold, ""), span(6, 3, core.Bold, "")}},
		},
		{
			"spans out of the text are clipped",
			core.Text{Body: "ж", Spans: []core.Span{span(-3, 99, core.Bold, ""), span(1, 1, core.Bold, ""), span(9, 2, core.Bold, "")}},
			[]core.Style{core.Bold},
			core.Text{Body: "ж", Spans: []core.Span{span(0, 2, core.Bold, "")}},
		},
		{
			"crossing spans are shortened",
			core.Text{Body: "abcd", Spans: []core.Span{span(0, 3, core.Bold, ""), span(1, 3, core.Italic, "")}},
			[]core.Style{core.Bold, core.Italic},
			core.Text{Body: "abcd", Spans: []core.Span{span(0, 3, core.Bold, ""), span(1, 2, core.Italic, "")}},
		},
	} {
		got := New(core.Limits{Styles: tc.styles}, nil, nil).Shown(tc.in)
		if diff := cmp.Diff(tc.want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s: %s", tc.name, diff)
		}
	}
}

func TestCut_FormattingContinuesOverACut(t *testing.T) {
	text := core.Styled("hello hello hello hello", core.Bold)
	pieces, _ := Cut(core.Content{Text: text}, shop)
	want := []core.Text{core.Styled("hello hello hello", core.Bold), core.Styled("hello", core.Bold)}
	for i, p := range pieces {
		if diff := cmp.Diff(want[i], p.Content.Text); diff != "" {
			t.Error(diff)
		}
	}
}

func TestCut_SubjectGoesWithTheFirstPieceOnly(t *testing.T) {
	c := core.Content{Subject: "S", Text: core.Plain("hello hello hello hello")}
	pieces, _ := Cut(c, shop)
	if len(pieces) != 2 || pieces[0].Content.Subject != "S" || pieces[1].Content.Subject != "" {
		t.Errorf("%+v", pieces)
	}
	if pieces, _ := Cut(core.Content{Subject: "S"}, shop); len(pieces) != 1 || pieces[0].Content.Subject != "S" {
		t.Errorf("subject alone: %+v", pieces)
	}
}

func TestRemake_RefusesARangeOutsideTheMessage(t *testing.T) {
	f := New(shop, nil, nil)
	c := core.Content{Text: core.Plain("жж")}
	for name, r := range map[string]Range{
		"beyond the end": {From: 0, To: 5}, "backwards": {From: 4, To: 2}, "within a rune": {From: 0, To: 1},
		"no such attachment": {Attachments: []int{0}}, "negative": {From: -1, To: 2},
	} {
		if _, err := f.Remake(c, r); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

var someContent = rapid.Custom(func(t *rapid.T) core.Content {
	body := someText.Draw(t, "text") + rapid.SampledFrom([]string{"", "\xff", "\x00\r\nx"}).Draw(t, "dirt")
	c := core.Content{Text: core.Text{Body: body}}
	for range rapid.IntRange(0, 6).Draw(t, "spans") {
		c.Text.Spans = append(c.Text.Spans, core.Span{
			Offset: rapid.IntRange(-2, len(body)+2).Draw(t, "offset"), Length: rapid.IntRange(-1, 40).Draw(t, "length"),
			Style: core.Style(rapid.IntRange(1, 10).Draw(t, "style")), Value: rapid.SampledFrom([]string{"", "https://a.b/c"}).Draw(t, "value"),
		})
	}
	for range rapid.IntRange(0, 8).Draw(t, "attachments") {
		c.Attachments = append(c.Attachments, core.Attachment{
			Kind: core.Kind(rapid.IntRange(1, 12).Draw(t, "kind")), SizeBytes: int64(rapid.IntRange(0, 80).Draw(t, "MB")) * mb,
			Blob: rapid.SampledFrom([]string{"", "b"}).Draw(t, "blob"), Holder: rapid.SampledFrom([]string{"", "shop:1"}).Draw(t, "holder"),
			Locator: rapid.SampledFrom([]string{"", "x"}).Draw(t, "locator"), Name: rapid.SampledFrom([]string{"", "a.pdf"}).Draw(t, "name"),
			Width: rapid.IntRange(0, 9000).Draw(t, "w"), Height: rapid.IntRange(0, 9000).Draw(t, "h"),
			MIME: rapid.SampledFrom([]string{"", "audio/flac", "audio/mpeg"}).Draw(t, "mime"),
		})
	}
	return c
})

func TestCut_HoldsForAnyMessage(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := someContent.Draw(t, "content")
		l := shop
		l.Text, l.Caption = someLimit(t), core.TextLimit{Max: rapid.IntRange(0, 30).Draw(t, "caption")}
		l.Styles = rapid.SliceOfDistinct(rapid.Map(rapid.IntRange(1, 10), func(i int) core.Style { return core.Style(i) }),
			func(s core.Style) core.Style { return s }).Draw(t, "styles")
		f := New(l, nil, nil)
		pieces, problems := f.Cut(c)
		again, _ := f.Cut(c)
		if diff := cmp.Diff(pieces, again); diff != "" {
			t.Fatalf("cut differently the second time: %s", diff)
		}
		shown, done := f.Shown(c.Text), 0
		seen := map[int]bool{}
		for _, p := range problems {
			seen[p.Attachment] = true
		}
		for _, p := range pieces {
			checkPiece(t, f, c, p)
			if !p.Range.AsText && p.Range.To > p.Range.From {
				if strings.TrimSpace(shown.Body[done:p.Range.From]) != "" {
					t.Fatalf("%q was left out", shown.Body[done:p.Range.From])
				}
				done = p.Range.To
			}
			for _, i := range p.Range.Attachments {
				seen[i] = true
			}
		}
		if strings.TrimSpace(shown.Body[done:]) != "" {
			t.Fatalf("the end %q was left out", shown.Body[done:])
		}
		if len(seen) != len(c.Attachments) {
			t.Fatalf("%d of %d attachments went or were named", len(seen), len(c.Attachments))
		}
	})
}

func checkPiece(t *rapid.T, f *Fitter, c core.Content, p Piece) {
	l := f.limits
	text := p.Content.Text
	if len([]rune(text.Body)) > 1 && len(p.Content.Attachments) == 0 && !Fits(text.Body, l.Text) {
		t.Fatalf("%q is over %+v", text.Body, l.Text)
	}
	if len(p.Content.Attachments) > 0 && !text.IsEmpty() && !Fits(text.Body, l.Caption) {
		t.Fatalf("the caption %q is over %+v", text.Body, l.Caption)
	}
	if len(p.Content.Attachments) > l.Album.Max || text.IsEmpty() && len(p.Content.Attachments) == 0 {
		t.Fatalf("a piece of %d files, text %q", len(p.Content.Attachments), text.Body)
	}
	for i, s := range text.Spans {
		end := s.Offset + s.Length
		if s.Length <= 0 || s.Offset < 0 || end > len(text.Body) || !onRune(text.Body, s.Offset) || !onRune(text.Body, end) {
			t.Fatalf("span %+v does not lie in %q", s, text.Body)
		}
		if !slices.Contains(l.Styles, s.Style) {
			t.Fatalf("style %d is not shown", s.Style)
		}
		for _, before := range text.Spans[:i] {
			bEnd := before.Offset + before.Length
			if before.Offset > s.Offset || before.Offset == s.Offset && before.Length < s.Length || s.Offset < bEnd && end > bEnd {
				t.Fatalf("spans %+v and %+v are not sorted and nested", before, s)
			}
		}
	}
	stored, err := json.Marshal(p.Range)
	if err != nil {
		t.Fatal(err)
	}
	var r Range
	if err := json.Unmarshal(stored, &r); err != nil {
		t.Fatal(err)
	}
	remade, err := f.Remake(c, r)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(p.Content, remade); diff != "" {
		t.Fatalf("remade otherwise: %s", diff)
	}
}

func ExampleCut() {
	l := core.Limits{Text: core.TextLimit{Max: 20}, Media: map[core.Kind]core.MediaLimit{core.Photo: {SendBytes: 1000}}}
	pieces, problems := Cut(core.Content{
		Text:        core.Plain("Your order is ready. Come and get it."),
		Attachments: []core.Attachment{{Kind: core.Photo, SizeBytes: 2000, Blob: "…"}},
	}, l)
	for _, p := range pieces {
		fmt.Printf("%q\n", p.Content.Text.Body)
	}
	fmt.Println(problems[0].Rule, problems[0].LimitBytes)
	// Output:
	// "Your order is ready."
	// "Come and get it."
	// send_size 1000
}
