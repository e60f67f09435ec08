package spool_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"parom/core"
	"parom/core/coretest"
	"parom/core/spool"
)

var start = time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)

func open(t *testing.T, o spool.Options) (*spool.Spool, *coretest.Clock, string) {
	t.Helper()
	clock := coretest.NewClock(start)
	o.Clock = clock
	dir := t.TempDir()
	s, err := spool.Open(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	return s, clock, dir
}

func store(t *testing.T, s *spool.Spool, data string) spool.File {
	t.Helper()
	f, err := s.StoreReader(t.Context(), strings.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// onDisk counts regular files below dir.
func onDisk(t *testing.T, dir string) (n int) {
	t.Helper()
	err := filepath.WalkDir(dir, func(_ string, d os.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			n++
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func used(t *testing.T, s *spool.Spool) int64 {
	t.Helper()
	n, err := s.Used()
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestStore_KeepsBytesByTheirHashOnce(t *testing.T) {
	s, _, dir := open(t, spool.Options{})
	png := "\x89PNG\r\n\x1a\n" + strings.Repeat("x", 100)
	f, again := store(t, s, png), store(t, s, png)
	sum := sha256.Sum256([]byte(png))
	if want := (spool.File{Blob: hex.EncodeToString(sum[:]), SizeBytes: 108, MIME: "image/png", Extension: "png"}); f != want || again != f {
		t.Errorf("%+v and %+v, want %+v", f, again, want)
	}
	if n := onDisk(t, dir); n != 1 || used(t, s) != 108 {
		t.Errorf("%d files, %d bytes", n, used(t, s))
	}
	for range 2 { // as for a retry
		r, size, err := s.Open(t.Context(), f.Blob)
		if err != nil {
			t.Fatal(err)
		}
		got, _ := io.ReadAll(r)
		if _, err := r.Seek(0, io.SeekStart); err != nil || string(got) != png || size != 108 {
			t.Errorf("read %q, %d, %v", got, size, err)
		}
		_ = r.Close()
	}
}

func TestStore_LeavesNothingBehindWhenItFails(t *testing.T) {
	broken := errors.New("connection cut")
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	for _, tc := range []struct {
		name string
		o    spool.Options
		ctx  context.Context
		fill func(io.Writer) error
		want error
	}{
		{"a file over its bound", spool.Options{MaxFileBytes: 10}, t.Context(), write("123456", "78901"), spool.ErrTooLarge},
		{
			"a writer's refusal that is overlooked",
			spool.Options{MaxFileBytes: 1},
			t.Context(),
			func(w io.Writer) error { _, _ = w.Write([]byte("123")); return nil }, spool.ErrTooLarge,
		},
		{"no room among the files", spool.Options{MaxBytes: 10}, t.Context(), write("123456", "78901"), spool.ErrFull},
		{"no room on the disk", spool.Options{KeepFreeBytes: 1 << 60}, t.Context(), write("1"), spool.ErrFull},
		{"a source that breaks", spool.Options{}, t.Context(), func(w io.Writer) error {
			_, _ = w.Write([]byte("half"))
			return broken
		}, broken},
		{"a cancelled wait", spool.Options{}, cancelled, write("1"), context.Canceled},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s, _, dir := open(t, tc.o)
			if _, err := s.Store(tc.ctx, tc.fill); !errors.Is(err, tc.want) {
				t.Errorf("%v, want %v", err, tc.want)
			}
			if n := onDisk(t, dir); n != 0 || used(t, s) != 0 {
				t.Errorf("%d files, %d bytes are left", n, used(t, s))
			}
		})
	}
}

func write(parts ...string) func(io.Writer) error {
	return func(w io.Writer) error {
		for _, p := range parts {
			if _, err := io.WriteString(w, p); err != nil {
				return err
			}
		}
		return nil
	}
}

func TestStore_AtTheBoundGoes(t *testing.T) {
	s, _, _ := open(t, spool.Options{MaxFileBytes: 10, MaxBytes: 10})
	if f := store(t, s, "1234567890"); f.SizeBytes != 10 {
		t.Errorf("%+v", f)
	}
}

func TestStore_ADiskThatIsFullSaysSo(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil || runtime.GOOS != "linux" {
		t.Skip("no /dev/full")
	}
	s, _, _ := open(t, spool.Options{})
	_, err := s.Store(t.Context(), func(io.Writer) error {
		f, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		defer f.Close()
		_, err = f.WriteString("x")
		return err
	})
	if !errors.Is(err, spool.ErrFull) {
		t.Error(err)
	}
}

func TestStore_RoomIsCountedAcrossARestart(t *testing.T) {
	s, _, dir := open(t, spool.Options{})
	store(t, s, "12345678")
	s, err := spool.Open(dir, spool.Options{MaxBytes: 10})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.StoreReader(t.Context(), strings.NewReader("abc")); !errors.Is(err, spool.ErrFull) {
		t.Errorf("8 + 3 bytes of 10: %v", err)
	}
	store(t, s, "ab")
}

func TestOpen_ClearsWhatACrashLeft(t *testing.T) {
	s, _, dir := open(t, spool.Options{})
	f := store(t, s, "whole")
	if err := os.WriteFile(filepath.Join(dir, "unfinished", "123"), []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := spool.Open(dir, spool.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if n := onDisk(t, dir); n != 1 || !s.Has(f.Blob) {
		t.Errorf("%d files; the whole one is there: %v", n, s.Has(f.Blob))
	}
}

func TestOpen_RefusesNamesItDidNotMake(t *testing.T) {
	s, _, dir := open(t, spool.Options{})
	if err := os.WriteFile(filepath.Join(dir, "secret"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, blob := range []string{
		"", ".", "../secret", "../../../../etc/passwd", strings.Repeat("a", 63), strings.Repeat("A", 64),
		strings.Repeat("a", 64), strings.Repeat("../", 21) + "a", "\x00",
	} {
		_, _, err := s.Open(t.Context(), blob)
		if core.ReasonOf(err) != core.MediaGone || !errors.Is(err, spool.ErrGone) {
			t.Errorf("%q: %v", blob, err)
		}
		if s.Has(blob) {
			t.Errorf("has %q", blob)
		}
		if err := s.Forget(blob); err != nil {
			t.Errorf("forget %q: %v", blob, err)
		}
	}
}

func TestExpire_RemovesWhatNobodyUsedOrKeeps(t *testing.T) {
	s, clock, _ := open(t, spool.Options{})
	old, opened, again, kept := store(t, s, "old"), store(t, s, "opened"), store(t, s, "again"), store(t, s, "kept")
	clock.Advance(48 * time.Hour)
	r, _, err := s.Open(t.Context(), opened.Blob)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	store(t, s, "again")
	young := store(t, s, "young")
	files, size, err := s.Expire(t.Context(), clock.Now().Add(-24*time.Hour), func(blob string) bool { return blob == kept.Blob })
	if err != nil || files != 1 || size != 3 {
		t.Errorf("%d files, %d bytes, %v", files, size, err)
	}
	for blob, want := range map[string]bool{old.Blob: false, opened.Blob: true, again.Blob: true, kept.Blob: true, young.Blob: true} {
		if s.Has(blob) != want {
			t.Errorf("%s is there: %v", blob[:6], !want)
		}
	}
	if got := used(t, s); got != int64(len("opened"+"again"+"kept"+"young")) {
		t.Errorf("%d bytes used", got)
	}
	if err := s.Forget(kept.Blob); err != nil || s.Has(kept.Blob) {
		t.Errorf("forgotten, %v, there: %v", err, s.Has(kept.Blob))
	}
}

func TestStore_BesideExpireNeverLosesWhatWasJustStored(t *testing.T) {
	s, clock, _ := open(t, spool.Options{MaxBytes: 1 << 20})
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 50 {
				f, err := s.StoreReader(t.Context(), strings.NewReader("the same bytes"))
				if err != nil {
					t.Error(err)
				} else if !s.Has(f.Blob) {
					t.Error("stored and gone")
				}
			}
		})
	}
	wg.Go(func() {
		for range 200 {
			if _, _, err := s.Expire(t.Context(), clock.Now(), nil); err != nil {
				t.Error(err)
			}
		}
	})
	wg.Wait()
	if got := used(t, s); got != int64(len("the same bytes")) {
		t.Errorf("%d bytes used", got)
	}
}

func TestStore_HoldsNoFileInMemory(t *testing.T) {
	s, _, _ := open(t, spool.Options{})
	const size = 64 << 20
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f, err := s.StoreReader(t.Context(), io.LimitReader(rand.Reader, size))
	runtime.ReadMemStats(&after)
	if err != nil || f.SizeBytes != size {
		t.Fatal(f, err)
	}
	if grown := after.TotalAlloc - before.TotalAlloc; grown > 4<<20 {
		t.Errorf("%d bytes allocated for a file of %d", grown, size)
	}
}

func TestStore_TypesAreSniffedNotBelieved(t *testing.T) {
	s, _, _ := open(t, spool.Options{})
	for want, data := range map[string]string{
		"application/pdf": "%PDF-1.7\n", "text/plain": "hello, world", "image/gif": "GIF89a" + strings.Repeat("\x00", 20),
		"application/octet-stream": "\x00\x01\x02\x03",
	} {
		if got := store(t, s, data).MIME; got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	if f, err := s.StoreReader(t.Context(), bytes.NewReader(nil)); err != nil || f.SizeBytes != 0 {
		t.Errorf("an empty file: %+v, %v", f, err)
	}
}
