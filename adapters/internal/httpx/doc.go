// Package httpx is the HTTP that adapters share: a client whose connections are
// guarded against server-side request forgery and whose errors carry no secret,
// bounds and type checks for answers, and the way from a status or a broken
// connection to a core.SendError.
//
// It imports core and the standard library. Only adapters call it; wire packages
// take its Client as a plain Do method.
package httpx
