// Package spool keeps the bytes of files on disk while they travel: streamed in
// once, named by their hash, opened as often as retries need, expired.
//
// It imports core and gabriel-vasile/mimetype. The outbox fills it from
// adapters (core.Fetcher) and hands it to adapters as core.Media; whoever keeps
// the messages calls Expire. No file is ever whole in memory, and no name that a
// person chose becomes part of a path.
package spool
