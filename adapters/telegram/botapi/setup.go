package botapi

import "context"

// BotCommand is an entry of the bot's menu of commands.
type BotCommand struct {
	Command     string `json:"command"`     // 1–32 of a–z, 0–9 and _
	Description string `json:"description"` // 1–256 characters
}

// CommandScope says for whom commands are listed: Type is default,
// all_private_chats, all_group_chats, all_chat_administrators, chat,
// chat_administrators or chat_member.
type CommandScope struct {
	Type   string `json:"type"`
	ChatID int64  `json:"chat_id,omitempty"`
	UserID int64  `json:"user_id,omitempty"`
}

// SetMyCommandsParams list the bot's commands.
type SetMyCommandsParams struct {
	Commands     []BotCommand  `json:"commands"`
	Scope        *CommandScope `json:"scope,omitempty"`
	LanguageCode string        `json:"language_code,omitempty"` // two letters; empty for all others
}

// SetMyCommands lists the bot's commands for a scope and a language.
func (c *Client) SetMyCommands(ctx context.Context, p SetMyCommandsParams) error {
	return c.Call(ctx, "setMyCommands", p, nil)
}

// DeleteMyCommandsParams name the list to drop.
type DeleteMyCommandsParams struct {
	Scope        *CommandScope `json:"scope,omitempty"`
	LanguageCode string        `json:"language_code,omitempty"`
}

// DeleteMyCommands drops a list of commands.
func (c *Client) DeleteMyCommands(ctx context.Context, p DeleteMyCommandsParams) error {
	return c.Call(ctx, "deleteMyCommands", p, nil)
}

// SetWebhookParams send updates to a URL instead of polling.
type SetWebhookParams struct {
	URL                string    `json:"url"`
	Certificate        InputFile `json:"certificate,omitzero"`
	IPAddress          string    `json:"ip_address,omitempty"`
	MaxConnections     int       `json:"max_connections,omitempty"`
	AllowedUpdates     []string  `json:"allowed_updates,omitzero"`
	DropPendingUpdates bool      `json:"drop_pending_updates,omitempty"`
	SecretToken        string    `json:"secret_token,omitempty"`
}

func (p SetWebhookParams) withFiles(a *attachments) any {
	a.field("certificate", &p.Certificate)
	return p
}

// SetWebhook has updates sent to a URL.
func (c *Client) SetWebhook(ctx context.Context, p SetWebhookParams) error {
	return c.Call(ctx, "setWebhook", p, nil)
}

// DeleteWebhook goes back to polling; waiting updates are kept unless dropped.
func (c *Client) DeleteWebhook(ctx context.Context, dropPending bool) error {
	return c.Call(ctx, "deleteWebhook", struct {
		Drop bool `json:"drop_pending_updates,omitempty"`
	}{dropPending}, nil)
}

// WebhookInfo is the webhook's state; URL is empty while polling.
type WebhookInfo struct {
	URL                string   `json:"url"`
	PendingUpdateCount int      `json:"pending_update_count"`
	IPAddress          string   `json:"ip_address,omitempty"`
	LastErrorDate      int64    `json:"last_error_date,omitempty"`
	LastErrorMessage   string   `json:"last_error_message,omitempty"`
	MaxConnections     int      `json:"max_connections,omitempty"`
	AllowedUpdates     []string `json:"allowed_updates,omitempty"`
}

// GetWebhookInfo tells the webhook's state.
func (c *Client) GetWebhookInfo(ctx context.Context) (*WebhookInfo, error) {
	var w WebhookInfo
	if err := c.Call(ctx, "getWebhookInfo", nil, &w); err != nil {
		return nil, err
	}
	return &w, nil
}
