// Package dialogs is the life of a dialog: opening, taking, muting, closing. Its
// functions work in a transaction of the caller and enqueue what operators see
// of it. It imports core, lang, store and outbox; router and desk call it.
package dialogs
