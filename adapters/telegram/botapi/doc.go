// Package botapi is the wire of the Telegram Bot API and nothing more: requests,
// answers, updates and refusals, as the server words them.
//
// It stands on telegram-bot-api v5 and extends it without a fork. The library
// builds the request, decodes the answer's envelope and lends its Bot API 5 types,
// which are shadowed here by embedding where the API has grown since. Each call
// gets its own copy of the library's BotAPI with a doer that carries the context,
// bounds the answer and notices how far the request got.
//
// It imports nothing of this repository. The telegram adapter and the operator
// console call it; they classify its errors and convert its types. It logs
// nothing, keeps no goroutine and retries nothing. A bot token never reaches an
// error or a printed value.
package botapi
