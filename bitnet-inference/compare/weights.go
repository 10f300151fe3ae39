package compare

import (
	"bytes"
	"math"

	"github.com/bitnet-go/bitnet/bitnet-core/convert"
)

// scales compares the scales of two ternary matrices of one shape.
func scales(a, b *matrix) *Scales {
	out := &Scales{A: a.scale(0), B: b.scale(0)}
	rows := a.ternary.Rows
	if len(a.ternary.Scale) == 1 && len(b.ternary.Scale) == 1 {
		rows = 1
	}
	for r := range rows {
		x, y := a.scale(r), b.scale(0)
		if rows > 1 {
			y = b.scale(b.turn.Row(r, b.headDim))
		}
		if x == y {
			continue
		}
		if rows == 1 {
			out.Differ = a.ternary.Rows
		} else {
			out.Differ++
		}
		p, q := float64(x), float64(y)
		if d := math.Abs(p-q) / max(math.Abs(p), math.Abs(q)); d > out.Most {
			out.A, out.B, out.Most = x, y, d
		}
	}
	return out
}

// codes counts the codes that differ.
func (w *workers) codes(out *Codes, a, b *matrix) error {
	rows, cols := a.dims()
	type part struct {
		differ int64
		first  int // of the chunk's weights
		row    int // of the chunk's first
	}
	parts := make([]part, chunkCount(rows, cols))
	err := w.chunks(rows, cols, func(i, lo, hi int, s *scratch) {
		n := (hi - lo) * cols
		x, y := grow(&s.ca, n), grow(&s.cb, n)
		a.codes(x, lo, hi)
		b.codes(y, lo, hi)
		p := part{row: lo}
		for at := 0; at < n; at += cols {
			// Most rows of most models are the same.
			if bytes.Equal(convert.Bytes(x[at:at+cols]), convert.Bytes(y[at:at+cols])) {
				continue
			}
			for j := at; j < at+cols; j++ {
				if x[j] != y[j] {
					if p.differ == 0 {
						p.first = j
					}
					p.differ++
				}
			}
		}
		parts[i] = p
		w.advance(int64(n))
	})
	for _, p := range parts {
		if p.differ > 0 && out.First == nil {
			out.First = place(p.row, p.first, cols)
		}
		out.Differ += p.differ
	}
	out.Share = float64(out.Differ) / float64(out.Total)
	return err
}

func place(row, at, cols int) *[2]int { return &[2]int{row + at/cols, at % cols} }

// A sum is of the values of one chunk.
type sum struct {
	differ, notFinite int64
	most, total       float64 // of |a-b|
	sqA, sqB, sqD     float64
	first, row        int
	signs             int64 // codes that differ, by the signs
	firstSign         int
	leastA, mostA     float32 // magnitudes that are not 0
	leastB, mostB     float32
}

// values compares floats, and ternary weights as what they stand for. If one matrix is
// ternary and the other holds one magnitude, it returns the codes, too.
func (w *workers) values(out *Values, a, b *matrix) (*Codes, error) {
	rows, cols := a.dims()
	parts := make([]sum, chunkCount(rows, cols))
	err := w.chunks(rows, cols, func(i, lo, hi int, s *scratch) {
		n := (hi - lo) * cols
		x, y := grow(&s.a, n), grow(&s.b, n)
		a.values(x, grow(&s.ca, n), lo, hi)
		b.values(y, grow(&s.cb, n), lo, hi)
		parts[i] = add(x, y)
		parts[i].row = lo
		w.advance(int64(n))
	})
	if err != nil {
		return nil, err
	}
	var all sum
	codes := &Codes{Total: out.Total}
	all.leastA, all.leastB = math.MaxFloat32, math.MaxFloat32
	for i := range parts {
		p := &parts[i]
		if p.differ > 0 && out.First == nil {
			out.First = place(p.row, p.first, cols)
		}
		if p.signs > 0 && codes.First == nil {
			codes.First = place(p.row, p.firstSign, cols)
		}
		out.Differ += p.differ
		out.NotFinite += p.notFinite
		out.Max = max(out.Max, p.most)
		codes.Differ += p.signs
		all.total += p.total
		all.sqA, all.sqB, all.sqD = all.sqA+p.sqA, all.sqB+p.sqB, all.sqD+p.sqD
		all.leastA, all.leastB = min(all.leastA, p.leastA), min(all.leastB, p.leastB)
		all.mostA, all.mostB = max(all.mostA, p.mostA), max(all.mostB, p.mostB)
	}
	out.Mean = all.total / float64(out.Total)
	if all.sqD > 0 {
		out.Relative = math.Sqrt(all.sqD / max(all.sqA, all.sqB))
	}
	least, most := all.leastB, all.mostB
	if a.dense != nil {
		least, most = all.leastA, all.mostA
	}
	if a.dense != nil && b.dense != nil || least < most || out.NotFinite > 0 {
		return nil, nil
	}
	codes.Share = float64(codes.Differ) / float64(codes.Total)
	return codes, nil
}

// add sums up a chunk.
func add(x, y []float32) sum {
	s := sum{leastA: math.MaxFloat32, leastB: math.MaxFloat32}
	for j, v := range x {
		u := y[j]
		if v != 0 {
			m := float32(math.Abs(float64(v)))
			s.leastA, s.mostA = min(s.leastA, m), max(s.mostA, m)
		}
		if u != 0 {
			m := float32(math.Abs(float64(u)))
			s.leastB, s.mostB = min(s.leastB, m), max(s.mostB, m)
		}
		p, q := float64(v), float64(u)
		if v == u || v != v && u != u {
			if p*0 == 0 {
				s.sqA, s.sqB = s.sqA+p*p, s.sqB+q*q
			}
			continue
		}
		if s.differ == 0 {
			s.first = j
		}
		s.differ++
		if sign(v) != sign(u) {
			if s.signs == 0 {
				s.firstSign = j
			}
			s.signs++
		}
		d := math.Abs(p - q)
		if d-d != 0 {
			s.notFinite++
			continue
		}
		s.most = max(s.most, d)
		s.total += d
		s.sqA, s.sqB, s.sqD = s.sqA+p*p, s.sqB+q*q, s.sqD+d*d
	}
	return s
}

func sign(v float32) int {
	switch {
	case v > 0:
		return 1
	case v < 0:
		return -1
	}
	return 0
}
