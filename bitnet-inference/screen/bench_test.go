package screen

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/memory"
	"github.com/bitnet-go/bitnet/bitnet-core/nn"
	"github.com/bitnet-go/bitnet/bitnet-core/parallel"
)

// randomHead returns a head of F16 weights of a normal distribution, until b ends. Its
// rows are parts of one long sequence, as drawing every weight would take a minute.
func randomHead(b *testing.B, v, d int) *nn.Matrix {
	rng := rand.New(rand.NewPCG(1, 2))
	w := make([]float32, 1<<22)
	for i := range w {
		w[i] = 0.02 * float32(rng.NormFloat64())
	}
	all := make([]byte, 2*len(w))
	nn.Float16s(all, w)
	buf, err := memory.Mapped().Alloc(2*v*d, 0)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(buf.Release)
	for r := range v {
		at := 2 * rng.IntN(len(w)-d)
		copy(buf.Bytes()[2*r*d:2*(r+1)*d], all[at:])
	}
	return &nn.Matrix{Rows: v, Cols: d, Type: dtype.F16, Data: buf.Bytes()}
}

func randomStates(n, d int) [][]float32 {
	rng := rand.New(rand.NewPCG(3, 4))
	x := make([][]float32, n)
	for i := range x {
		x[i] = fills["normal"](rng, d)
	}
	return x
}

// BenchmarkScan asks questions about the logits of random states at a random head of
// 2B-4T's shape, and computes all of them. Bytes are those of the coarse plane or
// the full head; rows are means.
func BenchmarkScan(b *testing.B) {
	const v, d = 128256, 2560
	m, states := randomHead(b, v, d), randomStates(16, d)
	noise := gumbel(rand.New(rand.NewPCG(5, 6)), v)
	pool := parallel.New(2)
	defer pool.Close()
	h, err := New(m, memory.Mapped(), pool)
	if err != nil {
		b.Fatal(err)
	}
	defer h.Release()
	for threads := 1; threads <= 2; threads++ {
		pool := parallel.New(threads)
		defer pool.Close()
		s := h.NewSearch(pool)
		var dst []Candidate
		ask := func(name string, answer func() bool) {
			b.Run(fmt.Sprintf("threads=%d/%s", threads, name), func(b *testing.B) {
				b.SetBytes(int64(h.Bytes()))
				computed, refined := 0, 0
				for i := 0; b.Loop(); i++ {
					if !s.Scan(states[i%len(states)]) || !answer() {
						b.Fatal("refused")
					}
					computed, refined = computed+s.Computed(), refined+s.Refined()
				}
				b.ReportMetric(float64(computed)/float64(b.N), "computed/op")
				b.ReportMetric(float64(refined)/float64(b.N), "refined/op")
			})
		}
		top := func(k int) func() bool {
			return func() (ok bool) {
				dst, ok = s.Top(dst[:0], k)
				return ok
			}
		}
		ask("only", func() bool { return true })
		ask("top=1", top(1))
		ask("top=40", top(40))
		ask("above", func() (ok bool) {
			dst, ok = s.Above(dst[:0], 1)
			return ok
		})
		ask("draw", func() bool {
			_, ok := s.Perturbed(1, noise)
			return ok
		})
		logits := make([]float32, v)
		b.Run(fmt.Sprintf("threads=%d/full", threads), func(b *testing.B) {
			b.SetBytes(int64(len(m.Data)))
			for i := 0; b.Loop(); i++ {
				pool.Range(v, 4, func(lo, hi int) { m.Mul(logits, v, states[i%len(states)], lo, hi) })
			}
		})
	}
}

// BenchmarkEncode makes the compact copy, in memory that has been touched before.
func BenchmarkEncode(b *testing.B) {
	const v, d = 16384, 2560
	m := randomHead(b, v, d)
	for threads := 1; threads <= 2; threads++ {
		b.Run(fmt.Sprintf("threads=%d", threads), func(b *testing.B) {
			pool := parallel.New(threads)
			defer pool.Close()
			h, err := New(m, memory.Mapped(), pool)
			if err != nil {
				b.Fatal(err)
			}
			defer h.Release()
			b.SetBytes(int64(len(m.Data)))
			for b.Loop() {
				if err := h.fill(0, v, pool); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
