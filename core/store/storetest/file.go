package storetest

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"parom/core/store"
)

// filled leaves a closed file with that many rows, two to a page.
func (s suite) filled(t *testing.T, rows int) store.Options {
	t.Helper()
	o := at(t.TempDir())
	o.NoSync = true
	d, err := s.open(t.Context(), o)
	must(t, err)
	must(t, d.Update(t.Context(), func(tx *store.Tx) error {
		for i := range rows {
			if _, err := tx.Exec(`INSERT INTO items (key, body) VALUES ($1, $2)`, fmt.Sprint(i), blob(2000)); err != nil {
				return err
			}
		}
		return nil
	}))
	must(t, d.Close())
	st, err := os.Stat(o.Path)
	must(t, err)
	if perm := st.Mode().Perm(); perm != 0o600 {
		t.Errorf("the data file's mode is %o, want 600", perm)
	}
	return o
}

func (s suite) noDatabase(t *testing.T) {
	for name, content := range map[string][]byte{
		"a text":           []byte("channels:\n  - name: tg-shop\n"),
		"a long text":      blob(100_000),
		"a header and end": []byte("SQLite format 3\x00"),
	} {
		t.Run(name, func(t *testing.T) {
			o := at(t.TempDir())
			must(t, os.WriteFile(o.Path, content, 0o600))
			s.unchanged(t, o, store.ErrCorrupt)
		})
	}
}

func (s suite) cutShort(t *testing.T) {
	for name, rows := range map[string]int{"small enough to be read": 200, "too large to be read at start": 6000} {
		t.Run(name, func(t *testing.T) {
			o := s.filled(t, rows)
			st, err := os.Stat(o.Path)
			must(t, err)
			must(t, os.Truncate(o.Path, st.Size()-4096))
			s.unchanged(t, o, store.ErrCorrupt)
		})
	}
}

func (s suite) damagedPage(t *testing.T) {
	o := s.filled(t, 200)
	f, err := os.OpenFile(o.Path, os.O_RDWR, 0)
	must(t, err)
	for page := int64(1); page < 40; page++ { // the schema on page 0 stays readable
		_, err = f.WriteAt(blob(512), page*4096)
		must(t, err)
	}
	must(t, f.Close())
	s.unchanged(t, o, store.ErrCorrupt)
}

func (s suite) newerSchema(t *testing.T) {
	o := at(t.TempDir())
	o.Migrations = scratch("CREATE TABLE later (id INTEGER PRIMARY KEY);")
	d, err := s.open(t.Context(), o)
	must(t, err)
	must(t, d.Update(t.Context(), putting("a")))
	must(t, d.Close())
	older := at(filepath.Dir(o.Path))
	s.unchanged(t, older, store.ErrNewerSchema)
	wantKeys(t, s.reopen(t, o), "a")
}

func (s suite) failedMigration(t *testing.T) {
	o := at(t.TempDir())
	d, err := s.open(t.Context(), o)
	must(t, err)
	must(t, d.Update(t.Context(), putting("a")))
	must(t, d.Close())
	bad := o
	bad.Migrations = scratch("CREATE TABLE later (id INTEGER PRIMARY KEY);\nINSERT INTO items (key) VALUES ('b');\nINSERT INTO missing VALUES (1);")
	if d, err := s.open(t.Context(), bad); err == nil {
		d.Close()
		t.Fatal("a broken migration was accepted")
	}
	o.Migrations = scratch("CREATE TABLE later (id INTEGER PRIMARY KEY);")
	wantKeys(t, s.reopen(t, o), "a")
}

func (s suite) backup(t *testing.T) {
	d := s.start(t)
	must(t, d.Update(t.Context(), putting("a")))
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			if err := d.Update(context.Background(), func(tx *store.Tx) error {
				if err := put(tx, fmt.Sprint(i, "x")); err != nil {
					return err
				}
				return put(tx, fmt.Sprint(i, "y"))
			}); err != nil {
				t.Errorf("writing beside the backup: %v", err)
				return
			}
		}
	}()
	eventually(t, "writing is under way", func() bool { return d.Stats().Commits > 5 })
	dir := t.TempDir()
	to := filepath.Join(dir, "parom.db")
	must(t, d.Backup(t.Context(), to))
	wantErr(t, d.Backup(t.Context(), to), fs.ErrExist)
	close(stop)
	<-stopped
	must(t, d.Check(t.Context()))

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := d.Backup(ctx, filepath.Join(dir, "cancelled.db")); err == nil {
		t.Error("a cancelled backup succeeded")
	}
	names, err := filepath.Glob(filepath.Join(dir, "*"))
	must(t, err)
	if len(names) != 1 {
		t.Errorf("the folder holds %q", names)
	}
	st, err := os.Stat(to)
	must(t, err)
	if st.Mode().Perm() != 0o600 {
		t.Errorf("the backup's mode is %o", st.Mode().Perm())
	}
	copied := keys(t, s.reopen(t, at(dir)))
	if len(copied)%2 != 1 || !slices.Contains(copied, "a") {
		t.Errorf("the backup has %d items: half an update", len(copied))
	}
}
