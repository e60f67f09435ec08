// Package store is the gateway's one file of data: an SQLite database with one
// writer goroutine, group commit and read snapshots, and the tables of the
// model on top of it.
//
// The engine (db.go, writer.go, tx.go and the files beside them) knows no
// table; the table files know no goroutine. SQL is portable: $1..$N in order,
// times as int64 microseconds (Micros, Time), flags as small integers,
// RETURNING id for new rows.
//
// Durability: Update returns nil only after a COMMIT that was flushed to disk
// (WAL, synchronous=FULL), so whoever acknowledges a network after Update
// loses nothing to a crash or a power cut.
//
// Goroutines: the writer and the checkpointer, both owned by DB and waited for
// in Close. View runs on its caller's goroutine.
//
// May import: core, the standard library, the SQLite driver and goose. Called
// by outbox, dialogs, router, bot, desk and cmd; never by an adapter.
package store
