// Package desk is what operators can do, as use cases, and what they are shown:
// answers, notes, commands, cards, lines, notices. It implements core.Desk, and
// carries the lanes to topics through core.Console. It knows no network and no
// console by name. It imports core and everything below it; cmd wires it.
package desk
