package gateway

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"parom/adapters/telegram"
	"parom/adapters/telegram/console"
	"parom/adapters/web"
	"parom/config"
	"parom/core"
	"parom/core/desk"
	"parom/core/outbox"
	"parom/core/router"
	"parom/core/spool"
	"parom/core/store"
)

// Options are what a gateway gets from who starts it. Zero values are defaults.
type Options struct {
	Log   *slog.Logger
	Clock core.Clock // nil: the machine's
	// Version of the program, for the metrics.
	Version string
	// Ready is called once everything runs; nil: nobody wants to know.
	Ready func()
	// NoSync leaves out every flush of the disk, for tests whose subject is
	// not durability.
	NoSync bool
}

// Gateway is a gateway put together and not yet running.
type Gateway struct {
	cfg   config.Config
	log   *slog.Logger
	clock core.Clock
	ready func()

	db       *store.DB
	spool    *spool.Spool
	router   *router.Router
	desk     *desk.Desk
	outbox   *outbox.Outbox
	bot      *telegram.Bot // the console's
	console  *console.Console
	channels []channel
	web      *webSide
	metrics  *web.Metrics
	zone     *time.Location
	states   states
	writable writable
}

// channel is one configured channel with its adapter.
type channel struct {
	cfg     config.Channel
	adapter core.Adapter
	account string
	fetcher core.Fetcher // nil: it hands over no files
	// trouble is what keeps it from receiving now; nil: nothing does.
	trouble func() error
	// foreign is why the channel must not be used; nil: it may.
	foreign error
}

// Run puts a gateway together and runs it until ctx ends. An error means that it
// could not start; what breaks later is told by alarms and readiness.
func Run(ctx context.Context, cfg config.Config, o Options) error {
	g, err := New(ctx, cfg, o)
	if err != nil {
		return err
	}
	return errors.Join(g.Run(ctx), g.Close())
}

