package bench

import (
	"context"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/golden"
	"github.com/bitnet-go/bitnet/bitnet-core/nn"
	"github.com/bitnet-go/bitnet/bitnet-core/parallel"
	"github.com/bitnet-go/bitnet/bitnet-inference/checkpoint"
	"github.com/bitnet-go/bitnet/bitnet-inference/model"
	"github.com/bitnet-go/bitnet/bitnet-inference/transformer"
	"github.com/bitnet-go/bitnet/bitnet-quant/int8act"
	"github.com/bitnet-go/bitnet/bitnet-quant/ternary"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// open opens a committed model until t ends.
func open(t *testing.T, name string) (*checkpoint.Checkpoint, *model.Weights) {
	t.Helper()
	ck, err := checkpoint.Open(golden.Committed(t, "golden", "ternary", "models", name+".gguf"))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, ck.Close()) })
	w, err := ck.Weights()
	require.NoError(t, err)
	return ck, w
}

// sequence makes a committed model ready for n tokens.
func sequence(t *testing.T, n int, head transformer.Head) (*transformer.Model, *transformer.State) {
	t.Helper()
	ck, w := open(t, "tiny-b158-tq2_0")
	pool := parallel.New(2)
	t.Cleanup(pool.Close)
	m, err := transformer.New(ck.Config, w, transformer.Options{Pool: pool, Head: head})
	require.NoError(t, err)
	t.Cleanup(m.Close)
	s, err := m.NewState(n)
	require.NoError(t, err)
	t.Cleanup(s.Release)
	return m, s
}

func TestRun(t *testing.T) {
	m, s := sequence(t, 40, transformer.HeadScreened)
	for _, test := range []Test{{Prefill: 32}, {Decode: 3}, {Prefill: 8, Depth: 30}, {Decode: 10, Depth: 30}, {Prefill: 40}} {
		var seen []int
		r, err := Run(t.Context(), m, s, test, 2, func(run int) { seen = append(seen, run) })
		require.NoError(t, err)
		require.Equal(t, []int{0, 1, 2}, seen)
		require.Equal(t, test, r.Test)
		require.Len(t, r.Runs, 2)
		require.Equal(t, test.Positions(), s.Len(), "what a run leaves")
		mean, _ := r.Rate()
		require.Positive(t, mean)
	}
	require.Panics(t, func() { _, _ = Run(t.Context(), m, s, Test{Prefill: 41}, 1, nil) })
	require.Panics(t, func() { _, _ = Run(t.Context(), m, s, Test{}, 1, nil) })
	require.Panics(t, func() { _, _ = Run(t.Context(), m, s, Test{Prefill: 1, Decode: 1}, 1, nil) })
}

func TestRunEndsWithItsContext(t *testing.T) {
	m, s := sequence(t, 40, transformer.HeadFull)
	for _, test := range []Test{{Prefill: 8}, {Decode: 8}, {Decode: 8, Depth: 8}} {
		ctx, stop := context.WithCancel(t.Context())
		_, err := Run(ctx, m, s, test, 5, func(run int) {
			if run == 2 {
				stop()
			}
		})
		require.ErrorIs(t, err, context.Canceled)
		_, err = Run(ctx, m, s, test, 5, nil)
		require.ErrorIs(t, err, context.Canceled)
	}
}

// TestRunNeedsFiniteLogits puts an infinite gain before the head.
func TestRunNeedsFiniteLogits(t *testing.T) {
	ck, w := open(t, "tiny-b158-tq2_0")
	broken := *w
	broken.OutputNorm = make([]float32, len(w.OutputNorm))
	for i := range broken.OutputNorm {
		broken.OutputNorm[i] = float32(math.Inf(1))
	}
	pool := parallel.New(1)
	defer pool.Close()
	m, err := transformer.New(ck.Config, &broken, transformer.Options{Pool: pool})
	require.NoError(t, err)
	defer m.Close()
	s, err := m.NewState(4)
	require.NoError(t, err)
	defer s.Release()
	_, err = Run(t.Context(), m, s, Test{Decode: 2}, 1, nil)
	require.ErrorIs(t, err, ErrNotFinite)
}

func TestRate(t *testing.T) {
	r := Result{Test: Test{Decode: 10}, Runs: []time.Duration{time.Second, 500 * time.Millisecond, 250 * time.Millisecond}}
	require.Equal(t, []float64{10, 20, 40}, r.Rates())
	mean, deviation := r.Rate()
	require.InDelta(t, 70./3, mean, 1e-9)
	require.InDelta(t, math.Sqrt(700./3), deviation, 1e-9) // of a sample: n-1
	r.Runs = r.Runs[:1]
	mean, deviation = r.Rate()
	require.Equal(t, 10., mean)
	require.Zero(t, deviation)
}

func TestNames(t *testing.T) {
	for want, test := range map[string]Test{
		"pp512":        {Prefill: 512},
		"tg64":         {Decode: 64},
		"tg64 @ d4096": {Decode: 64, Depth: 4096},
	} {
		require.Equal(t, want, test.String())
	}
	require.Equal(t, "tg64", Test{Decode: 64, Depth: 4096}.Name())
}

