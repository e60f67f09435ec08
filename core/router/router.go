package router

import (
	"context"
	"log/slog"
	"time"

	"parom/core"
	"parom/core/lang"
	"parom/core/store"
)

// Channel is a configured channel as the rules see it.
type Channel struct {
	ID         core.ChannelID
	Name       string // shown to operators: where answers go
	Icon       string // emoji of its topics
	Department core.DepartmentID
	Language   string
	Limits     core.Limits // the network's, lowered by the business
}

// Department is who answers, and in which group.
type Department struct {
	ID       core.DepartmentID
	Name     string // shown to operators
	Operator string // shown to customers for an operator without a public name
	Group    core.GroupID
}

// Metrics counts what comes in; nil counts nothing.
type Metrics interface {
	Taken(channel core.ChannelID, kind string)
	Repeated(channel core.ChannelID)
	Parked(channel core.ChannelID)
}

// Options are the router's configuration and what it works with.
type Options struct {
	DB          *store.DB
	Log         *slog.Logger
	Metrics     Metrics
	Channels    []Channel
	Departments []Department
	Default     core.DepartmentID // of channels that name none
	// Source is what the operators' console hands over and takes; an
	// operator's file must pass it before it can reach a channel.
	Source core.Limits
	// Language of a group; nil is Russian everywhere.
	Language func(core.GroupID) string
	// AlbumWait is how long after an album's last part it is complete.
	// Zero: 1.2 s; networks hand an album over within about a second.
	AlbumWait time.Duration
	// Settle waits, for a little while, until what is being sent is recorded, in
	// those of the lanes under way that about picks: who quotes or reacts to it is
	// understood then. nil: nothing is waited for.
	Settle func(ctx context.Context, about func(underWay []store.Lane) []store.Lane)
	// LateEdit is from when on an edit is announced. Zero: one minute.
	LateEdit time.Duration
}

// AlbumMax is how many parts complete an album at once: the most that any
// network puts in one.
const AlbumMax = 10

// Router applies the rules. Its methods that take a transaction are called in
// the store's writer.
type Router struct {
	o           Options
	log         *slog.Logger
	channels    map[core.ChannelID]Channel
	departments map[core.DepartmentID]Department
}

// New makes a router.
func New(o Options) *Router {
	if o.AlbumWait == 0 {
		o.AlbumWait = 1200 * time.Millisecond
	}
	if o.LateEdit == 0 {
		o.LateEdit = time.Minute
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	r := &Router{o: o, log: o.Log, channels: map[core.ChannelID]Channel{}, departments: map[core.DepartmentID]Department{}}
	for _, c := range o.Channels {
		r.channels[c.ID] = c
	}
	for _, d := range o.Departments {
		r.departments[d.ID] = d
	}
	return r
}

// Channel is a configured channel. For one that is configured no more only the
// name is known.
func (r *Router) Channel(id core.ChannelID) Channel {
	if c, ok := r.channels[id]; ok {
		return c
	}
	return Channel{ID: id, Name: string(id)}
}

// Channels lists the configured channels in the configuration's order.
func (r *Router) Channels() []Channel { return r.o.Channels }

// Department is a configured department; the default one for a name that is
// configured no more.
func (r *Router) Department(id core.DepartmentID) Department {
	if d, ok := r.departments[id]; ok {
		return d
	}
	return r.departments[r.o.Default]
}

// departmentIn is the first department that answers in a group.
func (r *Router) departmentIn(g core.GroupID) core.DepartmentID {
	for _, d := range r.o.Departments {
		if d.Group == g {
			return d.ID
		}
	}
	return r.o.Default
}

// Texts is the printer for a group.
func (r *Router) Texts(g core.GroupID) *lang.Printer {
	if r.o.Language == nil {
		return lang.For("ru")
	}
	return lang.For(r.o.Language(g))
}

// Departments lists the configured departments in the configuration's order.
func (r *Router) Departments() []Department { return r.o.Departments }

// Groups lists every group a department answers in, each once.
func (r *Router) Groups() []core.GroupID {
	var out []core.GroupID
	seen := map[core.GroupID]bool{}
	for _, d := range r.o.Departments {
		if !seen[d.Group] {
			seen[d.Group] = true
			out = append(out, d.Group)
		}
	}
	return out
}

// route is the department a new dialog on a channel belongs to.
func (r *Router) route(c Channel) Department {
	if c.Department != "" {
		return r.Department(c.Department)
	}
	return r.Department(r.o.Default)
}