// New puts a gateway together. Close frees what it opened.
func New(ctx context.Context, cfg config.Config, o Options) (*Gateway, error) {
	if o.Clock == nil {
		o.Clock = core.SystemClock()
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	zone, err := time.LoadLocation(cfg.TimeZone)
	if err != nil {
		return nil, fmt.Errorf("time zone: %w", err)
	}
	g := &Gateway{cfg: cfg, log: o.Log, clock: o.Clock, ready: o.Ready, zone: zone, metrics: web.NewMetrics(o.Version)}
	if err := g.open(ctx, o); err != nil {
		return nil, errors.Join(err, g.Close())
	}
	return g, nil
}

func (g *Gateway) open(ctx context.Context, o Options) error {
	if err := os.MkdirAll(g.cfg.Data, 0o700); err != nil {
		return fmt.Errorf("data folder: %w", err)
	}
	var err error
	g.db, err = store.Open(ctx, store.Options{
		Path: filepath.Join(g.cfg.Data, "parom.db"), Clock: g.clock, Log: g.log,
		NoSync: o.NoSync, Trap: trap,
	})
	if err != nil {
		return fmt.Errorf("open the data file: %w", err)
	}
	g.writable.db, g.writable.clock = g.db, g.clock
	g.spool, err = spool.Open(filepath.Join(g.cfg.Data, "media"), spool.Options{
		Clock:    g.clock,
		MaxBytes: g.cfg.Media.MaxMB << 20, KeepFreeBytes: keepFreeBytes,
	})
	if err != nil {
		return fmt.Errorf("open the media folder: %w", err)
	}
	if err := g.makeConsole(); err != nil {
		return err
	}
	if err := g.makeChannels(ctx); err != nil {
		return err
	}
	if err := g.bindRooms(ctx); err != nil {
		return err
	}
	g.makeCore()
	g.web = &webSide{g: g}
	return nil
}

// settleMax bounds how long what is about a message of ours waits for that to be
// recorded.
const settleMax = 2 * time.Second

// keepFreeBytes are left on the disk for the database beside the media.
const keepFreeBytes = 256 << 20

// makeCore wires router, desk and outbox.
func (g *Gateway) makeCore() {
	g.router = router.New(router.Options{
		DB: g.db, Log: g.log, Metrics: g.metrics, Channels: g.routed(), Departments: g.departments(),
		Default: core.DepartmentID(g.cfg.Departments[0].ID), Source: g.console.Limits(), Language: g.languageOf,
		Settle: func(ctx context.Context, about func([]store.Lane) []store.Lane) {
			g.outbox.Settle(ctx, store.ToAddress, settleMax, about)
		},
	})
	porter := &outbox.Porter{Spool: g.spool, Fetchers: g.fetcher}
	g.desk = desk.New(desk.Options{
		DB: g.db, Router: g.router, Console: trapConsole(g.console), Porter: porter, Clock: g.clock, Log: g.log,
		Operators: g.operators(), MembersAnswer: g.cfg.Answers.From == "members", Language: g.languageOf, Mode: g.modeOf,
		Hold: g.cfg.Answers.Hold, Signature: g.cfg.Answers.Signature, NoticeLife: g.cfg.Answers.NoticeLife, Signs: g.cfg.Console.Signs, Account: g.bot.Account(),
		GroupPerMinute: g.cfg.Console.PerMinute, SelfName: g.selfName, Metrics: g.metrics, Zone: g.zone,
	})
	g.outbox = outbox.New(outbox.Options{DB: g.db, Clock: g.clock, Log: g.log, Watch: counting{g.desk, g.metrics}, Metrics: g.calls(), Health: g.health, Trap: trap})
	g.desk.SetOutbox(g.outbox)
	g.outbox.Carry(store.ToAddress, outbox.NewAddressCarrier(outbox.AddressOptions{
		Adapters: g.adapter, Account: g.accountOf,
		Porter: porter, Source: g.source, Watch: g.desk,
	}))
	shown := g.desk.Carrier()
	for _, family := range []store.Lane{store.ToTopic, store.Cosmetic, store.ToRoom} {
		g.outbox.Carry(family, shown)
	}
	g.outbox.Carry(store.Timer, g.desk.Timers())
	g.db.OnWake(g.outbox.Wake)
}

// Busy reports work that no clock has to move for. For a simulated clock.
func (g *Gateway) Busy() bool { return g.outbox.Busy() || g.db.Stats().Waiting > 0 }

// Close frees what New opened. The gateway must not run any more.
func (g *Gateway) Close() error {
	if g.db == nil {
		return nil
	}
	err := g.db.Close()
	s := g.db.Stats()
	g.log.Info("data file closed", "updates", s.Updates, "failed", s.Failed, "commits", s.Commits)
	return err
}

// selfName is the username of the console's bot, once the network has told it.
func (g *Gateway) selfName() string { return g.states.name() }

func (g *Gateway) languageOf(id core.GroupID) string {
	for _, x := range g.cfg.Groups {
		if x.ID == string(id) {
			return x.Language
		}
	}
	return g.cfg.Language
}

func (g *Gateway) modeOf(id core.DepartmentID) desk.Mode {
	for _, x := range g.cfg.Departments {
		if x.ID == string(id) {
			return desk.Mode(x.Mode)
		}
	}
	return desk.Direct
}

func (g *Gateway) departments() []router.Department {
	var out []router.Department
	for _, x := range g.cfg.Departments {
		out = append(out, router.Department{ID: core.DepartmentID(x.ID), Name: x.Name, Group: core.GroupID(x.Group)})
	}
	return out
}

var roleNames = map[string]desk.Role{"operator": desk.Member, "supervisor": desk.Supervisor, "admin": desk.Admin}

func (g *Gateway) operators() []desk.Listed {
	var out []desk.Listed
	for _, x := range g.cfg.Operators {
		out = append(out, desk.Listed{Person: core.PersonID(x.ID), Name: x.Name, Role: roleNames[x.Role]})
	}
	return out
}

// bindRooms gives the configured groups their rooms. A group that has moved keeps
// its new room until the configuration names another one than before.
func (g *Gateway) bindRooms(ctx context.Context) error {
	err := g.db.Update(ctx, func(t *store.Tx) error {
		for _, x := range g.cfg.Groups {
			name := "room:" + x.ID
			was, err := t.Setting(name)
			if err != nil {
				return err
			}
			if was == x.Chat {
				continue
			}
			if err := t.Rebind(core.GroupID(x.ID), x.Chat); err != nil {
				return err
			}
			if err := t.SetSetting(name, x.Chat); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("bind groups: %w", err)
	}
	return nil
}

// housekeeping is how often old media and finished albums are cleared away.
const housekeeping = time.Hour
