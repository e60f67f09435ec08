package adaptertest

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"strconv"
	"sync"
)

// spool is core.Media in memory. Large files are a head and as many zeros as it
// takes, so that limits can be tried without memory.
type spool struct {
	mu    sync.Mutex
	files map[string]file
}

type file struct {
	head []byte
	size int64
}

func newSpool() *spool { return &spool{files: map[string]file{}} }

// put keeps data, padded with zeros to size, and returns its name.
func (s *spool) put(data []byte, size int64) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	blob := "blob" + strconv.Itoa(len(s.files))
	s.files[blob] = file{head: data, size: max(size, int64(len(data)))}
	return blob
}

func (s *spool) Open(_ context.Context, blob string) (io.ReadSeekCloser, int64, error) {
	s.mu.Lock()
	f, ok := s.files[blob]
	s.mu.Unlock()
	if !ok {
		return nil, 0, fmt.Errorf("no file %s", blob)
	}
	return &reader{f: f}, f.size, nil
}

type reader struct {
	f  file
	at int64
}

func (r *reader) Read(p []byte) (int, error) {
	if r.at >= r.f.size {
		return 0, io.EOF
	}
	p = p[:min(int64(len(p)), r.f.size-r.at)]
	clear(p)
	if r.at < int64(len(r.f.head)) {
		copy(p, r.f.head[r.at:])
	}
	r.at += int64(len(p))
	return len(p), nil
}

func (r *reader) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += r.at
	case io.SeekEnd:
		offset += r.f.size
	}
	if offset < 0 {
		return 0, fmt.Errorf("seek to %d", offset)
	}
	r.at = offset
	return offset, nil
}

func (r *reader) Close() error { return nil }

// picture is a JPEG of w × h pixels.
func picture(w, h int) []byte {
	m := image.NewGray(image.Rect(0, 0, w, h))
	for x := range w {
		m.SetGray(x, x%h, color.Gray{Y: 200})
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, nil); err != nil {
		panic(err) // a bytes.Buffer does not fail
	}
	return b.Bytes()
}
