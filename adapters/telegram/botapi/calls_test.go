package botapi

import (
	"context"
	"io"
	"reflect"
	"strings"
)

// calls makes every method with every parameter once.
var calls = map[string]func(context.Context, *Client) error{
	"getMe": func(ctx context.Context, c *Client) error { return second(c.GetMe(ctx)) },
	"getUpdates": func(ctx context.Context, c *Client) error {
		return second(c.GetUpdates(ctx, GetUpdatesParams{Offset: 5, Limit: 10, TimeoutSeconds: 1, AllowedUpdates: []string{"message"}}))
	},
	"sendMessage": func(ctx context.Context, c *Client) error {
		return second(c.SendMessage(ctx, fill(SendMessageParams{ReplyMarkup: fill(&InlineKeyboard{Rows: [][]InlineButton{{{Text: "a", CallbackData: "b"}, {Text: "u", URL: "https://h"}, {Text: "c", CopyText: &CopyText{"x"}}}}})})))
	},
	"sendPhoto": func(ctx context.Context, c *Client) error { return second(c.SendPhoto(ctx, fill(SendPhotoParams{}))) },
	"sendAudio": func(ctx context.Context, c *Client) error { return second(c.SendAudio(ctx, fill(SendAudioParams{}))) },
	"sendVoice": func(ctx context.Context, c *Client) error { return second(c.SendVoice(ctx, fill(SendVoiceParams{}))) },
	"sendVideo": func(ctx context.Context, c *Client) error { return second(c.SendVideo(ctx, fill(SendVideoParams{}))) },
	"sendVideoNote": func(ctx context.Context, c *Client) error {
		return second(c.SendVideoNote(ctx, fill(SendVideoNoteParams{})))
	},
	"sendAnimation": func(ctx context.Context, c *Client) error {
		return second(c.SendAnimation(ctx, fill(SendAnimationParams{})))
	},
	"sendSticker": func(ctx context.Context, c *Client) error {
		return second(c.SendSticker(ctx, fill(SendStickerParams{})))
	},
	"sendDocument": func(ctx context.Context, c *Client) error {
		return second(c.SendDocument(ctx, fill(SendDocumentParams{ReplyMarkup: &ForceReply{true, "p", true}})))
	},
	"sendMediaGroup": func(ctx context.Context, c *Client) error {
		return second(c.SendMediaGroup(ctx, SendMediaGroupParams{Target: fill(Target{}), Media: []InputMedia{
			{Type: "photo", Media: anUpload(), Caption: fill(Caption{}), HasSpoiler: true, ShowCaptionAboveMedia: true},
			{Type: "video", Media: anUpload(), Thumbnail: anUpload(), Width: 1, Height: 1, DurationSeconds: 1, SupportsStreaming: true},
		}}))
	},
	"sendLocation": func(ctx context.Context, c *Client) error {
		return second(c.SendLocation(ctx, fill(SendLocationParams{})))
	},
	"sendVenue": func(ctx context.Context, c *Client) error { return second(c.SendVenue(ctx, fill(SendVenueParams{}))) },
	"sendContact": func(ctx context.Context, c *Client) error {
		return second(c.SendContact(ctx, fill(SendContactParams{ReplyMarkup: &KeyboardRemove{true, true}})))
	},
	"sendPoll": func(ctx context.Context, c *Client) error {
		return second(c.SendPoll(ctx, fill(SendPollParams{
			Options:     []InputPollOption{{Text: "a"}, {Text: "b"}},
			ReplyMarkup: fill(&ReplyKeyboard{Rows: [][]KeyboardButton{{{Text: "a", RequestContact: true, RequestLocation: true}}}}),
		})))
	},
	"sendDice": func(ctx context.Context, c *Client) error { return second(c.SendDice(ctx, fill(SendDiceParams{}))) },
	"forwardMessage": func(ctx context.Context, c *Client) error {
		return second(c.ForwardMessage(ctx, fill(ForwardMessageParams{})))
	},
	"copyMessage": func(ctx context.Context, c *Client) error {
		return second(c.CopyMessage(ctx, fill(CopyMessageParams{})))
	},
	"copyMessages": func(ctx context.Context, c *Client) error {
		return second(c.CopyMessages(ctx, fill(CopyMessagesParams{})))
	},
	"sendChatAction": func(ctx context.Context, c *Client) error { return c.SendChatAction(ctx, fill(SendChatActionParams{})) },
	"editMessageText": func(ctx context.Context, c *Client) error {
		return second(c.EditMessageText(ctx, fill(EditMessageTextParams{})))
	},
	"editMessageCaption": func(ctx context.Context, c *Client) error {
		return second(c.EditMessageCaption(ctx, fill(EditMessageCaptionParams{})))
	},
	"editMessageMedia": func(ctx context.Context, c *Client) error {
		return second(c.EditMessageMedia(ctx, EditMessageMediaParams{Place: fill(Place{}), Media: InputMedia{Type: "animation", Media: anUpload()}, ReplyMarkup: &InlineKeyboard{Rows: [][]InlineButton{}}}))
	},
	"editMessageReplyMarkup": func(ctx context.Context, c *Client) error {
		return second(c.EditMessageReplyMarkup(ctx, fill(EditMessageReplyMarkupParams{})))
	},
	"deleteMessage":          func(ctx context.Context, c *Client) error { return c.DeleteMessage(ctx, 1, 2) },
	"deleteMessages":         func(ctx context.Context, c *Client) error { return c.DeleteMessages(ctx, 1, []int{2}) },
	"deleteBusinessMessages": func(ctx context.Context, c *Client) error { return c.DeleteBusinessMessages(ctx, "b", []int{2}) },
	"readBusinessMessage":    func(ctx context.Context, c *Client) error { return c.ReadBusinessMessage(ctx, "b", 1, 2) },
	"setMessageReaction": func(ctx context.Context, c *Client) error {
		return c.SetMessageReaction(ctx, SetMessageReactionParams{ChatID: 1, MessageID: 2, Reaction: []ReactionType{EmojiReaction("👍")}, IsBig: true})
	},
	"answerCallbackQuery": func(ctx context.Context, c *Client) error {
		return c.AnswerCallbackQuery(ctx, fill(AnswerCallbackQueryParams{}))
	},
	"pinChatMessage":        func(ctx context.Context, c *Client) error { return c.PinChatMessage(ctx, fill(PinChatMessageParams{})) },
	"unpinChatMessage":      func(ctx context.Context, c *Client) error { return c.UnpinChatMessage(ctx, 1, 2) },
	"getFile":               func(ctx context.Context, c *Client) error { return second(c.GetFile(ctx, "F")) },
	"getChat":               func(ctx context.Context, c *Client) error { return second(c.GetChat(ctx, 1)) },
	"getChatMember":         func(ctx context.Context, c *Client) error { return second(c.GetChatMember(ctx, 1, 2)) },
	"getChatAdministrators": func(ctx context.Context, c *Client) error { return second(c.GetChatAdministrators(ctx, 1)) },
	"getChatMemberCount":    func(ctx context.Context, c *Client) error { return second(c.GetChatMemberCount(ctx, 1)) },
	"leaveChat":             func(ctx context.Context, c *Client) error { return c.LeaveChat(ctx, 1) },
	"getBusinessConnection": func(ctx context.Context, c *Client) error { return second(c.GetBusinessConnection(ctx, "b")) },
	"createForumTopic": func(ctx context.Context, c *Client) error {
		return second(c.CreateForumTopic(ctx, fill(CreateForumTopicParams{})))
	},
	"editForumTopic":            func(ctx context.Context, c *Client) error { return c.EditForumTopic(ctx, fill(EditForumTopicParams{})) },
	"closeForumTopic":           func(ctx context.Context, c *Client) error { return c.CloseForumTopic(ctx, 1, 2) },
	"reopenForumTopic":          func(ctx context.Context, c *Client) error { return c.ReopenForumTopic(ctx, 1, 2) },
	"deleteForumTopic":          func(ctx context.Context, c *Client) error { return c.DeleteForumTopic(ctx, 1, 2) },
	"getForumTopicIconStickers": func(ctx context.Context, c *Client) error { return second(c.GetForumTopicIconStickers(ctx)) },
	"setMyCommands": func(ctx context.Context, c *Client) error {
		return c.SetMyCommands(ctx, SetMyCommandsParams{Commands: []BotCommand{{"a", "b"}}, Scope: &CommandScope{Type: "chat", ChatID: 1}, LanguageCode: "ru"})
	},
	"deleteMyCommands": func(ctx context.Context, c *Client) error {
		return c.DeleteMyCommands(ctx, DeleteMyCommandsParams{Scope: &CommandScope{Type: "default"}, LanguageCode: "ru"})
	},
	"setWebhook":     func(ctx context.Context, c *Client) error { return c.SetWebhook(ctx, fill(SetWebhookParams{})) },
	"deleteWebhook":  func(ctx context.Context, c *Client) error { return c.DeleteWebhook(ctx, true) },
	"getWebhookInfo": func(ctx context.Context, c *Client) error { return second(c.GetWebhookInfo(ctx)) },
}

