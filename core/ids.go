package core

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
)

// Ids minted by the database. Zero means "none".
type (
	ContactID int64 // a person
	AddressID int64 // one correspondent on one channel
	TopicID   int64 // the room of a contact (or an email thread) in a group
	DialogID  int64 // a stretch of conversation in a topic
	MessageID int64 // one message, whoever wrote it
	JobID     int64 // one piece of outgoing work
)

// Names given by the configuration.
type (
	ChannelID    string // one configured account on a network, e.g. "tg-shop"
	GroupID      string // one configured group of operators
	DepartmentID string // one configured department
)

// Opaque names given by a network or a console; the core compares them, never
// reads them. Each is minted and parsed in one place of its adapter.
type (
	PeerID   string // a correspondent, as the network calls him
	RemoteID string // a message, as the network calls it; unique within a channel
	ThreadID string // an email conversation; empty on chat networks
	PersonID string // an operator, as the console calls him
)

// Key identifies a parcel for ever: 128 random bits minted when it is cut.
// Networks that drop repeated sends get their own key derived from it.
type Key [16]byte

// NewKey mints a key.
func NewKey() Key {
	var k Key
	_, _ = rand.Read(k[:]) // never fails since Go 1.24
	return k
}

// ParseKey reads what Key.String wrote.
func ParseKey(s string) (Key, error) {
	var k Key
	b, err := hex.DecodeString(s)
	if err != nil || len(b) != len(k) {
		return k, fmt.Errorf("parse key %q: want 32 hexadecimal digits", s)
	}
	copy(k[:], b)
	return k, nil
}

func (k Key) String() string { return hex.EncodeToString(k[:]) }