// TestTraffic counts the bytes of a model by hand.
func TestTraffic(t *testing.T) {
	ck, w := open(t, "tiny-b158-tq2_0")
	c := &ck.Config
	traffic := func(w *model.Weights, cache dtype.DType, head transformer.Head) Traffic {
		pool := parallel.New(1)
		defer pool.Close()
		shape := *c
		shape.Layers = len(w.Layers)
		m, err := transformer.New(shape, w, transformer.Options{Pool: pool, CacheType: cache, Head: head})
		require.NoError(t, err)
		defer m.Close()
		return NewTraffic(m, w)
	}
	got := traffic(w, dtype.F16, transformer.HeadFull)
	perLayer := 4 * (2*c.Dim + c.QDim() + c.FFN) // norms
	packed := func(rows, cols int) int { return ternary.Smallest(rows, cols).Bytes(rows, cols) }
	perLayer += packed(c.QDim()+2*c.KVDim(), c.Dim) + packed(c.Dim, c.QDim()) + packed(2*c.FFN, c.Dim) + packed(c.Dim, c.FFN)
	require.EqualValues(t, c.Layers*perLayer+4*c.Dim, got.Layers)
	require.EqualValues(t, len(w.Head.Data), got.Head)
	require.EqualValues(t, 2*2*c.KVDim()*c.Layers, got.Position)
	require.Equal(t, 2*got.Position, traffic(w, dtype.F32, transformer.HeadFull).Position)
	scales := (c.HeadDim + 31) / 32 * 2
	require.EqualValues(t, 2*c.KVHeads*(c.HeadDim+scales)*c.Layers, traffic(w, dtype.Q8_0, transformer.HeadFull).Position)
	require.EqualValues(t, c.VocabSize*((c.Dim+255)/256*192+12), traffic(w, dtype.F16, transformer.HeadScreened).Head)

	dense := *w
	dense.Layers = []model.Layer{w.Layers[0]}
	one := traffic(&dense, dtype.F16, transformer.HeadFull).Layers
	q := &dense.Layers[0].Q
	*q = model.Linear{Dense: &nn.Matrix{Rows: c.QDim(), Cols: c.Dim, Type: dtype.F16, Data: make([]byte, 2*c.QDim()*c.Dim)}}
	more := 2*c.QDim()*c.Dim + packed(2*c.KVDim(), c.Dim) - packed(c.QDim()+2*c.KVDim(), c.Dim)
	require.Equal(t, one+int64(more), traffic(&dense, dtype.F16, transformer.HeadFull).Layers)

	n := Traffic{Layers: 1000, Head: 500, Position: 10}
	require.Equal(t, 1500+10., n.PerToken(Test{Decode: 1}))
	require.Equal(t, 1500+10*(100+2.), n.PerToken(Test{Decode: 3, Depth: 100}), "contexts of 101, 102 and 103")
	require.Equal(t, (1000+500+10*(5+10))/10., n.PerToken(Test{Prefill: 10, Depth: 5}))
	const passes = transformer.MaxBatch
	require.InDelta(t, (2*1000+500+10*(passes+passes+2))/float64(passes+2), n.PerToken(Test{Prefill: passes + 2}), 1e-9)
}

func TestCheck(t *testing.T) {
	for _, name := range []string{"tiny-b158-i2_s", "tiny-b158-tq1_0", "tiny-b158-tq2_0"} {
		_, w := open(t, name)
		require.NoError(t, Check(w), name)
	}
}

// TestCheckHead checks heads that were rounded when the model was loaded, and counts
// what they read.
func TestCheckHead(t *testing.T) {
	ck, w := open(t, "tiny-b158-tq2_0")
	pool := parallel.New(1)
	defer pool.Close()
	for d, size := range map[dtype.DType]int{dtype.F16: 512, dtype.Q8_0: 272, dtype.Q6_K: 210} { // of 256 weights
		m, err := transformer.New(ck.Config, w, transformer.Options{Pool: pool, Head: transformer.HeadFull, HeadType: d})
		require.NoError(t, err)
		require.NoError(t, CheckHead(m.Head()), "%v", d)
		require.EqualValues(t, ck.Config.VocabSize*ck.Config.Dim/256*size, NewTraffic(m, w).Head)
		m.Close()
	}
	wrong := kernels{dense: func(m *nn.Matrix, dst []float32, ld int, x []float32, lo, hi int) {
		m.Mul(dst, ld, x, lo, hi)
		if len(x) > m.Cols {
			dst[len(dst)-ld] *= 1.01
		}
	}}
	elems, size := dtype.Q6_K.Block()
	q := nn.Matrix{Rows: 1, Cols: elems, Type: dtype.Q6_K, Data: make([]byte, size)}
	require.NoError(t, q.SetRow(0, slices.Repeat([]float32{1}, elems)))
	require.ErrorContains(t, wrong.checkHead(&q), "row 0 of the output head times activation row 4 of 5")
}

// TestCheckFindsWrongKernels makes one mistake in one product.
func TestCheckFindsWrongKernels(t *testing.T) {
	_, w := open(t, "tiny-b158-i2_s")
	right := kernels{(*ternary.Matrix).Mul, (*nn.Matrix).Mul}
	batched := right
	batched.ternary = func(m *ternary.Matrix, dst []int32, ld int, x *int8act.Rows, lo, hi int) {
		right.ternary(m, dst, ld, x, lo, hi)
		if x.T > 1 {
			dst[len(dst)-1]++
		}
	}
	require.ErrorContains(t, batched.check(w), "ternary kernels are wrong on this machine: row 50 of the query projection of the first layer times activation row 4 of 5")

	head := right
	head.dense = func(m *nn.Matrix, dst []float32, ld int, x []float32, lo, hi int) {
		right.dense(m, dst, ld, x, lo, hi)
		dst[3] *= 1.01
	}
	require.ErrorContains(t, head.check(w), "dense kernels are wrong on this machine: row 3 of the output head")

	nan := right
	nan.dense = func(_ *nn.Matrix, dst []float32, _ int, _ []float32, _, _ int) { dst[0] = float32(math.NaN()) }
	require.ErrorContains(t, nan.check(w), "row 0 of the output head")

	w.Layers[0].Gate = model.Linear{Dense: &w.Head}
	require.ErrorContains(t, nan.check(w), "row 0 of the gate projection")
}
