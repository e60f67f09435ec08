package config

import (
	"strings"
	"time"
)

// Config is the whole configuration file.
type Config struct {
	// Language of groups, pages and letters that name none: ru or en.
	Language string `yaml:"language"`
	TimeZone string `yaml:"time_zone"`
	// Data is the folder of the database and of media.
	Data        string       `yaml:"data"`
	Log         Log          `yaml:"log"`
	HTTP        HTTP         `yaml:"http"`
	Console     Console      `yaml:"console"`
	Groups      []Group      `yaml:"groups"`
	Departments []Department `yaml:"departments"`
	Operators   []Operator   `yaml:"operators"`
	Channels    []Channel    `yaml:"channels"`
	Media       Media        `yaml:"media"`
	Answers     Answers      `yaml:"answers"`
}

// Log says how the gateway speaks to who runs it.
type Log struct {
	Format string `yaml:"format"` // text or json
	Level  string `yaml:"level"`  // debug, info, warn, error
}

// HTTP is the gateway's own server: health, metrics, pages.
type HTTP struct {
	Listen    string `yaml:"listen"`     // empty: none
	PublicURL string `yaml:"public_url"` // as customers reach it; empty: no links are offered
}

// Console is where operators work.
type Console struct {
	// Network is the console's kind; its settings stand in Settings.
	Network  string   `yaml:"network"`
	Settings Settings `yaml:"settings"`
	// PerMinute is what may be shown in one group in a minute.
	PerMinute int  `yaml:"per_minute"`
	Signs     bool `yaml:"signs"`
}

// Group is a group of operators.
type Group struct {
	ID       string `yaml:"id"`
	Chat     string `yaml:"chat"` // the console's own id of it
	Language string `yaml:"language"`
}

// Department is who answers, and in which group.
type Department struct {
	ID    string `yaml:"id"`
	Name  string `yaml:"name"`
	Group string `yaml:"group"`
	Mode  string `yaml:"mode"` // direct, confirm, replies_only
}

// Operator is a person of the team whom the configuration names.
type Operator struct {
	ID   string `yaml:"id"` // the console's own id of the person
	Name string `yaml:"name"`
	Role string `yaml:"role"` // operator, supervisor, admin
}

// Channel is one account on a network.
type Channel struct {
	ID         string   `yaml:"id"`
	Network    string   `yaml:"network"`
	Name       string   `yaml:"name"`
	Icon       string   `yaml:"icon"`
	Department string   `yaml:"department"`
	Language   string   `yaml:"language"`
	Settings   Settings `yaml:"settings"`
}

// Media bounds the files on disk.
type Media struct {
	KeepFor time.Duration `yaml:"keep_for"`
	MaxMB   int64         `yaml:"max_mb"` // of the whole folder; 0: no bound
}

// Answers says who may answer and how answers leave.
type Answers struct {
	// From is members (everybody in the group) or listed (only Operators).
	From string        `yaml:"from"`
	Hold time.Duration `yaml:"hold"`
	// Signature puts the operator's name before his texts.
	Signature bool `yaml:"signature"`
	// NoticeLife is how long a notice's buttons stay.
	NoticeLife time.Duration `yaml:"notice_life"`
}

// Default is the configuration of an empty file.
func Default() Config {
	return Config{
		Language: "ru",
		TimeZone: "Local",
		Data:     "data",
		Log:      Log{Format: "text", Level: "info"},
		HTTP:     HTTP{Listen: "127.0.0.1:8080"},
		Console:  Console{Network: "telegram", PerMinute: 20, Signs: true},
		Media:    Media{KeepFor: 30 * 24 * time.Hour},
		Answers:  Answers{From: "members", Hold: 5 * time.Second, NoticeLife: 30 * time.Minute},
	}
}

// Named lists what a key allows, for its error.
func named(allowed []string) string { return strings.Join(allowed, ", ") }
