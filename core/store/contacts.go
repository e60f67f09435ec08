package store

import (
	"database/sql"
	"errors"
	"fmt"
	"time"

	"parom/core"
)

// Contact is a person; he owns addresses.
type Contact struct {
	ID       core.ContactID
	Name     string
	Phone    string
	Email    string
	Language string
}

// Address is one correspondent on one channel.
type Address struct {
	ID        core.AddressID
	ChannelNo int64
	Channel   core.ChannelID
	Peer      core.PeerID
	Contact   core.ContactID
	Name      string
	Username  string
	Phone     string
	Email     string
	Language  string
	Link      string
	Source    string // how he came, as the network told first
	Gone      string // why messages do not arrive; empty: they do
	FirstAt   time.Time
	LastAt    time.Time // last word of the customer
}

const addressColumns = `a.id, a.channel_id, c.name, a.peer, a.contact_id, a.name, a.username, a.phone,
	a.email, a.language, a.link, a.source, a.gone, a.first_at, a.last_at`

func scanAddress(row interface{ Scan(...any) error }) (Address, error) {
	var a Address
	var first, last int64
	err := row.Scan(&a.ID, &a.ChannelNo, &a.Channel, &a.Peer, &a.Contact, &a.Name, &a.Username, &a.Phone,
		&a.Email, &a.Language, &a.Link, &a.Source, &a.Gone, &first, &last)
	a.FirstAt, a.LastAt = Time(first), Time(last)
	return a, err
}

// Address is the address by its id.
func (t *Tx) Address(id core.AddressID) (Address, error) {
	a, err := scanAddress(t.QueryRow(`SELECT `+addressColumns+` FROM addresses a JOIN channels c ON c.id = a.channel_id
		WHERE a.id = $1`, int64(id)))
	return a, one(fmt.Sprintf("address %d", id), err)
}

// AddressOf is the address of a peer on a channel.
func (t *Tx) AddressOf(channelNo int64, peer core.PeerID) (Address, error) {
	a, err := scanAddress(t.QueryRow(`SELECT `+addressColumns+` FROM addresses a JOIN channels c ON c.id = a.channel_id
		WHERE a.channel_id = $1 AND a.peer = $2`, channelNo, string(peer)))
	return a, one("address", err)
}

// AddressesOf lists the addresses of a contact, the last heard of first.
func (t *Tx) AddressesOf(contact core.ContactID) ([]Address, error) {
	rows, err := t.Query(`SELECT `+addressColumns+` FROM addresses a JOIN channels c ON c.id = a.channel_id
		WHERE a.contact_id = $1 ORDER BY a.last_at DESC, a.id`, int64(contact))
	if err != nil {
		return nil, fmt.Errorf("addresses of contact %d: %w", contact, err)
	}
	defer rows.Close()
	var out []Address
	for rows.Next() {
		a, err := scanAddress(rows)
		if err != nil {
			return nil, fmt.Errorf("addresses of contact %d: %w", contact, err)
		}
		out = append(out, a)
	}
	return out, rows.Err()
}

// MeetPeer returns the address of a peer, made anew with its contact when the
// peer is not known, and brought up to date with what the network says now.
func (t *Tx) MeetPeer(channelNo int64, p core.Peer, at time.Time) (a Address, isNew bool, err error) {
	a, err = t.AddressOf(channelNo, p.ID)
	if errors.Is(err, ErrNotFound) {
		a, err = t.newAddress(channelNo, p, at)
		return a, true, err
	}
	if err != nil {
		return a, false, err
	}
	return a, false, t.refreshAddress(&a, p)
}

func (t *Tx) newAddress(channelNo int64, p core.Peer, at time.Time) (Address, error) {
	contact, err := t.Insert(`INSERT INTO contacts (name, phone, email, language, created_at)
		VALUES ($1, $2, $3, $4, $5) RETURNING id`, p.Name, p.Phone, p.Email, p.Language, Micros(t.Now()))
	if err != nil {
		return Address{}, fmt.Errorf("new contact: %w", err)
	}
	id, err := t.Insert(`INSERT INTO addresses
		(channel_id, peer, contact_id, name, username, phone, email, language, link, first_at, last_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) RETURNING id`,
		channelNo, string(p.ID), contact, p.Name, p.Username, p.Phone, p.Email, p.Language, p.Link, Micros(at), int64(0))
	if err != nil {
		return Address{}, fmt.Errorf("new address: %w", err)
	}
	return t.Address(core.AddressID(id))
}

func (t *Tx) refreshAddress(a *Address, p core.Peer) error {
	was := *a
	set := func(old *string, now string) {
		if now != "" {
			*old = now
		}
	}
	set(&a.Name, p.Name)
	set(&a.Username, p.Username)
	set(&a.Phone, p.Phone)
	set(&a.Email, p.Email)
	set(&a.Language, p.Language)
	set(&a.Link, p.Link)
	if *a == was {
		return nil
	}
	_, err := t.Exec(`UPDATE addresses SET name = $1, username = $2, phone = $3, email = $4, language = $5, link = $6
		WHERE id = $7`, a.Name, a.Username, a.Phone, a.Email, a.Language, a.Link, int64(a.ID))
	if err != nil {
		return fmt.Errorf("refresh address %d: %w", a.ID, err)
	}
	if a.Name != was.Name {
		_, err = t.Exec(`UPDATE contacts SET name = $1 WHERE id = $2 AND name = $3`, a.Name, int64(a.Contact), was.Name)
	}
	return err
}

