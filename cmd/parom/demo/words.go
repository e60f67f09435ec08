package demo

import (
	"strings"

	"parom/core/lang"
)

// pageWords are the texts that the scripts use, by key without "demo.". The
// scripts put values in place of {Name}.
const pageWords = `
acts as_animation as_audio as_document as_photo as_seen_by as_video as_video_note as_voice
attach attach_contact attach_files attach_place back block blocked bots button_unsupported
cancel choose_topic choose_topic_hint close closed connected connecting delete disconnected
doing_record doing_typing doing_upload download edit edited editing empty_shop empty_support
files_to_send forwarded_from general_empty general_note kind_animation kind_audio kind_contact
kind_dice kind_document kind_location kind_photo kind_poll kind_sticker kind_venue kind_video
kind_video_note kind_voice line_forum_topic_closed line_forum_topic_created line_forum_topic_edited
line_forum_topic_reopened line_group_chat_created line_left_chat_member line_new_chat_members
line_new_chat_title line_pinned_message line_supergroup_chat_created members message_gone
message_of messages more no_connection no_topics no_topics_hint not_written open_picture
page_title pinned press_start react refused remove_file reply reply_to sample_contact save send send_as
sign_by start start_title start_with to_end today topic_close topic_delete topic_empty
topic_is_closed topic_rename topic_reopen try_shop_1 try_shop_2 try_support_1 try_support_2
unblock unread unread_count write write_topic you you_are`

// places are all arguments that texts of the page have.
var places = lang.Args{
	"Bot": "{Bot}", "Count": "{Count}", "Name": "{Name}", "People": "{People}", "Sign": "{Sign}", "Time": "{Time}",
	"Users": "{Users}", "Who": "{Who}", "Why": "{Why}",
}

func words(l *lang.Printer) map[string]string {
	out := map[string]string{}
	for _, key := range strings.Fields(pageWords) {
		out[key] = l.Text("demo."+key, places)
	}
	return out
}
