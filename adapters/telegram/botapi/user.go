package botapi

import tg "github.com/go-telegram-bot-api/telegram-bot-api/v5"

// GroupAnonymousBotID is the from of a message by an anonymous admin; sender_chat
// is then the group. LinkedChannelID is the from of a linked channel's posts.
// Both are stated in the Bot API documentation of User and Message.
const (
	GroupAnonymousBotID int64 = 1087968824
	LinkedChannelID     int64 = 777000
)

// User is a person or a bot.
type User struct {
	tg.User
	IsPremium            bool `json:"is_premium,omitempty"`
	CanConnectToBusiness bool `json:"can_connect_to_business,omitempty"`
	HasTopicsEnabled     bool `json:"has_topics_enabled,omitempty"`
}

// Chat is what messages carry, and what getChat answers with (the fuller fields).
type Chat struct {
	tg.Chat
	PinnedMessage      *Message        `json:"pinned_message,omitempty"`
	Permissions        map[string]bool `json:"permissions,omitempty"`
	IsForum            bool            `json:"is_forum,omitempty"`
	IsDirectMessages   bool            `json:"is_direct_messages,omitempty"`
	ActiveUsernames    []string        `json:"active_usernames,omitempty"`
	AvailableReactions *[]ReactionType `json:"available_reactions,omitempty"` // nil: all emoji allowed
	MaxReactionCount   int             `json:"max_reaction_count,omitempty"`
	VoiceRestricted    bool            `json:"has_restricted_voice_and_video_messages,omitempty"`
	HasVisibleHistory  bool            `json:"has_visible_history,omitempty"`
}

// Statuses of a ChatMember.
const (
	StatusCreator       = "creator"
	StatusAdministrator = "administrator"
	StatusMember        = "member"
	StatusRestricted    = "restricted"
	StatusLeft          = "left"
	StatusKicked        = "kicked"
)

// ChatMember is any of the API's six member kinds, told apart by Status. A creator
// has every right although no Can field says so.
type ChatMember struct {
	tg.ChatMember
	User                User `json:"user"`
	CanManageVideoChats bool `json:"can_manage_video_chats,omitempty"`
	CanManageTopics     bool `json:"can_manage_topics,omitempty"`
	CanSendPhotos       bool `json:"can_send_photos,omitempty"`
	CanSendDocuments    bool `json:"can_send_documents,omitempty"`
	CanReactToMessages  bool `json:"can_react_to_messages,omitempty"`
}

// Present reports whether the member is in the chat.
func (m ChatMember) Present() bool {
	switch m.Status {
	case StatusCreator, StatusAdministrator, StatusMember:
		return true
	case StatusRestricted:
		return m.IsMember
	}
	return false
}

// Admin reports whether the member is the creator or an administrator.
func (m ChatMember) Admin() bool {
	return m.Status == StatusCreator || m.Status == StatusAdministrator
}

// ChatMemberUpdated tells of a change of somebody's membership.
type ChatMemberUpdated struct {
	Chat                Chat       `json:"chat"`
	From                User       `json:"from"`
	Date                int        `json:"date"`
	OldChatMember       ChatMember `json:"old_chat_member"`
	NewChatMember       ChatMember `json:"new_chat_member"`
	ViaJoinRequest      bool       `json:"via_join_request,omitempty"`
	ViaFolderInviteLink bool       `json:"via_chat_folder_invite_link,omitempty"`
}

// BusinessConnection is a bot's link to a business account.
type BusinessConnection struct {
	ID         string          `json:"id"`
	User       User            `json:"user"`
	UserChatID int64           `json:"user_chat_id"`
	Date       int             `json:"date"`
	Rights     *BusinessRights `json:"rights,omitempty"`
	IsEnabled  bool            `json:"is_enabled"`
}

// BusinessRights is what the bot may do for the account.
type BusinessRights struct {
	CanReply              bool `json:"can_reply,omitempty"`
	CanReadMessages       bool `json:"can_read_messages,omitempty"`
	CanDeleteSentMessages bool `json:"can_delete_sent_messages,omitempty"`
	CanDeleteAllMessages  bool `json:"can_delete_all_messages,omitempty"`
}

// BusinessMessagesDeleted names messages removed in a business chat.
type BusinessMessagesDeleted struct {
	BusinessConnectionID string `json:"business_connection_id"`
	Chat                 Chat   `json:"chat"`
	MessageIDs           []int  `json:"message_ids"`
}