// TouchAddress records the customer's last word.
func (t *Tx) TouchAddress(id core.AddressID, at time.Time) error {
	_, err := t.Exec(`UPDATE addresses SET last_at = $1 WHERE id = $2 AND last_at < $3`, Micros(at), int64(id), Micros(at))
	return err
}

// SetSource records how the customer came; later sources are lines in the topic.
func (t *Tx) SetSource(id core.AddressID, source string) error {
	_, err := t.Exec(`UPDATE addresses SET source = $1 WHERE id = $2`, source, int64(id))
	return err
}

// SetPhone keeps a number that was proven to be the customer's own.
func (t *Tx) SetPhone(a Address, phone string) error {
	if _, err := t.Exec(`UPDATE addresses SET phone = $1 WHERE id = $2`, phone, int64(a.ID)); err != nil {
		return err
	}
	_, err := t.Exec(`UPDATE contacts SET phone = $1 WHERE id = $2`, phone, int64(a.Contact))
	return err
}

// SetGone marks an address as unreachable, or with an empty reason as reachable
// again, and reports whether that is news.
func (t *Tx) SetGone(id core.AddressID, reason string) (bool, error) {
	n, err := t.Exec(`UPDATE addresses SET gone = $1 WHERE id = $2 AND (gone = '') <> ($3 = '')`, reason, int64(id), reason)
	return n > 0, err
}

// Contact is the contact by its id.
func (t *Tx) Contact(id core.ContactID) (Contact, error) {
	c := Contact{ID: id}
	err := t.QueryRow(`SELECT name, phone, email, language FROM contacts WHERE id = $1`, int64(id)).
		Scan(&c.Name, &c.Phone, &c.Email, &c.Language)
	return c, one(fmt.Sprintf("contact %d", id), err)
}

// Operator is what was learnt of somebody in the operators' rooms.
type Operator struct {
	Person   core.PersonID
	Name     string
	Username string
	Language string
	// Present: in one group at least, as far as is known. Who was heard of in
	// none, as a listed person before his first word, counts as present.
	Present bool
	RoomNo  int64 // his private chat; zero: the gateway cannot write there
}

// MeetOperator keeps what the console says of a person now.
func (t *Tx) MeetOperator(p core.Person) error {
	_, err := t.Exec(`INSERT INTO operators (person, name, username, language, seen_at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (person) DO UPDATE SET name = excluded.name, username = excluded.username,
		language = CASE WHEN excluded.language = '' THEN operators.language ELSE excluded.language END,
		seen_at = excluded.seen_at`,
		string(p.ID), p.Name, p.Username, p.Language, Micros(t.Now()))
	return err
}

// SetPresence records that a person is in a room, or is not, and whether he is an
// admin of it.
func (t *Tx) SetPresence(p core.PersonID, roomNo int64, present, admin bool) error {
	_, err := t.Exec(`INSERT INTO presence (person, room_id, present, admin) VALUES ($1, $2, $3, $4)
		ON CONFLICT (person, room_id) DO UPDATE SET present = excluded.present, admin = excluded.admin`,
		string(p), roomNo, flag(present), flag(admin))
	if err != nil {
		return fmt.Errorf("presence: %w", err)
	}
	return nil
}

// Presence tells whether a person is in a room; known is false when that was
// never heard of.
func (t *Tx) Presence(p core.PersonID, roomNo int64) (present, known bool, err error) {
	var is int
	err = t.QueryRow(`SELECT present FROM presence WHERE person = $1 AND room_id = $2`, string(p), roomNo).Scan(&is)
	if errors.Is(err, sql.ErrNoRows) {
		return false, false, nil
	}
	return is == 1, err == nil, one("presence", err)
}

// SetOperatorRoom records that the gateway can write to a person in private.
func (t *Tx) SetOperatorRoom(p core.PersonID, roomNo int64) error {
	_, err := t.Exec(`UPDATE operators SET room_id = $1 WHERE person = $2`, roomNo, string(p))
	return err
}

// Operator is the person by his id; ErrNotFound when he was never seen.
func (t *Tx) Operator(p core.PersonID) (Operator, error) {
	o := Operator{Person: p}
	var in, out int
	err := t.QueryRow(`SELECT name, username, language, room_id,
		(SELECT count(*) FROM presence p JOIN rooms r ON r.id = p.room_id WHERE p.person = o.person AND r.grp <> '' AND p.present = 1),
		(SELECT count(*) FROM presence p JOIN rooms r ON r.id = p.room_id WHERE p.person = o.person AND r.grp <> '' AND p.present = 0)
		FROM operators o WHERE o.person = $1`, string(p)).
		Scan(&o.Name, &o.Username, &o.Language, &o.RoomNo, &in, &out)
	o.Present = in > 0 || out == 0
	return o, one("operator", err)
}

// OperatorIn is the person whose private chat a room is.
func (t *Tx) OperatorIn(roomNo int64) (Operator, error) {
	var p string
	err := t.QueryRow(`SELECT person FROM operators WHERE room_id = $1 AND room_id <> 0 LIMIT 1`, roomNo).Scan(&p)
	if err != nil {
		return Operator{}, one("operator in room", err)
	}
	return t.Operator(core.PersonID(p))
}

// OperatorNamed finds a person by username, case ignored.
func (t *Tx) OperatorNamed(username string) (Operator, error) {
	var p string
	err := t.QueryRow(`SELECT person FROM operators WHERE lower(username) = lower($1)`, username).Scan(&p)
	if errors.Is(err, sql.ErrNoRows) {
		return Operator{}, fmt.Errorf("operator: %w", ErrNotFound)
	}
	if err != nil {
		return Operator{}, err
	}
	return t.Operator(core.PersonID(p))
}

func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}
