package telegramsim

import (
	"time"

	"parom/core"
)

// Options make a Server. The zero value works: system clock, temporary folder,
// the cloud's limits, default knobs.
type Options struct {
	Clock core.Clock // nil: the machine's
	// Dir keeps files, and with Persist the state. Empty: a temporary folder,
	// removed by Close.
	Dir     string
	Persist bool    // load Dir/state.json at New, write it at Close
	Listen  string  // for Run and Serve; empty: a free port of 127.0.0.1
	Limits  *Limits // nil: CloudLimits
	Knobs   *Knobs  // nil: DefaultKnobs
	Seed    int64   // ids, tokens and chances derive from it; zero is a seed too
	// SeedFile, for Run, names a JSON file of bots, users and groups (see Seeding).
	SeedFile string
	// Seeding is applied by New when there is no saved state.
	Seeding *Seeding
}

// Limits are sizes. A zero field means no limit.
type Limits struct {
	UploadBytes    int64 `json:"upload_bytes"`     // any file sent by a bot
	PhotoBytes     int64 `json:"photo_bytes"`      // a photo sent by a bot
	VideoNoteBytes int64 `json:"video_note_bytes"` // a video note sent by a bot
	FetchBytes     int64 `json:"fetch_bytes"`      // getFile
	TextUnits      int   `json:"text_units"`       // UTF-16 units after entities are parsed
	CaptionUnits   int   `json:"caption_units"`
	// Local behaves as a Bot API server started with --local: getFile gives an
	// absolute path.
	Local bool `json:"local"`
}

// CloudLimits are those of api.telegram.org: core.telegram.org/bots/api#sending-files, #getfile.
func CloudLimits() Limits {
	return Limits{
		UploadBytes: 50 << 20, PhotoBytes: 10 << 20, VideoNoteBytes: 12 << 20,
		FetchBytes: 20 << 20, TextUnits: 4096, CaptionUnits: 1024,
	}
}

// LocalLimits are those of a server run with --local:
// core.telegram.org/bots/api#using-a-local-bot-api-server.
func LocalLimits() Limits {
	l := CloudLimits()
	l.UploadBytes, l.FetchBytes, l.Local = 2000<<20, 0, true
	return l
}

// Knobs are what Telegram does not document. docs/simulators.md lists each with
// its default and where the default comes from.
type Knobs struct {
	// GroupMessages may be sent, edited or made topics by one bot in one group
	// within GroupWindow. Zero: no limit.
	GroupMessages int           `json:"group_messages"`
	GroupWindow   time.Duration `json:"group_window_ns"`
	// BotMessages per BotWindow over all chats of a bot. Zero: no limit.
	BotMessages int           `json:"bot_messages"`
	BotWindow   time.Duration `json:"bot_window_ns"`
	// ChatMessages per second to one private chat, after a burst of ChatBurst.
	// Zero: no limit. ChatPaceInGroups applies it to groups as well.
	ChatMessages     float64 `json:"chat_messages"`
	ChatBurst        int     `json:"chat_burst"`
	ChatPaceInGroups bool    `json:"chat_pace_in_groups"`
	// Costs override how many messages a call counts for, by lower-case method;
	// albums and copyMessages count this for each item.
	Costs map[string]int `json:"costs,omitempty"`
	// RefusedCallsCount makes a call answered with 429 count too.
	RefusedCallsCount bool `json:"refused_calls_count"`
	// CallbackTTL is how long a button press may be answered.
	CallbackTTL time.Duration `json:"callback_ttl_ns"`
	// UpdateTTL is how long an update waits for the bot.
	UpdateTTL time.Duration `json:"update_ttl_ns"`
	// DeleteWindow is how long a message may be deleted by a bot.
	DeleteWindow time.Duration `json:"delete_window_ns"`
	// AdminDeletesOld lets an admin bot delete in a group beyond DeleteWindow.
	AdminDeletesOld bool `json:"admin_deletes_old"`
	// DeletedTopic is what topic methods say of a topic that is gone.
	DeletedTopic string `json:"deleted_topic"`
	// AdminWritesClosed lets a bot that manages topics write into a closed one.
	AdminWritesClosed bool `json:"admin_writes_closed"`
	// OwnServiceMessages are handed to the bot that caused them.
	OwnServiceMessages bool `json:"own_service_messages"`
	// ReplyThreads gives replies outside topics of a supergroup the thread id of
	// the first answered message, without is_topic_message.
	ReplyThreads bool `json:"reply_threads"`
	// PrivateSequencePerBot numbers the messages of all private chats and basic
	// groups of a bot together; otherwise each chat counts for itself.
	PrivateSequencePerBot bool `json:"private_sequence_per_bot"`
	// StrictImages refuses photos that are not images or have wrong proportions.
	StrictImages bool `json:"strict_images"`
	// ThrottlePolls makes a getUpdates with the same offset within 3 s wait and
	// within 0.5 s give one update, as the server's source does.
	ThrottlePolls bool `json:"throttle_polls"`
	// RepeatedConflict delays a second 409 within this time by as much.
	RepeatedConflict time.Duration `json:"repeated_conflict_ns"`
	// IDRestart is the silence after which update ids start anew.
	IDRestart time.Duration `json:"id_restart_ns"`
	// BotsSeeBots hands bots the messages of other bots.
	BotsSeeBots bool `json:"bots_see_bots"`
	// EmptyTopicEdit is TOPIC_NOT_MODIFIED for an edit that changes nothing.
	EmptyTopicEdit bool `json:"empty_topic_edit"`
	// WebhookRetries are the waits before each new attempt; the last repeats.
	WebhookRetries []time.Duration `json:"webhook_retries_ns"`
	// FetchURLs lets a file be sent by its HTTP URL; the server fetches it.
	FetchURLs bool `json:"fetch_urls"`
	// StartEntitled lets a bot write to people who never pressed Start.
	StartEntitled bool `json:"start_entitled"`
	// KeepRequests is how many requests the log keeps; counts keep all.
	KeepRequests int `json:"keep_requests"`
}

// DefaultKnobs follow documents and the server's source where they speak, and
// what maintainers and users report elsewhere.
func DefaultKnobs() Knobs {
	return Knobs{
		GroupMessages: 20, GroupWindow: time.Minute,
		BotMessages: 30, BotWindow: time.Second,
		ChatMessages: 1, ChatBurst: 5,
		CallbackTTL: 15 * time.Second, UpdateTTL: 24 * time.Hour, DeleteWindow: 48 * time.Hour,
		DeletedTopic: "TOPIC_ID_INVALID", AdminWritesClosed: true, OwnServiceMessages: true,
		ReplyThreads: true, PrivateSequencePerBot: true, StrictImages: true,
		RepeatedConflict: 3 * time.Second, IDRestart: 7 * 24 * time.Hour, EmptyTopicEdit: true,
		WebhookRetries: []time.Duration{time.Second, 2 * time.Second, 5 * time.Second, 15 * time.Second, time.Minute},
		KeepRequests:   10000,
	}
}

// Unlimited are DefaultKnobs without any rate: for benchmarks of other things.
func Unlimited() *Knobs {
	k := DefaultKnobs()
	k.GroupMessages, k.BotMessages, k.ChatMessages = 0, 0, 0
	return &k
}
