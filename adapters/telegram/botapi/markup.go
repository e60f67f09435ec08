package botapi

// ReplyMarkup is what may stand under a message: *InlineKeyboard, *ReplyKeyboard,
// *KeyboardRemove or *ForceReply.
type ReplyMarkup interface{ replyMarkup() }

// InlineKeyboard is rows of buttons under a message. An empty one removes them.
type InlineKeyboard struct {
	Rows [][]InlineButton `json:"inline_keyboard"`
}

// InlineButton does one thing: the one field beside Text that is set.
type InlineButton struct {
	Text string `json:"text"`
	URL  string `json:"url,omitempty"`
	// CallbackData comes back when the button is pressed; 1–64 bytes.
	CallbackData string      `json:"callback_data,omitempty"`
	CopyText     *CopyText   `json:"copy_text,omitempty"`
	WebApp       *WebAppInfo `json:"web_app,omitempty"`
	// SwitchInlineQueryCurrentChat puts the bot's name and this text into the input field.
	SwitchInlineQueryCurrentChat *string `json:"switch_inline_query_current_chat,omitempty"`
}

// CopyText is the text a button copies; 1–256 characters.
type CopyText struct {
	Text string `json:"text"`
}

// WebAppInfo is the address of a web app.
type WebAppInfo struct {
	URL string `json:"url"`
}

// ReplyKeyboard replaces the person's keyboard.
type ReplyKeyboard struct {
	Rows        [][]KeyboardButton `json:"keyboard"`
	Resize      bool               `json:"resize_keyboard,omitempty"`
	OneTime     bool               `json:"one_time_keyboard,omitempty"`
	Persistent  bool               `json:"is_persistent,omitempty"`
	Placeholder string             `json:"input_field_placeholder,omitempty"`
	Selective   bool               `json:"selective,omitempty"`
}

// KeyboardButton sends its text, or the person's contact or place.
type KeyboardButton struct {
	Text            string `json:"text"`
	RequestContact  bool   `json:"request_contact,omitempty"`
	RequestLocation bool   `json:"request_location,omitempty"`
}

// KeyboardRemove takes a ReplyKeyboard away; Remove must be true.
type KeyboardRemove struct {
	Remove    bool `json:"remove_keyboard"`
	Selective bool `json:"selective,omitempty"`
}

// ForceReply opens a reply to the message; Force must be true.
type ForceReply struct {
	Force       bool   `json:"force_reply"`
	Placeholder string `json:"input_field_placeholder,omitempty"`
	Selective   bool   `json:"selective,omitempty"`
}

func (*InlineKeyboard) replyMarkup() {}
func (*ReplyKeyboard) replyMarkup()  {}
func (*KeyboardRemove) replyMarkup() {}
func (*ForceReply) replyMarkup()     {}
