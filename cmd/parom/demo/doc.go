// Package demo is `parom demo`: a simulated Telegram, the gateway on it, and a
// page on localhost with customers on the left and the staff group on the right.
//
// It imports adapters/telegram/telegramsim, core/lang and the standard library;
// cmd/parom calls Run and hands in how to start the gateway. The page is plain
// HTML, CSS and JavaScript from the folder page, served as it stands. It acts
// through the simulator's HTTP control API only, by way of a proxy that lets
// pass what a person with the app could do and nothing that shows a token.
package demo
