// Package outbox carries what was decided to where it belongs: ordered lanes
// of durable jobs, budgets of what networks allow, retries, and what to do
// when a network fails. It also holds the carrier of address lanes (messages to
// customers); the desk brings the carriers of the other families.
//
// Only the head of each lane is kept in memory. A step is: reserve budgets →
// commit the plan (cuts, the attempting mark) → call → commit the result,
// together with the plan of the lane's next job when nothing else waits.
//
// Goroutines, all owned by Run: the dispatcher, the reader of heads, one per
// step in flight, one that tells of slow jobs.
//
// May import: core, core/fit, core/lang, core/spool, core/store and the
// standard library. Called by router, desk (through the store: they enqueue)
// and cmd, which wires DB.OnWake to Wake.
package outbox
