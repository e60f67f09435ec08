package adaptertest

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strings"

	"parom/core"
)

// carried says in which form want arrived as got, or what of it was lost.
func carried(want, got core.Content, wantData, gotData [][]byte) (verdict, error) {
	v, err := carriedFiles(want, got, wantData, gotData)
	if err != nil {
		return v, err
	}
	switch {
	case want.Text.Body == got.Text.Body:
	case want.Text.Body != "" && strings.Contains(got.Text.Body, want.Text.Body):
		v = v.worse(verdict{degraded, "with words around it"})
	case want.Text.Body == "" && v.level == degraded: // an attachment in words
	default:
		return v, fmt.Errorf("text %q arrived as %q", want.Text.Body, got.Text.Body)
	}
	if want.Text.Body == got.Text.Body && !slices.Equal(want.Text.Spans, got.Text.Spans) {
		if len(got.Text.Spans) > 0 {
			return v, fmt.Errorf("styles %v arrived as %v", want.Text.Spans, got.Text.Spans)
		}
		v = v.worse(verdict{degraded, "as plain text"})
	}
	return v, nil
}

func carriedFiles(want, got core.Content, wantData, gotData [][]byte) (verdict, error) {
	v := verdict{level: native}
	if len(want.Attachments) > 0 && len(got.Attachments) == 0 {
		for _, a := range want.Attachments {
			for _, word := range append(a.Options, a.Name, a.Phone) {
				if !strings.Contains(got.Text.Body, word) {
					return v, fmt.Errorf("%s arrived as text without %q: %q", a.Kind, word, got.Text.Body)
				}
			}
		}
		return verdict{degraded, "as text"}, nil
	}
	if len(want.Attachments) != len(got.Attachments) {
		return v, fmt.Errorf("%d attachments arrived as %d", len(want.Attachments), len(got.Attachments))
	}
	for i, w := range want.Attachments {
		g := got.Attachments[i]
		if g.Kind == core.Unsupported {
			v = v.worse(verdict{named, "as " + g.Name})
			continue
		}
		if g.Kind != w.Kind {
			v = v.worse(verdict{degraded, "as " + g.Kind.String()})
		} else if err := sameFacts(w, g); err != nil {
			return v, err
		}
		if i < len(wantData) && (i >= len(gotData) || !bytes.Equal(wantData[i], gotData[i])) {
			return v, fmt.Errorf("%s %d arrived with other bytes", w.Kind, i)
		}
	}
	return v, nil
}

// sameFacts compares what the sender chose.
func sameFacts(w, g core.Attachment) error {
	switch {
	case w.Name != "" && w.Name != g.Name:
		return fmt.Errorf("%s %q arrived as %q", w.Kind, w.Name, g.Name)
	case w.Phone != g.Phone:
		return fmt.Errorf("phone %q arrived as %q", w.Phone, g.Phone)
	case math.Abs(w.Lat-g.Lat) > 1e-6 || math.Abs(w.Lon-g.Lon) > 1e-6:
		return fmt.Errorf("place %v, %v arrived as %v, %v", w.Lat, w.Lon, g.Lat, g.Lon)
	case !slices.Equal(w.Options, g.Options):
		return fmt.Errorf("options %q arrived as %q", w.Options, g.Options)
	}
	return nil
}
