// Package setup looks at accounts and groups before the gateway runs: Check for
// `parom check`, Init for `parom init`. It imports the Telegram adapter with its
// console, config, core and core/lang; cmd/parom calls it. Nothing here confirms
// updates: what customers write meanwhile waits for the gateway.
package setup
