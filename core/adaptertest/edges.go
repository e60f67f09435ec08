package adaptertest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"parom/core"
)

// sized is a text of exactly n units. Pairs counts in characters that take two
// UTF-16 units as far as possible, which tells the units apart.
func sized(n int, u core.Unit, pairs bool) string {
	width := map[core.Unit]int{core.UTF16: 2, core.Runes: 1, core.Bytes: 4}[u]
	if !pairs {
		return strings.Repeat("a", n)
	}
	return strings.Repeat("😀", n/width) + strings.Repeat("a", n%width)
}

func (s *suite) textEdges(t *testing.T) {
	l := s.running(t)
	limits := l.adapter.Limits()
	if limits.Text.Max == 0 {
		t.Log("texts are unbounded")
	} else {
		l.edges(t, "text", limits.Text, func(text string) core.Content { return core.Content{Text: core.Plain(text)} })
	}
	if limits.Caption.Max > 0 {
		l.edges(t, "caption", limits.Caption, func(text string) core.Content {
			small := picture(8, 8)
			return core.Content{Text: core.Plain(text), Attachments: []core.Attachment{
				{Kind: core.Photo, MIME: "image/jpeg", Blob: l.spool.put(small, 0), SizeBytes: int64(len(small))},
			}}
		})
	}
}

func (l *line) edges(t *testing.T, name string, limit core.TextLimit, content func(string) core.Content) {
	for _, pairs := range []bool{false, true} {
		for _, n := range []int{limit.Max - 1, limit.Max, limit.Max + 1} {
			t.Run(fmt.Sprintf("%s of %d units, pairs %v", name, n, pairs), func(t *testing.T) {
				want := content(sized(n, limit.Unit, pairs))
				err := l.arrivesWhole(t.Context(), want)
				if n <= limit.Max {
					if err != nil {
						t.Error(err)
					}
					return
				}
				expectReason(t, err, core.TooLarge, core.Rejected)
			})
		}
	}
}

// arrivesWhole sends c and compares what the customer sees.
func (l *line) arrivesWhole(ctx context.Context, c core.Content) error {
	sent, err := l.send(ctx, l.parcel(c))
	if err != nil {
		return err
	}
	ms, err := l.sees(ctx, sent.Remote...)
	if err != nil {
		return err
	}
	got, _ := together(ms)
	if got.Text.Body != c.Text.Body || len(got.Attachments) != len(c.Attachments) {
		return fmt.Errorf("%d bytes of text and %d files arrived as %d and %d",
			len(c.Text.Body), len(c.Attachments), len(got.Text.Body), len(got.Attachments))
	}
	return nil
}

func (s *suite) albumEdges(t *testing.T) {
	l := s.running(t)
	limit := l.adapter.Limits().Album
	if limit.Max < 2 {
		t.Skip("one file at a time")
	}
	small := picture(8, 8)
	for _, n := range []int{limit.Max - 1, limit.Max, limit.Max + 1} {
		t.Run(fmt.Sprint(n, " files"), func(t *testing.T) {
			var c core.Content
			for range n {
				c.Attachments = append(c.Attachments, core.Attachment{Kind: core.Photo, MIME: "image/jpeg", Blob: l.spool.put(small, 0)})
			}
			err := l.arrivesWhole(t.Context(), c)
			if n <= limit.Max {
				if err != nil {
					t.Error(err)
				}
				return
			}
			expectReason(t, err, core.TooLarge, core.Rejected)
		})
	}
}

// sensible is the largest file tried, in bytes.
const sensible = 64 << 20

func (s *suite) fileEdges(t *testing.T) {
	if testing.Short() {
		t.Skip("moves some hundred megabytes")
	}
	l := s.running(t)
	limits := l.adapter.Limits()
	for _, kind := range []core.Kind{core.Photo, core.Document} {
		limit := limits.Media[kind].SendBytes
		if limit == 0 || limit > sensible {
			t.Logf("%s: no limit to try", kind)
			continue
		}
		for _, size := range []int64{limit - 1, limit, limit + 1} {
			t.Run(fmt.Sprintf("%s of %d bytes", kind, size), func(t *testing.T) {
				a := core.Attachment{Kind: kind, Name: "edge.jpg", MIME: "image/jpeg", Blob: l.spool.put(picture(8, 8), size), SizeBytes: size}
				err := l.arrivesWhole(t.Context(), attached(a))
				if size <= limit {
					if err != nil {
						t.Error(err)
					}
					return
				}
				expectReason(t, err, core.TooLarge)
			})
		}
	}
	l.fetchEdges(t, limits.Media[core.Document].FetchBytes)
}

func (l *line) fetchEdges(t *testing.T, limit int64) {
	if limit == 0 || limit > sensible {
		t.Log("no limit of fetching to try")
		return
	}
	for _, size := range []int64{limit - 1, limit, limit + 1} {
		t.Run(fmt.Sprintf("fetching %d bytes", size), func(t *testing.T) {
			body := bytes.Repeat([]byte{'x'}, int(size))
			ids, err := l.customer.Say(t.Context(), Said{Data: [][]byte{body}, Content: attached(core.Attachment{Kind: core.Document, Name: "big.bin"})})
			if errors.Is(err, ErrNotHere) {
				t.Skip(err)
			}
			if err != nil {
				t.Fatal(err)
			}
			e, err := l.expect(t.Context(), "the file", ids[0], isPosted)
			if err != nil {
				t.Fatal(err)
			}
			got, err := l.fetched(t.Context(), e.Body.(core.Posted).Content.Attachments[0])
			if size > limit {
				expectReason(t, err, core.TooLarge)
				return
			}
			if err != nil || !bytes.Equal(got, body) {
				t.Errorf("%d bytes, %v", len(got), err)
			}
		})
	}
}
