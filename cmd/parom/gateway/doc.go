// Package gateway puts the parts of the gateway together and runs them: store,
// spool, router, desk, outbox, console, channels, web. It alone knows all of
// them; main, the demo and the end-to-end tests call it.
//
// Started last, stopped first: channels and console take nothing more, then the
// outbox drains, then the web side, then the store closes.
package gateway
