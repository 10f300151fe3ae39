package calibrate

import "math"

// A Clip is where to cut off the activations of each row before they are rounded.
type Clip struct {
	Share float64 // of the row's largest magnitude; 1 changes nothing
	Gain  float64 // 1 - error with the share / error without; 0 when there is none
}

// How much is cut off, 1 - share, is tried from 2^-12 to 3/4, clipSteps to a doubling: the
// best is near 0 for rows that are not wide, where even steps of the share are too coarse.
const (
	clipSteps = 16
	leastCut  = 1.0 / 4096
	mostCut   = 0.75
)

// clipShares calls yield with the shares that are tried, from the largest to the least.
func clipShares(yield func(share float64) bool) {
	for k := 0; ; k++ {
		cut := leastCut * math.Exp2(float64(k)/clipSteps)
		if cut > mostCut || !yield(1-cut) {
			return
		}
	}
}

// Clip returns the share with the least [Shares.Error] of those that are tried, which are
// a quarter at least; of those with the same the largest.
func (h *Shares) Clip() Clip {
	whole := h.Error(1)
	best, least := Clip{Share: 1}, whole
	for share := range clipShares {
		if e := h.Error(share); e < least {
			best, least = Clip{Share: share, Gain: 1 - e/whole}, e
		}
	}
	return best
}

// Apply cuts off the values of each row of rows (T, width), in place, at Share of the
// row's largest magnitude. Rows that are not finite stay as they are, and a Share of 1
// changes nothing. It panics if rows are not whole.
func (c Clip) Apply(rows []float32, width int) {
	if width < 1 || len(rows)%width != 0 {
		panic("calibrate: Clip.Apply shape")
	}
	if c.Share == 1 {
		return
	}
	for ; len(rows) > 0; rows = rows[width:] {
		var largest float32
		finite := true
		for _, v := range rows[:width] {
			finite = finite && v-v == 0
			largest = max(largest, abs(v))
		}
		if !finite {
			continue
		}
		limit := float32(float64(largest) * c.Share)
		for i, v := range rows[:width] {
			rows[i] = min(max(v, -limit), limit)
		}
	}
}
