package store

import "parom/core"

// HeadsAfter lists the first jobs of up to n lanes whose names come after a
// lane's, in order of names, so that all of them can be read in pages.
func (t *Tx) HeadsAfter(after Lane, n int) ([]Head, error) {
	return t.heads(`WHERE id IN (SELECT min(id) FROM jobs WHERE state < 2 AND lane > $1 GROUP BY lane ORDER BY lane LIMIT $2)
		ORDER BY lane`, string(after), n)
}

// AddressChannel is the number of the channel an address is on.
func (t *Tx) AddressChannel(a core.AddressID) (channelNo int64, err error) {
	err = t.QueryRow(`SELECT channel_id FROM addresses WHERE id = $1`, int64(a)).Scan(&channelNo)
	return channelNo, one("channel of address", err)
}
