package store

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"log/slog"

	"github.com/pressly/goose/v3"
)

//go:embed migrations/*.sql
var migrations embed.FS

// migrate brings the schema up to date, each migration in its own transaction.
// A file whose schema is newer than this program knows is ErrNewerSchema and
// is left as it is.
func migrate(ctx context.Context, db *sql.DB, files fs.FS, log *slog.Logger) error {
	p, err := goose.NewProvider(goose.DialectSQLite3, db, files,
		goose.WithDisableGlobalRegistry(true), goose.WithLogger(goose.NopLogger()))
	if err != nil {
		return fmt.Errorf("store: read migrations: %w", err)
	}
	have, want, err := p.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("store: read schema version: %w", classify(err))
	}
	if have > want {
		return fmt.Errorf("%w (its schema is %d, this program knows %d)", ErrNewerSchema, have, want)
	}
	done, err := p.Up(ctx)
	if err != nil {
		return fmt.Errorf("store: migrate from schema %d to %d: %w", have, want, classify(err))
	}
	for _, m := range done {
		log.Info("store: schema changed", "version", m.Source.Version)
	}
	return nil
}
