package botapi

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

var fileBytes = bytes.Repeat([]byte("0123456789"), 1000)

func TestDownload(t *testing.T) {
	serveFile := func(w http.ResponseWriter, r *http.Request, _ string) {
		http.ServeContent(w, r, "a.bin", time.Time{}, bytes.NewReader(fileBytes))
	}
	whole := func(w http.ResponseWriter, _ *http.Request, _ string) { _, _ = w.Write(fileBytes) }
	chunked := func(w http.ResponseWriter, _ *http.Request, _ string) {
		_, _ = w.Write(fileBytes[:10])
		w.(http.Flusher).Flush()
		_, _ = w.Write(fileBytes[10:])
	}
	short := func(w http.ResponseWriter, _ *http.Request, _ string) {
		w.(http.Flusher).Flush() // no length announced
		_, _ = w.Write(fileBytes[:5000])
	}
	cut := func(w http.ResponseWriter, _ *http.Request, _ string) {
		w.Header().Set("Content-Length", strconv.Itoa(len(fileBytes)))
		_, _ = w.Write(fileBytes[:5000])
	}
	status := func(code int, body string) func(w http.ResponseWriter, _ *http.Request, _ string) {
		return func(w http.ResponseWriter, _ *http.Request, _ string) { answer(w, code, body) }
	}
	otherRange := func(w http.ResponseWriter, _ *http.Request, _ string) {
		w.Header().Set("Content-Range", "bytes 0-9/10000")
		w.WriteHeader(206)
	}
	n := int64(len(fileBytes))
	for name, tc := range map[string]struct {
		h    func(w http.ResponseWriter, r *http.Request, _ string)
		f    File
		o    DownloadOptions
		want []byte
		kind Kind
	}{
		"whole":                                {serveFile, File{FileSize: n}, DownloadOptions{}, fileBytes, KindNone},
		"of unknown size":                      {chunked, File{}, DownloadOptions{}, fileBytes, KindNone},
		"exactly at the bound":                 {serveFile, File{}, DownloadOptions{MaxBytes: n}, fileBytes, KindNone},
		"from an offset":                       {serveFile, File{FileSize: n}, DownloadOptions{OffsetBytes: 9_995}, []byte("56789"), KindNone},
		"from an offset without ranges":        {whole, File{FileSize: n}, DownloadOptions{OffsetBytes: 9_995}, []byte("56789"), KindNone},
		"from its end":                         {serveFile, File{FileSize: n}, DownloadOptions{OffsetBytes: n}, nil, KindNone},
		"from another range than asked":        {otherRange, File{FileSize: n}, DownloadOptions{OffsetBytes: 5}, nil, KindUnavailable},
		"known to be too large":                {serveFile, File{FileSize: n}, DownloadOptions{MaxBytes: n - 1}, nil, KindTooLarge},
		"announced too large":                  {serveFile, File{}, DownloadOptions{MaxBytes: n - 1}, nil, KindTooLarge},
		"found too large":                      {chunked, File{}, DownloadOptions{MaxBytes: n - 1}, nil, KindTooLarge},
		"cut in mid file":                      {cut, File{}, DownloadOptions{}, nil, KindUnavailable},
		"ended before the size that was named": {short, File{FileSize: n}, DownloadOptions{}, nil, KindUnavailable},
		"a link that expired":                  {status(404, `{"ok":false,"error_code":404,"description":"Not Found `+testToken+`"}`), File{}, DownloadOptions{}, nil, KindBadFileID},
		"with a revoked token":                 {status(401, `{"ok":false,"error_code":401,"description":"Unauthorized"}`), File{}, DownloadOptions{}, nil, KindUnauthorized},
		"from a failing server":                {status(502, `x`), File{}, DownloadOptions{}, nil, KindUnavailable},
		"moved elsewhere":                      {status(302, ``), File{}, DownloadOptions{}, nil, KindUnavailable},
		"with a negative offset":               {serveFile, File{}, DownloadOptions{OffsetBytes: -1}, nil, KindUnknown},
	} {
		t.Run(name, func(t *testing.T) {
			c, _ := server(t, tc.h)
			tc.f.FilePath = "documents/file 1#?.bin"
			got, err := readAll(c.Download(t.Context(), tc.f, tc.o))
			if KindOf(err) != tc.kind || tc.kind == KindNone && (err != nil || !bytes.Equal(got, tc.want)) {
				t.Errorf("%d bytes, %v", len(got), err)
			}
			if err != nil {
				noToken(t, err)
			}
		})
	}
}

