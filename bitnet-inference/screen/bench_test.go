package screen

import (
	"math/rand/v2"
	"testing"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/memory"
	"github.com/bitnet-go/bitnet/bitnet-core/nn"
	"github.com/bitnet-go/bitnet/bitnet-core/parallel"
)

// BenchmarkHead sets Top beside the product with the full head, on a random head of
// 32768 rows of 2560.
func BenchmarkHead(b *testing.B) {
	const v, d = 32768, 2560
	rng := rand.New(rand.NewPCG(1, 2))
	buf, err := memory.Mapped().Alloc(2*v*d, 0)
	if err != nil {
		b.Fatal(err)
	}
	defer buf.Release()
	m := &nn.Matrix{Rows: v, Cols: d, Type: dtype.F16, Data: buf.Bytes()}
	w := make([]float32, d)
	for r := range v {
		for c := range w {
			w[c] = 0.02 * float32(rng.NormFloat64())
		}
		nn.Float16s(m.Data[2*r*d:2*(r+1)*d], w)
	}
	x := make([]float32, d)
	for c := range x {
		x[c] = float32(rng.NormFloat64())
	}
	pool := parallel.New(2)
	defer pool.Close()
	b.Run("new", func(b *testing.B) {
		b.SetBytes(int64(len(m.Data)))
		for b.Loop() {
			h, err := New(m, memory.Mapped(), pool)
			if err != nil {
				b.Fatal(err)
			}
			h.Release()
		}
	})
	logits := make([]float32, v)
	b.Run("full", func(b *testing.B) {
		b.SetBytes(int64(len(m.Data)))
		for b.Loop() {
			pool.Range(v, 4, func(lo, hi int) { m.Mul(logits, v, x, lo, hi) })
		}
	})
	h, err := New(m, memory.Mapped(), pool)
	if err != nil {
		b.Fatal(err)
	}
	defer h.Release()
	s := h.NewSearch(pool)
	var dst []Candidate
	ask := func(name string, ask func() bool) {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(h.Bytes()))
			for b.Loop() {
				if !ask() {
					b.Fatal("refused")
				}
			}
			b.ReportMetric(float64(s.Computed()), "rows/op")
		})
	}
	ask("scan", func() bool { return s.Scan(x) })
	for name, k := range map[string]int{"top1": 1, "top40": 40} {
		ask(name, func() bool {
			scanned := s.Scan(x)
			top, ok := s.Top(dst[:0], k)
			dst = top
			return scanned && ok
		})
	}
	ask("above", func() bool {
		scanned := s.Scan(x)
		near, ok := s.Above(dst[:0], 1)
		dst = near
		return scanned && ok
	})
}
