package telegramsim

import "context"

// methods are the Bot API's, by lower-case name, called with the lock held.
// What is not here is answered as an old server would: 404.
var methods = map[string]handler{
	"getme": (*call).getMe, "logout": (*call).logOut, "close": (*call).closeBot,
	"getwebhookinfo": (*call).getWebhookInfo,

	"sendmessage": (*call).sendMessage, "sendphoto": sendFile(kPhoto), "sendaudio": sendFile(kAudio),
	"sendvoice": sendFile(kVoice), "sendvideo": sendFile(kVideo), "sendvideonote": sendFile(kNote),
	"sendanimation": sendFile(kAnimation), "sendsticker": sendFile(kSticker), "senddocument": sendFile(kDoc),
	"sendmediagroup": (*call).sendMediaGroup, "sendlocation": (*call).sendLocation, "sendvenue": (*call).sendVenue,
	"sendcontact": (*call).sendContact, "sendpoll": (*call).sendPoll, "senddice": (*call).sendDice,
	"sendchataction": (*call).sendChatAction, "copymessage": (*call).copyMessage, "copymessages": manyMessages("copy"),
	"forwardmessage": (*call).forwardMessage, "forwardmessages": manyMessages("forward"),

	"editmessagetext": (*call).editMessageText, "editmessagecaption": (*call).editMessageCaption,
	"editmessagemedia": (*call).editMessageMedia, "editmessagereplymarkup": (*call).editMessageReplyMarkup,
	"editmessagelivelocation": (*call).editLiveLocation, "stopmessagelivelocation": (*call).editLiveLocation,
	"stoppoll": (*call).stopPoll, "deletemessage": (*call).deleteMessage, "deletemessages": (*call).deleteMessages,
	"setmessagereaction": (*call).setMessageReaction, "answercallbackquery": (*call).answerCallbackQuery,

	"getforumtopiciconstickers": (*call).getForumTopicIconStickers, "createforumtopic": (*call).createForumTopic,
	"getcustomemojistickers": (*call).getCustomEmojiStickers,
	"editforumtopic":         (*call).editForumTopic, "closeforumtopic": toggleTopic(true), "reopenforumtopic": toggleTopic(false),
	"deleteforumtopic": (*call).deleteForumTopic, "editgeneralforumtopic": editGeneral, "closegeneralforumtopic": closeGeneral,
	"reopengeneralforumtopic": reopenGeneral, "hidegeneralforumtopic": hideGeneral, "unhidegeneralforumtopic": unhideGeneral,

	"pinchatmessage": (*call).pinChatMessage, "unpinchatmessage": (*call).unpinChatMessage,
	"unpinallchatmessages": unpinAll(func(*call, *chat, *message) bool { return true }),
	"unpinallforumtopicmessages": unpinAll(func(c *call, _ *chat, m *message) bool {
		return m.Topical && m.Thread == c.p.int("message_thread_id")
	}),
	"unpinallgeneralforumtopicmessages": unpinAll(func(_ *call, _ *chat, m *message) bool { return !m.Topical }),

	"getchat": (*call).getChat, "getchatmember": (*call).getChatMember, "getchatadministrators": (*call).getChatAdministrators,
	"getchatmembercount": (*call).getChatMemberCount, "leavechat": (*call).leaveChat, "banchatmember": (*call).banChatMember,
	"unbanchatmember": (*call).unbanChatMember, "restrictchatmember": (*call).restrictChatMember,
	"promotechatmember": (*call).promoteChatMember, "setchatadministratorcustomtitle": (*call).setCustomTitle,
	"setchattitle": (*call).setChatTitle, "setchatdescription": (*call).setChatDescription,
	"setchatpermissions": (*call).setChatPermissions, "getuserprofilephotos": (*call).getUserProfilePhotos,

	"getfile": (*call).getFile,

	"setmycommands": (*call).setMyCommands, "getmycommands": (*call).getMyCommands, "deletemycommands": (*call).deleteMyCommands,
	"setmyname": setMy("name", 64), "getmyname": getMy("name"),
	"setmydescription": setMy("description", 512), "getmydescription": getMy("description"),
	"setmyshortdescription": setMy("short_description", 120), "getmyshortdescription": getMy("short_description"),
	"setchatmenubutton": (*call).setChatMenuButton, "getchatmenubutton": (*call).getChatMenuButton,
	"setmydefaultadministratorrights": (*call).setDefaultRights, "getmydefaultadministratorrights": (*call).getDefaultRights,
}

// unlocked finds the handlers that wait and so take the lock themselves.
func unlocked(method string) waiter {
	switch method {
	case "getupdates":
		return func(ctx context.Context, c *call) (any, error) { return c.getUpdates(ctx) }
	case "setwebhook":
		return func(_ context.Context, c *call) (any, error) { return c.setWebhook() }
	case "deletewebhook":
		return func(_ context.Context, c *call) (any, error) { return c.deleteWebhook() }
	}
	return nil
}