func readAll(b *Body, err error) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	defer b.Close()
	return io.ReadAll(b)
}

func TestDownload_AsksForThePathItWasGiven(t *testing.T) {
	var path string
	c, _ := server(t, func(_ http.ResponseWriter, r *http.Request, p string) { path = p })
	for give, want := range map[string]string{
		"photos/file_1.jpg": "photos/file_1.jpg", "a b/ы?#%.x": "a b/ы?#%.x", "../../bot/x": "./bot/x",
	} {
		_, _ = readAll(c.Download(t.Context(), File{FilePath: give}, DownloadOptions{}))
		if give[0] != '.' && path != want {
			t.Errorf("%q asked for %q", give, path)
		}
	}
	if _, err := c.Download(t.Context(), File{}, DownloadOptions{}); KindOf(err) != KindBadFileID {
		t.Errorf("without a path: %v", err)
	}
}

func TestDownload_EndsInMidFile(t *testing.T) {
	for name, stall := range map[string]time.Duration{"when cancelled": 0, "when it stalls": 40 * time.Millisecond} {
		t.Run(name, func(t *testing.T) {
			_, srv := server(t, func(w http.ResponseWriter, r *http.Request, _ string) {
				w.Header().Set("Content-Length", "10000")
				_, _ = w.Write(fileBytes[:100])
				w.(http.Flusher).Flush()
				<-r.Context().Done()
			})
			c := newClient(t, Options{Endpoint: srv.URL, Timeouts: Timeouts{Stall: stall}})
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			b, err := c.Download(ctx, File{FilePath: "x"}, DownloadOptions{})
			if err != nil {
				t.Fatal(err)
			}
			defer b.Close()
			if _, err := io.ReadFull(b, make([]byte, 100)); err != nil {
				t.Fatal(err)
			}
			want := context.DeadlineExceeded
			if stall == 0 {
				cancel()
				want = context.Canceled
			}
			if _, err := b.Read(make([]byte, 1)); !errors.Is(err, want) {
				t.Errorf("%v", err)
			} else {
				noToken(t, err)
			}
		})
	}
}

func TestDownload_LocalServer(t *testing.T) {
	dir := t.TempDir()
	inside := filepath.Join(dir, "docs", "a.bin")
	outside := filepath.Join(t.TempDir(), "secret")
	if err := errors.Join(os.Mkdir(filepath.Join(dir, "docs"), 0o700), os.WriteFile(inside, fileBytes, 0o600),
		os.WriteFile(outside, fileBytes, 0o600), os.Symlink(outside, filepath.Join(dir, "link"))); err != nil {
		t.Fatal(err)
	}
	local := newClient(t, Options{LocalDir: dir})
	if !local.Local() || newClient(t, Options{}).Local() {
		t.Error("Local is wrong")
	}
	for name, tc := range map[string]struct {
		c    *Client
		path string
		o    DownloadOptions
		want []byte
		kind Kind
	}{
		"a file":                    {local, inside, DownloadOptions{}, fileBytes, KindNone},
		"from an offset":            {local, inside, DownloadOptions{OffsetBytes: 9_998}, []byte("89"), KindNone},
		"too large":                 {local, inside, DownloadOptions{MaxBytes: 5}, nil, KindTooLarge},
		"gone":                      {local, inside + "x", DownloadOptions{}, nil, KindBadFileID},
		"a folder":                  {local, filepath.Join(dir, "docs"), DownloadOptions{}, nil, KindUnavailable},
		"outside":                   {local, outside, DownloadOptions{}, nil, KindUnavailable},
		"outside by dots":           {local, dir + "/../" + filepath.Base(filepath.Dir(outside)) + "/secret", DownloadOptions{}, nil, KindUnavailable},
		"outside by a link":         {local, filepath.Join(dir, "link"), DownloadOptions{}, nil, KindUnavailable},
		"when no folder configured": {newClient(t, Options{}), inside, DownloadOptions{}, nil, KindUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := readAll(tc.c.Download(t.Context(), File{FilePath: tc.path}, tc.o))
			if KindOf(err) != tc.kind || tc.kind == KindNone && (err != nil || !bytes.Equal(got, tc.want)) {
				t.Errorf("%d bytes, %v", len(got), err)
			}
		})
	}
}
