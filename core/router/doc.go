// Package router holds the rules that are the same for every network: how what
// comes in finds its contact, topic and dialog; where an answer goes; what a
// channel's limits and windows allow; when the bot is quiet. It implements
// core.Inbox and knows no network by name. It imports core and everything below
// it in the order of layers; desk, bot and cmd call it.
package router
