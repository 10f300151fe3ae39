package track

// An account is what is counted together: everything, a device, or a tag of a device.
// Its numbers are spread over the shards, in cells; here is what only all of them
// know.
type account struct {
	device, tag          string
	peakBytes, peakCount int64
}

// totalAccount is the account of everything.
const totalAccount = 0

// A cell is one shard's part of an account.
//
// Peaks are exact although no shard knows the sum: each has a limit that its part may
// grow to, and the limits sum up to the peak. Only a part that outgrows its limit
// looks at the others, in makeRoom, and takes over what they leave or raises the peak.
type cell struct {
	bytes, bytesLimit int64 // live
	count, countLimit int64
	allocs            int64 // ever
	allocated         int64 // bytes ever
	failed            int64
	_                 int64 // fills a cache line, which other shards' cells stay out of
}

func (c *cell) fits(n int64) bool {
	return c.bytes+n <= c.bytesLimit && c.count < c.countLimit
}

func (c *cell) begin(n int64) {
	c.bytes += n
	c.count++
	c.allocs++
	c.allocated += n
}

func (c *cell) end(n int64) {
	c.bytes -= n
	c.count--
}

// newAccount adds an account. It wants t.mu.
func (t *Tracker) newAccount() uint32 {
	t.accounts = append(t.accounts, account{})
	for _, s := range t.shards {
		s.mu.Lock()
		s.cells = append(s.cells, cell{})
		s.mu.Unlock()
	}
	return uint32(len(t.accounts) - 1)
}

// makeRoom gives s, which is locked before and after, limits that have room for one
// more allocation of n bytes for v.
func (t *Tracker) makeRoom(s *shard, v *view, n int64) {
	s.mu.Unlock()
	t.lockAll()
	for _, a := range [...]uint32{totalAccount, v.account, v.row} {
		var bytes, count int64
		for _, other := range t.shards {
			bytes += other.cells[a].bytes
			count += other.cells[a].count
		}
		peak := &t.accounts[a]
		peak.peakBytes = max(peak.peakBytes, bytes+n)
		peak.peakCount = max(peak.peakCount, count+1)
		spareBytes, spareCount := peak.peakBytes-bytes-n, peak.peakCount-count-1
		// Half of what is spare stays here, the rest is for all alike.
		shareBytes := spareBytes / 2 / int64(len(t.shards))
		shareCount := spareCount / 2 / int64(len(t.shards))
		for _, other := range t.shards {
			c := &other.cells[a]
			c.bytesLimit, c.countLimit = c.bytes+shareBytes, c.count+shareCount
			spareBytes -= shareBytes
			spareCount -= shareCount
		}
		c := &s.cells[a]
		c.bytesLimit += n + spareBytes
		c.countLimit += 1 + spareCount
	}
	for _, other := range t.shards {
		if other != s {
			other.mu.Unlock()
		}
	}
	t.mu.Unlock()
}

// sum adds up an account. It wants all locks.
func (t *Tracker) sum(a uint32) Account {
	sum := Account{PeakBytes: t.accounts[a].peakBytes, PeakCount: t.accounts[a].peakCount}
	for _, s := range t.shards {
		c := &s.cells[a]
		sum.LiveBytes += c.bytes
		sum.LiveCount += c.count
		sum.Allocs += c.allocs
		sum.AllocatedBytes += c.allocated
		sum.Failed += c.failed
	}
	return sum
}
