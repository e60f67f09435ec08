// Package core holds the model of the gateway and the ports that the outside
// plugs into: what a message is, what a network can do, what an operator does.
//
// It imports the standard library only and names no network. Everything else in
// the repository may import it; adapters talk to the rest of the gateway through
// nothing but the interfaces defined here.
package core
