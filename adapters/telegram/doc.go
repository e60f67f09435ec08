// Package telegram connects customers who write to a Telegram bot in private
// chats, and holds what the operators' console shares with them: the poller
// (Bot), conversion both ways, classification of refusals, limits.
//
// It imports core, botapi and adapters/internal/httpx. cmd builds it;
// adapters/telegram/console uses its exported conversions and Bot.
//
// A Bot is polled in one goroutine, that of Bot.Run; it owns the cursor. The
// Adapter starts no goroutine that outlives the call that made it.
package telegram