func second[T any](_ T, err error) error { return err }

func anUpload() InputFile {
	return InputFile{Upload: &Upload{Name: "f", SizeBytes: 1, Open: func() (io.ReadCloser, error) {
		return io.NopCloser(strings.NewReader("x")), nil
	}}}
}

// fill sets every zero field of p to something, so that every name is sent.
func fill[T any](p T) T {
	fillValue(reflect.ValueOf(&p).Elem())
	return p
}

func fillValue(v reflect.Value) {
	switch {
	case v.Type() == reflect.TypeFor[InputFile]():
		v.Set(reflect.ValueOf(anUpload()))
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			if v.Field(i).CanSet() {
				fillValue(v.Field(i))
			}
		}
	case v.Kind() == reflect.Pointer && v.Type().Elem() != reflect.TypeFor[User]():
		if v.IsNil() {
			v.Set(reflect.New(v.Type().Elem()))
		}
		fillValue(v.Elem())
	case v.Kind() == reflect.Slice:
		if v.IsNil() {
			v.Set(reflect.MakeSlice(v.Type(), 1, 1))
			fillValue(v.Index(0))
		}
	case !v.IsZero():
	case v.Kind() == reflect.String:
		v.SetString("x")
	case v.CanInt():
		v.SetInt(7)
	case v.CanFloat():
		v.SetFloat(1.5)
	case v.Kind() == reflect.Bool:
		v.SetBool(true)
	}
}
