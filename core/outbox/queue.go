package outbox

// queue is a heap whose members know their place in it, so that any of them
// can be taken out. The zero value needs less and place set.
type queue[T any] struct {
	items []T
	less  func(a, b T) bool
	place func(x T, at int) // -1: no longer in it
}

func (q *queue[T]) len() int { return len(q.items) }
func (q *queue[T]) peek() T  { return q.items[0] }
func (q *queue[T]) pop() T   { return q.remove(0) }

func (q *queue[T]) push(x T) {
	q.items = append(q.items, x)
	q.place(x, len(q.items)-1)
	q.up(len(q.items) - 1)
}

func (q *queue[T]) remove(i int) T {
	x, last := q.items[i], len(q.items)-1
	if i != last {
		q.swap(i, last)
	}
	var none T
	q.items[last] = none
	q.items = q.items[:last]
	if i != last {
		q.up(i)
		q.down(i)
	}
	q.place(x, -1)
	if cap(q.items) > 1024 && len(q.items) < cap(q.items)/4 {
		q.items = append(make([]T, 0, len(q.items)*2), q.items...) // give memory of a backlog back
	}
	return x
}

func (q *queue[T]) swap(i, j int) {
	q.items[i], q.items[j] = q.items[j], q.items[i]
	q.place(q.items[i], i)
	q.place(q.items[j], j)
}

func (q *queue[T]) up(i int) {
	for i > 0 {
		p := (i - 1) / 2
		if !q.less(q.items[i], q.items[p]) {
			return
		}
		q.swap(i, p)
		i = p
	}
}

func (q *queue[T]) down(i int) {
	for {
		c := 2*i + 1
		if c >= len(q.items) {
			return
		}
		if r := c + 1; r < len(q.items) && q.less(q.items[r], q.items[c]) {
			c = r
		}
		if !q.less(q.items[c], q.items[i]) {
			return
		}
		q.swap(i, c)
		i = c
	}
}
