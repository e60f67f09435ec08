// Package console is the operators' Telegram forum group as core.Console: topics,
// posts, buttons and signs one way, what operators do the other.
//
// A room is a chat id, a topic's thread its message_thread_id ("" is General),
// a post's number its message_id. The package imports core and adapters/telegram;
// cmd makes a Console, core/desk uses it and takes what it delivers.
package console
