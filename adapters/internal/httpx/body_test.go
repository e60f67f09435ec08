package httpx

import (
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"parom/core"
)

func TestBound(t *testing.T) {
	for _, tc := range []struct {
		body string
		most int64
		want string
		err  error
	}{
		{"", 0, "", nil}, {"abc", 3, "abc", nil}, {"abc", 4, "abc", nil}, {"abcd", 3, "abc", ErrTooLarge}, {"a", 0, "", ErrTooLarge},
	} {
		got, err := io.ReadAll(Bound(io.NopCloser(strings.NewReader(tc.body)), tc.most))
		if string(got) != tc.want || !errors.Is(err, tc.err) {
			t.Errorf("Bound(%q, %d): %q, %v", tc.body, tc.most, got, err)
		}
	}
}

func TestDecodeJSON(t *testing.T) {
	bomb := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		_, _ = io.WriteString(z, `{"a":"`+strings.Repeat("x", 1<<20)+`"}`)
		_ = z.Close()
	}
	plain := func(ctype, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", ctype)
			_, _ = io.WriteString(w, body)
		}
	}
	for name, tc := range map[string]struct {
		h   http.HandlerFunc
		err string
	}{
		"an answer":           {plain("application/json; charset=utf-8", `{"a":"x"}`), ""},
		"a page":              {plain("text/html", `{"a":"x"}`), "unexpected content type"},
		"no type":             {plain("", `{"a":"x"}`), "unexpected content type"},
		"another shape":       {plain("application/json", `{"a":["private words"]}`), "field a cannot be string"},
		"malformed":           {plain("application/json", `{private words`), "malformed JSON"},
		"nothing":             {plain("application/json", ``), "unexpected EOF"},
		"cut":                 {plain("application/json", `{"a":`), "unexpected EOF"},
		"a decompressed bomb": {bomb, "larger than allowed"},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, tc.h)
			r, _ := http.NewRequestWithContext(t.Context(), "GET", s.URL, nil)
			resp, err := client(t, Options{Endpoints: []string{s.URL}}).Do(r)
			if err != nil {
				t.Fatal(err)
			}
			var v struct {
				A string `json:"a"`
			}
			err = DecodeJSON(resp, 1000, &v)
			switch {
			case tc.err == "":
				if err != nil || v.A != "x" {
					t.Errorf("%v, %v", v, err)
				}
			case err == nil || !strings.Contains(err.Error(), tc.err) || strings.Contains(err.Error(), "private words"):
				t.Errorf("%v", err)
			}
		})
	}
}

func TestTrack_KnowsWhatTheServerMayHold(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		conn, _, _ := w.(http.Hijacker).Hijack()
		_ = conn.Close()
	})
	c := client(t, Options{Endpoints: []string{s.URL, "127.0.0.1:1"}})
	broken := io.MultiReader(strings.NewReader("half"), errReader{})
	for name, tc := range map[string]struct {
		to   string
		body io.Reader
		want bool
	}{
		"refused connection":       {"http://127.0.0.1:1", strings.NewReader("all"), false},
		"cut after the whole":      {s.URL, strings.NewReader("all"), true},
		"chunked, cut after it":    {s.URL, io.MultiReader(strings.NewReader("all")), true},
		"the source broke half-in": {s.URL, broken, false},
		"no body":                  {s.URL, nil, false},
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, tc.to, tc.body)
		if err != nil {
			t.Fatal(err)
		}
		p := Track(r)
		resp, err := c.Do(r)
		if err == nil {
			_ = resp.Body.Close()
			t.Errorf("%s: no error", name)
		}
		if p.Complete() != tc.want {
			t.Errorf("%s: complete %v (%v)", name, p.Complete(), err)
		}
	}
}

type errReader struct{}

func (errReader) Read([]byte) (int, error) { return 0, errors.New("disk gone") }

func TestRefusal(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for _, tc := range []struct {
		status  int
		after   string
		sending bool
		want    core.Reason
		wait    time.Duration
	}{
		{400, "", true, core.Rejected, 0},
		{401, "", true, core.BadConfig, 0},
		{403, "", true, core.BadConfig, 0},
		{404, "", true, core.BadConfig, 0},
		{302, "", true, core.BadConfig, 0},
		{408, "", true, core.Unavailable, 0},
		{413, "", true, core.TooLarge, 0},
		{429, "", true, core.Throttled, 0},
		{429, "7", true, core.Throttled, 7 * time.Second},
		{429, "Sun, 01 Mar 2026 12:01:00 GMT", true, core.Throttled, time.Minute},
		{429, "-3", true, core.Throttled, 0},
		{429, "99999999999999", true, core.Throttled, 24 * time.Hour},
		{429, "soon", true, core.Throttled, 0},
		{500, "", true, core.MaybeSent, 0},
		{502, "", false, core.Unavailable, 0},
		{503, "5", true, core.Throttled, 5 * time.Second},
		{503, "", true, core.MaybeSent, 0},
		{504, "", true, core.MaybeSent, 0},
	} {
		h := http.Header{}
		if tc.after != "" {
			h.Set("Retry-After", tc.after)
		}
		if e := Refusal(tc.status, h, now, tc.sending); e == nil || e.Reason != tc.want || e.RetryAfter != tc.wait {
			t.Errorf("%d %q sending %v: %v", tc.status, tc.after, tc.sending, e)
		}
	}
	if Refusal(204, http.Header{}, now, true) != nil {
		t.Error("a success was refused")
	}
}

func TestFailure(t *testing.T) {
	for name, tc := range map[string]struct {
		err  error
		sent bool
		want core.Reason
	}{
		"not reached":             {errors.New("refused"), false, core.Unavailable},
		"cut after the request":   {io.ErrUnexpectedEOF, true, core.MaybeSent},
		"a forbidden address":     {ErrForbiddenAddress, false, core.Rejected},
		"more than allowed":       {ErrTooLarge, false, core.TooLarge},
		"sent, the answer a bomb": {ErrTooLarge, true, core.MaybeSent},
	} {
		if e := Failure(tc.err, tc.sent); e.Reason != tc.want || !errors.Is(e, tc.err) {
			t.Errorf("%s: %v", name, e)
		}
	}
}
