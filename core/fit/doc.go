// Package fit turns a message and a network's limits into parcels: text split
// at the network's own unit, captions, albums, files that go as another kind or
// cannot go at all, formatting that degrades without losing its meaning.
//
// It imports core and rivo/uniseg; its words come from core/lang through Words. The outbox calls Cut once, stores
// each Piece's Range, and makes the pieces of every attempt with Remake; the
// desk calls Cut to learn of Problems before it accepts an answer. Everything
// here is pure and deterministic.
package fit
