// Package telegramsim is a Telegram Bot API server over HTTP that keeps state
// and refuses like the real one: bots, people, private chats, forum groups,
// files, updates, limits, faults. Tests, the demo and benchmarks talk to it over
// the real wire. It imports the standard library and core.Clock only; cmd and
// the tests of adapters/telegram call it. docs/simulators.md says where each
// behaviour comes from.
package telegramsim
