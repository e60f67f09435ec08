package core

import "time"

// Direction says whose words a message carries. The four voices an operator
// sees (customer, bot, phone or page, system) follow from it.
type Direction uint8

// Directions of a message.
const (
	FromCustomer Direction = iota + 1
	FromOperator
	FromBot
	Note   // the team's own talk; never leaves
	System // the gateway's own line in a topic; never leaves
	Echo   // ours, typed on the account's own phone or page
)

// Delivery is how far an answer has come. It never goes backwards, but for a
// retry that starts it anew.
type Delivery uint8

// Deliveries, in order.
const (
	DeliveryNone    Delivery = iota // not something that is delivered
	DeliveryHeld                    // within the hold, or waiting for a tap
	DeliveryWaiting                 // in the outbox
	DeliverySent                    // the network took it
	DeliveryReached                 // it is on the customer's device
	DeliveryRead
	DeliveryFailed
	DeliveryWithdrawn // undone before it left
	DeliveryDeleted   // was there, is deleted at the customer
)

var deliveryNames = [...]string{
	"none", "held", "waiting", "sent", "reached", "read", "failed", "withdrawn", "deleted",
}

// String is the state's name in text keys and metrics.
func (d Delivery) String() string {
	if int(d) < len(deliveryNames) {
		return deliveryNames[d]
	}
	return "unknown"
}

// Message is one message as the gateway keeps it.
type Message struct {
	ID        MessageID
	Dialog    DialogID
	Address   AddressID // zero for notes and system lines
	Thread    ThreadID
	Direction Direction
	Author    PersonID // of an operator; empty otherwise
	Content   Content
	ReplyTo   *Reference
	Forwarded string    // from whom it was forwarded, empty when it was not
	Group     string    // the network's album, while its parts arrive
	SentAt    time.Time // the network's time
	StoredAt  time.Time
	EditedAt  time.Time // zero: never
	DeletedAt time.Time // zero: stands
	Delivery  Delivery
	Twice     bool // may have reached the customer twice
}

// Reference points at the message that another one quotes.
type Reference struct {
	Message  MessageID `json:"m,omitempty"`
	Fragment string    `json:"f,omitempty"` // the quoted words; empty: the whole message
	Remote   RemoteID  `json:"r,omitempty"` // the network's name of the message (or the part of it) meant
}

// Content is what a message says.
type Content struct {
	Subject     string       `json:"subject,omitempty"`
	Text        Text         `json:"text,omitzero"`
	Attachments []Attachment `json:"attachments,omitempty"`
}

// IsEmpty reports that there is nothing to carry.
func (c Content) IsEmpty() bool {
	return c.Subject == "" && c.Text.IsEmpty() && len(c.Attachments) == 0
}

// Kind is what an attachment is.
type Kind uint8

// Kinds of attachments.
const (
	Photo Kind = iota + 1
	Video
	Audio
	Voice
	VideoNote
	Sticker
	Animation
	Document
	Location
	ContactCard
	Poll        // question in Name, options in Options; carried as text
	Unsupported // something the network has and the gateway cannot carry; Name is the network's word for it
)

var kindNames = [...]string{
	"", "photo", "video", "audio", "voice", "video_note", "sticker",
	"animation", "document", "location", "contact", "poll", "unsupported",
}

// String is the kind's name in configuration, text keys and metrics.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "unknown"
}

// IsFile reports that the kind has bytes to carry.
func (k Kind) IsFile() bool { return k >= Photo && k <= Document }

// Attachment is one file, place, card or poll of a message.
type Attachment struct {
	Kind      Kind          `json:"kind"`
	Name      string        `json:"name,omitempty"` // file name as given, contact's or place's name, poll's question
	MIME      string        `json:"mime,omitempty"`
	SizeBytes int64         `json:"size,omitempty"` // zero: not known
	Duration  time.Duration `json:"dur,omitempty"`
	Width     int           `json:"w,omitempty"` // pixels
	Height    int           `json:"h,omitempty"` // pixels
	// Holder names the account that can hand the bytes over by Locator, or
	// send them on by it without moving a byte.
	Holder  string `json:"holder,omitempty"`
	Locator string `json:"loc,omitempty"`
	// Source is the network's name of the message the attachment came in,
	// for networks that pass a whole message on by reference.
	Source  RemoteID `json:"src,omitempty"`
	Blob    string   `json:"blob,omitempty"` // hash of the bytes in the spool; empty: not there
	Lat     float64  `json:"lat,omitempty"`
	Lon     float64  `json:"lon,omitempty"`
	Phone   string   `json:"phone,omitempty"`   // of a ContactCard
	Owner   PeerID   `json:"owner,omitempty"`   // whose ContactCard it is, when the network vouches for it
	Address string   `json:"addr,omitempty"`    // of a Location
	Emoji   string   `json:"emoji,omitempty"`   // of a Sticker
	Options []string `json:"options,omitempty"` // of a Poll
	Spoiler bool     `json:"spoiler,omitempty"`
}
