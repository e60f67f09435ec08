package adaptertest

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"parom/core"
)

func TestCarried(t *testing.T) {
	photo := core.Attachment{Kind: core.Photo}
	for _, c := range []struct {
		name               string
		want, got          core.Content
		wantData, gotData  [][]byte
		verdict, complaint string
	}{
		{name: "the same text", want: words("да"), got: words("да"), verdict: "native"},
		{name: "other words", want: words("да"), got: words("нет"), complaint: "arrived as"},
		{name: "no words", want: words("да"), got: words(""), complaint: "arrived as"},
		{name: "more words", want: words("да"), got: words("> да"), verdict: "degraded: with words around it"},
		{name: "no style", want: core.Content{Text: core.Styled("да", core.Bold)}, got: words("да"), verdict: "degraded: as plain text"},
		{name: "another style", want: core.Content{Text: core.Styled("да", core.Bold)}, got: core.Content{Text: core.Styled("да", core.Italic)}, complaint: "styles"},
		{name: "a style from nowhere", want: words("да"), got: core.Content{Text: core.Styled("да", core.Bold)}, complaint: "styles"},
		{name: "another kind", want: attached(photo), got: attached(core.Attachment{Kind: core.Document}), verdict: "degraded: as document"},
		{name: "a kind that is only named", want: attached(photo), got: attached(core.Attachment{Kind: core.Unsupported, Name: "picture"}), verdict: "named: as picture"},
		{name: "a file less", want: core.Content{Attachments: []core.Attachment{photo, photo}}, got: attached(photo), complaint: "2 attachments arrived as 1"},
		{name: "other bytes", want: attached(photo), got: attached(photo), wantData: [][]byte{{1}}, gotData: [][]byte{{2}}, complaint: "other bytes"},
		{name: "no bytes", want: attached(photo), got: attached(photo), wantData: [][]byte{{1}}, complaint: "other bytes"},
		{
			name: "another name", want: attached(core.Attachment{Kind: core.Document, Name: "a"}),
			got: attached(core.Attachment{Kind: core.Document, Name: "b"}), complaint: `"a" arrived as "b"`,
		},
		{
			name: "a poll in words", want: attached(core.Attachment{Kind: core.Poll, Name: "Когда?", Options: []string{"утром"}}),
			got: words("Когда? утром"), verdict: "degraded: as text",
		},
		{
			name: "a poll without its options", want: attached(core.Attachment{Kind: core.Poll, Name: "Когда?", Options: []string{"утром"}}),
			got: words("Когда?"), complaint: "without",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			v, err := carried(c.want, c.got, c.wantData, c.gotData)
			switch {
			case c.complaint != "" && (err == nil || !strings.Contains(err.Error(), c.complaint)):
				t.Errorf("%v, %v; want a complaint of %q", v, err, c.complaint)
			case c.complaint == "" && (err != nil || v.String() != c.verdict):
				t.Errorf("%v, %v; want %q", v, err, c.verdict)
			}
		})
	}
}

func words(s string) core.Content { return core.Content{Text: core.Plain(s)} }

func TestSave_LeavesOtherNetworksAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "fidelity.md")
	for _, name := range []string{"Semaphore", "Pigeon", "Semaphore"} {
		f := newTable(name)
		for _, row := range f.rows {
			f.in[row], f.out[row] = verdict{level: native}, verdict{named, "by " + name}
		}
		if err := f.save(path); err != nil {
			t.Fatal(err)
		}
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	doc := string(b)
	if strings.Count(doc, "## Semaphore") != 1 || strings.Count(doc, "## Pigeon") != 1 || strings.Index(doc, "## Pigeon") > strings.Index(doc, "## Semaphore") {
		t.Errorf("sections are lost, doubled or out of order:\n%s", doc)
	}
	if want := 2 * len(rowNames()); strings.Count(doc, "| native |") != want {
		t.Errorf("%d rows, want %d", strings.Count(doc, "| native |"), want)
	}
	if _, err := os.Stat(path + ".lock"); !os.IsNotExist(err) {
		t.Errorf("the lock is left: %v", err)
	}
}

func TestSpool_PadsFilesWithZeros(t *testing.T) {
	s := newSpool()
	blob := s.put([]byte("abc"), 5)
	for range 2 {
		r, size, err := s.Open(t.Context(), blob)
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(r)
		if err != nil || size != 5 || string(b) != "abc\x00\x00" {
			t.Errorf("%d bytes: %q, %v", size, b, err)
		}
	}
	if _, _, err := s.Open(t.Context(), "other"); err == nil {
		t.Error("a file from nowhere")
	}
}
