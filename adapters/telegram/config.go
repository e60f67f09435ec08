package telegram

import (
	"fmt"
	"io"
	"log/slog"
	"slices"

	"parom/core"
)

// Config is a channel's part of the configuration file.
type Config struct {
	// Token is the bot's, from @BotFather. The loader may take it from a file or
	// the environment.
	Token string `yaml:"token"`
	// Endpoint of the Bot API server; empty: https://api.telegram.org.
	// FileEndpoint is derived from it when empty.
	Endpoint     string `yaml:"endpoint"`
	FileEndpoint string `yaml:"file_endpoint"`
	// Local: the server runs with --local. LocalDir is the folder of its files as
	// seen from here; without it customers' files cannot be fetched.
	Local    bool   `yaml:"local"`
	LocalDir string `yaml:"local_dir"`
	CAFile   string `yaml:"ca_file"` // PEM, trusted besides the system's
	// Typing shows the customer "sending a photo…" while a file is uploaded;
	// absent: yes. It costs one call for each upload.
	Typing *bool          `yaml:"typing"`
	Limits LimitsOverride `yaml:"limits"`
}

// LimitsOverride lowers the network's limits for one channel. Zero and absent
// fields leave them; a higher number than the network's is refused.
type LimitsOverride struct {
	Text    int            `yaml:"text"`    // UTF-16 units
	Caption int            `yaml:"caption"` // UTF-16 units
	FileMB  map[string]int `yaml:"file_mb"` // by kind: photo, video, audio, voice, video_note, animation, document
	Album   int            `yaml:"album"`   // files
	// PerSecond is the pace of the whole channel, messages a second.
	PerSecond float64 `yaml:"per_second"`
}

// Format prints the configuration without the token.
func (c Config) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, "telegram.Config{…}")
}

// LogValue prints the configuration without the token.
func (c Config) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(c)) }

// lower applies the override to l.
func (o LimitsOverride) lower(l core.Limits) (core.Limits, error) {
	var err error
	lowerInt := func(name string, limit *int, to int) {
		if to == 0 || err != nil {
			return
		}
		if to < 0 || to > *limit {
			err = fmt.Errorf("limits.%s: %d, allowed are 1 to %d", name, to, *limit)
			return
		}
		*limit = to
	}
	lowerInt("text", &l.Text.Max, o.Text)
	lowerInt("caption", &l.Caption.Max, o.Caption)
	lowerInt("album", &l.Album.Max, o.Album)
	for _, name := range sortedKeys(o.FileMB) {
		kind := kindNamed(name)
		if kind == 0 {
			return l, fmt.Errorf("limits.file_mb.%s: no such kind of file", name)
		}
		media := l.Media[kind]
		mbs := int(media.SendBytes / mb)
		lowerInt("file_mb."+name, &mbs, o.FileMB[name])
		if o.FileMB[name] != 0 {
			media.SendBytes = int64(mbs) * mb
		}
		l.Media[kind] = media
	}
	switch {
	case err != nil:
		return l, err
	case o.PerSecond < 0 || o.PerSecond > l.Rate.PerSecond:
		return l, fmt.Errorf("limits.per_second: %v, allowed are up to %v", o.PerSecond, l.Rate.PerSecond)
	case o.PerSecond > 0:
		l.Rate.PerSecond = o.PerSecond
	}
	return l, nil
}

func kindNamed(name string) core.Kind {
	for k := core.Photo; k <= core.Document; k++ {
		if k.String() == name {
			return k
		}
	}
	return 0
}

func sortedKeys(m map[string]int) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
