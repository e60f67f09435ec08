package desk

import (
	"log/slog"
	"time"

	"parom/core"
	"parom/core/lang"
	"parom/core/outbox"
	"parom/core/router"
	"parom/core/store"
)

// Role is what an operator may do.
type Role int

// Roles, each with the rights of those before.
const (
	Stranger Role = iota
	Member
	Supervisor
	Admin
)

// Listed is an operator named in the configuration.
type Listed struct {
	Person core.PersonID
	Name   string // shown to customers; empty: the department's name for operators
	Role   Role
}

// Options are the desk's configuration and what it works with.
type Options struct {
	DB      *store.DB
	Router  *router.Router
	Outbox  *outbox.Outbox // or SetOutbox
	Console core.Console
	Porter  *outbox.Porter
	Clock   core.Clock
	Log     *slog.Logger

	// Operators are listed by the configuration. With MembersAnswer everybody
	// in a group is an operator as well.
	Operators     []Listed
	MembersAnswer bool
	// Language of a group; a private chat has its person's.
	Language func(core.GroupID) string
	// Zone is the time zone of times that operators see; nil is UTC.
	Zone *time.Location
	// Account is the console's own, whose budget it may share with a channel.
	Account string
	// GroupPerMinute bounds the posts in a group in any minute. Zero: 20.
	GroupPerMinute int
	// Mode of a department; nil is Direct everywhere.
	Mode func(core.DepartmentID) Mode
	// Hold is how long an answer can be changed before it leaves. Zero: not.
	Hold time.Duration
	// Signature puts an operator's public name before his texts, for customers.
	Signature bool
	// NoticeLife is how long a notice's buttons live.
	NoticeLife time.Duration
	Signs      bool // delivery signs as reactions
	Metrics    Metrics
	SelfName   func() string // username of the console's bot, for /command@name
}

// Metrics counts what the desk does; nil counts nothing.
type Metrics interface {
	Act(kind string)
	Shown(merged int)
}

// Desk implements core.Desk and carries the lanes to topics.
type Desk struct {
	o       Options
	log     *slog.Logger
	roles   map[core.PersonID]Listed
	members membersAsked
}

// New makes a desk.
func New(o Options) *Desk {
	if o.NoticeLife == 0 {
		o.NoticeLife = 30 * time.Minute
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	d := &Desk{o: o, log: o.Log, roles: map[core.PersonID]Listed{}}
	for _, l := range o.Operators {
		d.roles[l.Person] = l
	}
	return d
}

// SetOutbox gives the desk the outbox that carries its lanes. It is called once,
// before anything is delivered: the outbox tells the desk what became of jobs.
func (d *Desk) SetOutbox(o *outbox.Outbox) { d.o.Outbox = o }

// texts is the printer for a group.
func (d *Desk) texts(g core.GroupID) *lang.Printer {
	tag := "ru"
	if d.o.Language != nil {
		tag = d.o.Language(g)
	}
	return lang.For(tag).In(d.o.Zone)
}
