package config

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
)

// What the keys allow.
var (
	languages = []string{"ru", "en"}
	formats   = []string{"text", "json"}
	levels    = []string{"debug", "info", "warn", "error"}
	modes     = []string{"direct", "confirm", "replies_only"}
	roles     = []string{"operator", "supervisor", "admin"}
	froms     = []string{"members", "listed"}
	// Networks that can be channels, and those that can be the console.
	networks = []string{"telegram"}
	consoles = []string{"telegram"}

	// A group's id on the console's network: core.telegram.org/bots/api#chat,
	// negative for groups.
	chatID     = regexp.MustCompile(`^-[1-9][0-9]{0,17}$`)
	identifier = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,39}$`)
)

// holdMax bounds the hold: a customer waits for it.
const holdMax = 5 * time.Minute

// checker finds where in the file a key stands.
type checker struct {
	file string
	tree *ast.File
	env  map[string]string // variables that keys come from instead of the file
	errs []error
}

// bad is the error of a key. A key that is not there has the place of what it should
// stand in.
func (c *checker) bad(key, problem, allowed string) {
	if name, ok := c.env[key]; ok {
		c.errs = append(c.errs, &Error{File: "environment", Key: name, Problem: problem, Allowed: allowed})
		return
	}
	var at ast.Node
	for part := key; part != "" && at == nil; part = part[:max(0, strings.LastIndexAny(part, ".["))] {
		if p, err := yaml.PathString("$." + part); err == nil {
			at, _ = p.FilterFile(c.tree) // not there: an error
		}
	}
	c.errs = append(c.errs, errorAt(c.file, at, key, problem, allowed))
}

// index is a place in a list, as it stands in keys.
func index(i int) string { return "[" + strconv.Itoa(i) + "]" }

func (c *checker) oneOf(key, value string, allowed []string) {
	if !slices.Contains(allowed, value) {
		c.bad(key, echoed(value)+" is not known", named(allowed))
	}
}

// consoleName is how the operators' side is called beside channels.
const consoleName = "console"

// echoed is a value as an error repeats it: one that is long may be a secret in
// the wrong place.
func echoed(value string) string {
	if len(value) > 20 {
		return "what stands there"
	}
	return fmt.Sprintf("%q", value)
}

func (c *checker) id(key, value string, seen map[string]bool) {
	switch {
	case value == "":
		c.bad(key, "is missing", "")
	case !identifier.MatchString(value):
		c.bad(key, fmt.Sprintf("%q cannot be a name", value), "small Latin letters, digits and hyphens, at most 40")
	case seen[value]:
		c.bad(key, fmt.Sprintf("%q is there twice", value), "")
	}
	seen[value] = true
}

// check holds a configuration against what is allowed and fills in what follows
// from other keys.
func check(c checker, cfg *Config) error {
	c.oneOf("language", cfg.Language, languages)
	if _, err := time.LoadLocation(cfg.TimeZone); err != nil {
		c.bad("time_zone", echoed(cfg.TimeZone)+" is not known", "names such as Europe/Moscow")
	}
	if cfg.Data == "" {
		c.bad("data", "is empty", "a folder")
	}
	c.oneOf("log.format", cfg.Log.Format, formats)
	c.oneOf("log.level", cfg.Log.Level, levels)
	c.http(cfg.HTTP)
	c.oneOf("console.network", cfg.Console.Network, consoles)
	if cfg.Console.PerMinute < 1 {
		c.bad("console.per_minute", "is too small", "1 and more")
	}
	if cfg.Console.Settings.IsEmpty() {
		c.bad("console.settings", "is missing", "the bot's token and what else its network needs")
	}
	c.answers(cfg.Answers)
	c.media(cfg.Media)
	groups := c.groups(cfg)
	departments := c.departments(cfg, groups)
	c.operators(cfg)
	c.channels(cfg, departments)
	return errors.Join(c.errs...)
}

func (c *checker) http(h HTTP) {
	if h.Listen != "" {
		if _, _, err := net.SplitHostPort(h.Listen); err != nil {
			c.bad("http.listen", fmt.Sprintf("%q is no address", h.Listen), "host:port, as 127.0.0.1:8080")
		}
	}
	if h.PublicURL != "" {
		if u, err := url.Parse(h.PublicURL); err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
			c.bad("http.public_url", fmt.Sprintf("%q is no address of a page", h.PublicURL), "https://host")
		}
	}
}

func (c *checker) answers(a Answers) {
	c.oneOf("answers.from", a.From, froms)
	if a.Hold < 0 || a.Hold > holdMax {
		c.bad("answers.hold", fmt.Sprintf("%s is out of bounds", a.Hold), "0s to "+holdMax.String())
	}
	if a.NoticeLife < time.Minute {
		c.bad("answers.notice_life", fmt.Sprintf("%s is too short", a.NoticeLife), "1m and more")
	}
}

// keepAtLeast spares files that are on their way.
const keepAtLeast = time.Hour

func (c *checker) media(m Media) {
	if m.KeepFor < keepAtLeast {
		c.bad("media.keep_for", fmt.Sprintf("%s is too short", m.KeepFor), "1h and more")
	}
	if m.MaxMB < 0 {
		c.bad("media.max_mb", "is too small", "0 (no bound) and more")
	}
}

func (c *checker) groups(cfg *Config) map[string]bool {
	seen := map[string]bool{}
	chats := map[string]bool{}
	for i := range cfg.Groups {
		g, key := &cfg.Groups[i], "groups"+index(i)
		c.id(key+".id", g.ID, seen)
		if g.Chat == "" {
			c.bad(key+".chat", "is missing", "the group's own id, as -1001234567890")
		} else if !chatID.MatchString(g.Chat) {
			c.bad(key+".chat", "is not the id of a group", "a number below zero, as -1001234567890; parom init finds it")
		} else if chats[g.Chat] {
			c.bad(key+".chat", "is another group's already", "")
		}
		chats[g.Chat] = true
		if g.Language == "" {
			g.Language = cfg.Language
		} else {
			c.oneOf(key+".language", g.Language, languages)
		}
	}
	if len(cfg.Groups) == 0 {
		c.bad("groups", "there is none", "at least one group of operators")
	}
	return seen
}

func (c *checker) departments(cfg *Config, groups map[string]bool) map[string]bool {
	seen := map[string]bool{}
	if len(cfg.Departments) == 0 && len(cfg.Groups) > 0 { // the smallest business: one department
		cfg.Departments = []Department{{ID: "main", Group: cfg.Groups[0].ID}}
	}
	for i := range cfg.Departments {
		d, key := &cfg.Departments[i], "departments"+index(i)
		c.id(key+".id", d.ID, seen)
		if d.Group == "" && len(cfg.Groups) == 1 {
			d.Group = cfg.Groups[0].ID
		}
		if !groups[d.Group] {
			c.bad(key+".group", fmt.Sprintf("there is no group %q", d.Group), named(keys(groups)))
		}
		if d.Mode == "" {
			d.Mode = "direct"
		}
		c.oneOf(key+".mode", d.Mode, modes)
	}
	return seen
}

func (c *checker) operators(cfg *Config) {
	seen := map[string]bool{}
	for i := range cfg.Operators {
		o, key := &cfg.Operators[i], "operators"+index(i)
		switch {
		case o.ID == "":
			c.bad(key+".id", "is missing", "the person's own id on the console's network")
		case seen[o.ID]:
			c.bad(key+".id", fmt.Sprintf("%q is there twice", o.ID), "")
		}
		seen[o.ID] = true
		if o.Role == "" {
			o.Role = "operator"
		}
		c.oneOf(key+".role", o.Role, roles)
	}
	if cfg.Answers.From == "listed" && len(cfg.Operators) == 0 {
		c.bad("operators", "nobody is listed, so nobody could answer", "")
	}
}

func (c *checker) channels(cfg *Config, departments map[string]bool) {
	seen := map[string]bool{}
	for i := range cfg.Channels {
		ch, key := &cfg.Channels[i], "channels"+index(i)
		c.id(key+".id", ch.ID, seen)
		if ch.ID == consoleName {
			c.bad(key+".id", "is the operators' side in metrics and logs", "another name")
		}
		c.oneOf(key+".network", ch.Network, networks)
		if ch.Name == "" {
			ch.Name = ch.ID
		}
		if ch.Department == "" && len(cfg.Departments) > 0 {
			ch.Department = cfg.Departments[0].ID
		}
		if ch.Department != "" && !departments[ch.Department] && len(departments) > 0 {
			c.bad(key+".department", fmt.Sprintf("there is no department %q", ch.Department), named(keys(departments)))
		}
		if ch.Language == "" {
			ch.Language = cfg.Language
		} else {
			c.oneOf(key+".language", ch.Language, languages)
		}
		if ch.Settings.IsEmpty() {
			c.bad(key+".settings", "is missing", "the channel's token and what else its network needs")
		}
	}
}

func keys(m map[string]bool) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// SlogLevel is the level of the log.
func (l Log) SlogLevel() slog.Level {
	var v slog.Level
	_ = v.UnmarshalText([]byte(l.Level)) // checked when the file was read
	return v
}
