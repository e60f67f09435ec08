package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"modernc.org/sqlite"
)

// stmtMax bounds the prepared statements kept per connection (a few kilobytes
// each). The gateway's own SQL is a few hundred texts; text built at run time
// beyond that is prepared for one use.
const stmtMax = 256

// conn is one pinned database connection with its prepared statements. Used by
// one goroutine at a time.
type conn struct {
	c     *sql.Conn
	stmts map[string]*stmt
	plain map[string]string // what plainInsert made of a statement
}

// stmt is a prepared statement kept for the life of its connection. rows is
// the last result read through it, to see whether it is still being read: the
// driver has one cursor per statement.
type stmt struct {
	*sql.Stmt
	rows *sql.Rows
}

func newConn(ctx context.Context, db *sql.DB, pragmas ...string) (*conn, error) {
	c, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	for _, p := range pragmas {
		if _, err := c.ExecContext(ctx, "PRAGMA "+p); err != nil {
			c.Close()
			return nil, fmt.Errorf("pragma %s: %w", p, err)
		}
	}
	return &conn{c: c, stmts: map[string]*stmt{}, plain: map[string]string{}}, nil
}

// prepare gives the statement for query; once says that it is for one use and
// is the caller's to close.
func (c *conn) prepare(ctx context.Context, query string) (s *stmt, once bool, err error) {
	s, known := c.stmts[query]
	if known && !s.busy() {
		return s, false, nil
	}
	p, err := c.c.PrepareContext(ctx, query)
	if err != nil {
		return nil, false, err
	}
	s = &stmt{Stmt: p}
	if known || len(c.stmts) >= stmtMax {
		return s, true, nil
	}
	c.stmts[query] = s
	return s, false, nil
}

// plainInsert is query without its RETURNING id when SQLite's last inserted
// rowid says the same: one row, always inserted or refused. RETURNING costs as
// much again as the insert, because SQLite opens an ephemeral table for it.
// Other statements are given back as they are.
func (c *conn) plainInsert(query string) (plain string, ok bool) {
	if plain, known := c.plain[query]; known {
		return plain, plain != query
	}
	words := strings.Fields(strings.ToUpper(query))
	simple := len(words) > 4 && words[0] == "INSERT" && words[1] == "INTO" &&
		slices.Equal(words[len(words)-2:], []string{"RETURNING", "ID"}) &&
		!slices.Contains(words, "CONFLICT") && !slices.Contains(words, "SELECT")
	plain = query
	if simple {
		plain = query[:strings.LastIndex(strings.ToUpper(query), "RETURNING")]
	}
	if len(c.plain) < stmtMax {
		c.plain[query] = plain
	}
	return plain, simple
}

// busy reports whether the last rows of s are still open.
func (s *stmt) busy() bool {
	if s.rows == nil {
		return false
	}
	if _, err := s.rows.Columns(); err == nil {
		return true
	}
	s.rows = nil
	return false
}

// forget drops a statement that is stuck in rows nobody closed. It is not
// finalized, because whoever holds those rows may still touch it.
func (c *conn) forget(query string) { delete(c.stmts, query) }

// exec runs one of the engine's own statements (BEGIN, SAVEPOINT, ...).
func (c *conn) exec(ctx context.Context, query string) error {
	s, _, err := c.prepare(ctx, query)
	if err != nil {
		return err
	}
	_, err = s.ExecContext(ctx)
	return err
}

// hook registers SQLite's commit and rollback hooks.
func (c *conn) hook(commit func() int32, rollback func()) error {
	return c.c.Raw(func(dc any) error {
		h, ok := dc.(sqlite.HookRegisterer)
		if !ok {
			return errors.New("driver has no hooks")
		}
		h.RegisterCommitHook(commit)
		h.RegisterRollbackHook(rollback)
		return nil
	})
}

// pagesWritten tells how many pages this connection has written to the log
// since it was last asked.
func (c *conn) pagesWritten() (n int, err error) {
	err = c.c.Raw(func(dc any) error {
		s, ok := dc.(sqlite.DBStatus)
		if !ok {
			return errors.New("driver has no status")
		}
		n, _, err = s.Status(sqlite.DBStatusCacheWrite, true)
		return err
	})
	return n, err
}

func (c *conn) close() error {
	for _, s := range c.stmts {
		_ = s.Close()
	}
	clear(c.stmts)
	return c.c.Close()
}
