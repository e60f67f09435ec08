package botapi

import "context"

type chatOnly struct {
	ChatID int64 `json:"chat_id"`
}

// GetMe tells who the bot is; it proves the token.
func (c *Client) GetMe(ctx context.Context) (*User, error) {
	var u User
	if err := c.Call(ctx, "getMe", nil, &u); err != nil {
		return nil, err
	}
	return &u, nil
}

// GetChat tells all about a chat.
func (c *Client) GetChat(ctx context.Context, chatID int64) (*Chat, error) {
	var chat Chat
	if err := c.Call(ctx, "getChat", chatOnly{chatID}, &chat); err != nil {
		return nil, err
	}
	return &chat, nil
}

// GetChatMember tells a user's standing in a chat.
func (c *Client) GetChatMember(ctx context.Context, chatID, userID int64) (*ChatMember, error) {
	var m ChatMember
	err := c.Call(ctx, "getChatMember", struct {
		ChatID int64 `json:"chat_id"`
		UserID int64 `json:"user_id"`
	}{chatID, userID}, &m)
	if err != nil {
		return nil, err
	}
	return &m, nil
}

// GetChatAdministrators lists the chat's admins, without other bots.
func (c *Client) GetChatAdministrators(ctx context.Context, chatID int64) ([]ChatMember, error) {
	var out []ChatMember
	err := c.Call(ctx, "getChatAdministrators", chatOnly{chatID}, &out)
	return out, err
}

// GetChatMemberCount counts the chat's members.
func (c *Client) GetChatMemberCount(ctx context.Context, chatID int64) (int, error) {
	var n int
	err := c.Call(ctx, "getChatMemberCount", chatOnly{chatID}, &n)
	return n, err
}

// LeaveChat leaves a group or channel.
func (c *Client) LeaveChat(ctx context.Context, chatID int64) error {
	return c.Call(ctx, "leaveChat", chatOnly{chatID}, nil)
}

// GetBusinessConnection looks up a connection.
func (c *Client) GetBusinessConnection(ctx context.Context, id string) (*BusinessConnection, error) {
	var b BusinessConnection
	err := c.Call(ctx, "getBusinessConnection", struct {
		ID string `json:"business_connection_id"`
	}{id}, &b)
	if err != nil {
		return nil, err
	}
	return &b, nil
}

// CreateForumTopicParams make a topic.
type CreateForumTopicParams struct {
	ChatID int64  `json:"chat_id"`
	Name   string `json:"name"` // 1–128 characters
	// IconColor is one of the six colours in the Bot API documentation; zero lets the server choose.
	IconColor         int    `json:"icon_color,omitempty"`
	IconCustomEmojiID string `json:"icon_custom_emoji_id,omitempty"` // of GetForumTopicIconStickers
}

// CreateForumTopic makes a topic in a forum.
func (c *Client) CreateForumTopic(ctx context.Context, p CreateForumTopicParams) (*ForumTopic, error) {
	var t ForumTopic
	if err := c.Call(ctx, "createForumTopic", p, &t); err != nil {
		return nil, err
	}
	return &t, nil
}

// topic names an existing topic; unlike ThreadID in a send it is never left out.
type topic struct {
	ChatID   int64 `json:"chat_id"`
	ThreadID int   `json:"message_thread_id"`
}

// EditForumTopicParams rename a topic or change its icon; nil keeps, an empty icon removes.
type EditForumTopicParams struct {
	ChatID            int64   `json:"chat_id"`
	ThreadID          int     `json:"message_thread_id"`
	Name              *string `json:"name,omitempty"`
	IconCustomEmojiID *string `json:"icon_custom_emoji_id,omitempty"`
}

// EditForumTopic changes a topic's name or icon.
func (c *Client) EditForumTopic(ctx context.Context, p EditForumTopicParams) error {
	return c.Call(ctx, "editForumTopic", p, nil)
}

// CloseForumTopic closes a topic.
func (c *Client) CloseForumTopic(ctx context.Context, chatID int64, threadID int) error {
	return c.Call(ctx, "closeForumTopic", topic{chatID, threadID}, nil)
}

// ReopenForumTopic opens a closed topic.
func (c *Client) ReopenForumTopic(ctx context.Context, chatID int64, threadID int) error {
	return c.Call(ctx, "reopenForumTopic", topic{chatID, threadID}, nil)
}

// DeleteForumTopic removes a topic with all its messages.
func (c *Client) DeleteForumTopic(ctx context.Context, chatID int64, threadID int) error {
	return c.Call(ctx, "deleteForumTopic", topic{chatID, threadID}, nil)
}

// GetForumTopicIconStickers lists the icons a topic may have.
func (c *Client) GetForumTopicIconStickers(ctx context.Context) ([]Sticker, error) {
	var out []Sticker
	err := c.Call(ctx, "getForumTopicIconStickers", nil, &out)
	return out, err
}
