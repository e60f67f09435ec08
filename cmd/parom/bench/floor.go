package bench

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"
)

// inFlight is how many messages are on their way at once, and how many share a
// commit at most: the floor's definition.
const inFlight = 64

// floorSchema is the floor's own and does not change when the gateway's does:
// a message row and a job row, no index beside the keys.
const floorSchema = `
CREATE TABLE messages (id INTEGER PRIMARY KEY, dialog_id INTEGER NOT NULL, address_id INTEGER NOT NULL,
  direction INTEGER NOT NULL, body TEXT NOT NULL, sent_at INTEGER NOT NULL, stored_at INTEGER NOT NULL);
CREATE TABLE jobs (id INTEGER PRIMARY KEY, lane INTEGER NOT NULL, message_id INTEGER NOT NULL,
  state INTEGER NOT NULL, due_at INTEGER NOT NULL);`

// floor is the least that a durable bridge can do: rows and shared commits.
type floor struct {
	db                 *sql.DB
	conn               *sql.Conn
	message, job, done *sql.Stmt
	begin, commit      *sql.Stmt
	reqs               chan *floorRequest
	over               chan struct{}
}

type floorRequest struct {
	run  func(f *floor, ctx context.Context) error
	err  error
	done chan struct{}
}

func openFloor(ctx context.Context, dir string) (_ *floor, err error) {
	f := &floor{reqs: make(chan *floorRequest, inFlight), over: make(chan struct{})}
	// The driver is the store's.
	if f.db, err = sql.Open("sqlite", "file:"+filepath.Join(dir, "floor.db")+"?_pragma=journal_mode(WAL)&_pragma=synchronous(2)"); err != nil {
		return nil, err
	}
	if f.conn, err = f.db.Conn(ctx); err == nil {
		_, err = f.conn.ExecContext(ctx, floorSchema)
	}
	prepare := func(to **sql.Stmt, query string) {
		if err == nil {
			*to, err = f.conn.PrepareContext(ctx, query) //nolint:sqlclosecheck // closed with its connection
		}
	}
	prepare(&f.message, `INSERT INTO messages (dialog_id, address_id, direction, body, sent_at, stored_at) VALUES (?, ?, 1, ?, ?, ?)`)
	prepare(&f.job, `INSERT INTO jobs (lane, message_id, state, due_at) VALUES (?, ?, 0, ?)`)
	prepare(&f.done, `UPDATE jobs SET state = 2 WHERE id = ?`)
	prepare(&f.begin, `BEGIN IMMEDIATE`)
	prepare(&f.commit, `COMMIT`)
	if err != nil {
		return nil, errors.Join(err, f.db.Close())
	}
	go f.serve(context.WithoutCancel(ctx))
	return f, nil
}

// serve commits for everybody who waits, together.
func (f *floor) serve(ctx context.Context) {
	defer close(f.over)
	for first := range f.reqs {
		batch := []*floorRequest{first}
		_, err := f.begin.ExecContext(ctx)
		first.err = first.run(f, ctx)
		for more := true; more && len(batch) < inFlight; {
			select {
			case r, ok := <-f.reqs:
				if !ok {
					more = false
					break
				}
				r.err = r.run(f, ctx)
				batch = append(batch, r)
			default:
				more = false
			}
		}
		if _, failed := f.commit.ExecContext(ctx); err == nil {
			err = failed
		}
		for _, r := range batch {
			if r.err == nil {
				r.err = err
			}
			close(r.done)
		}
	}
}

func (f *floor) do(run func(f *floor, ctx context.Context) error) error {
	r := &floorRequest{run: run, done: make(chan struct{})}
	f.reqs <- r
	<-r.done
	return r.err
}

func (f *floor) close() error {
	close(f.reqs)
	<-f.over
	return errors.Join(f.conn.Close(), f.db.Close())
}

// insert makes one message row durable.
func (f *floor) insert(body string) error {
	return f.do(func(f *floor, ctx context.Context) error {
		now := time.Now().UnixMicro()
		_, err := f.message.ExecContext(ctx, 1, 1, body, now, now)
		return err
	})
}

// carry is the whole way of one message: a message row and a job in one commit,
// a POST, the job's update in another.
func (f *floor) carry(ctx context.Context, web *http.Client, url string, lane int, body string, post []byte) error {
	var job int64
	err := f.do(func(f *floor, ctx context.Context) error {
		now := time.Now().UnixMicro()
		r, err := f.message.ExecContext(ctx, lane, lane, body, now, now)
		if err != nil {
			return err
		}
		m, err := r.LastInsertId()
		if err != nil {
			return err
		}
		if r, err = f.job.ExecContext(ctx, lane, m, now); err != nil {
			return err
		}
		job, err = r.LastInsertId()
		return err
	})
	if err != nil {
		return err
	}
	if err := sendPost(ctx, web, url, post); err != nil {
		return err
	}
	return f.do(func(f *floor, ctx context.Context) error {
		_, err := f.done.ExecContext(ctx, job)
		return err
	})
}

func sendPost(ctx context.Context, web *http.Client, url string, body []byte) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := web.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("the responder said %s", resp.Status)
	}
	return nil
}

// pump has inFlight workers do work for a span and tells how many a second.
func pump(ctx context.Context, span time.Duration, work func(ctx context.Context, worker int) error) (perSecond float64, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var n atomic.Int64
	var wg sync.WaitGroup
	began := time.Now()
	for worker := range inFlight {
		wg.Go(func() {
			for time.Since(began) < span && ctx.Err() == nil {
				if err := work(ctx, worker); err != nil {
					cancel(err)
					return
				}
				n.Add(1)
			}
		})
	}
	wg.Wait()
	if err := context.Cause(ctx); err != nil {
		return 0, err
	}
	return float64(n.Load()) / time.Since(began).Seconds(), nil
}
