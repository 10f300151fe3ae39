package transformer

import (
	"fmt"
	"math"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/encoding/gguf"
	"github.com/bitnet-go/bitnet/bitnet-core/golden"
	"github.com/bitnet-go/bitnet/bitnet-core/memory"
	"github.com/bitnet-go/bitnet/bitnet-core/nn"
	"github.com/bitnet-go/bitnet/bitnet-core/parallel"
	"github.com/bitnet-go/bitnet/bitnet-inference/checkpoint"
	"github.com/bitnet-go/bitnet/bitnet-inference/model"
	"github.com/bitnet-go/bitnet/bitnet-inference/reference"
	"github.com/bitnet-go/bitnet/bitnet-inference/screen"
)

// rounded returns m in type d.
func rounded(t testing.TB, m *nn.Matrix, d dtype.DType) nn.Matrix {
	n, ok := nn.RowBytes(d, m.Cols)
	require.True(t, ok)
	to := nn.Matrix{Rows: m.Rows, Cols: m.Cols, Type: d, Data: make([]byte, m.Rows*n)}
	row := make([]float32, m.Cols)
	for r := range m.Rows {
		m.Row(row, r)
		require.NoError(t, to.SetRow(r, row))
	}
	return to
}

// tinyWeights opens a committed model until t ends.
func tinyWeights(t testing.TB) (*checkpoint.Checkpoint, *model.Weights) {
	ck, err := checkpoint.Open(golden.Committed(t, "golden", "ternary", "models", "tiny-b158-tq2_0.gguf"))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, ck.Close()) })
	w, err := ck.Weights()
	require.NoError(t, err)
	return ck, w
}

// TestHeadTypes holds a head that New rounds to one that was rounded before, bit for
// bit, on one and on three threads, and looks at what becomes of the file's bytes.
func TestHeadTypes(t *testing.T) {
	ck, w := tinyWeights(t)
	ids := []int32{1, 5, 300, 7, 511, 0, 44}
	for _, d := range []dtype.DType{dtype.F16, dtype.Q8_0, dtype.Q6_K} {
		for _, threads := range []int{1, 3} {
			t.Run(fmt.Sprintf("%v/threads=%d", d, threads), func(t *testing.T) {
				alloc := memory.NewChecked(memory.Mapped())
				pool := parallel.New(threads)
				float := *w
				float.Head = rounded(t, &w.Embed, dtype.F32)
				forgotten := 0
				float.Forget = func(data []byte) {
					require.NotEmpty(t, data)
					if forgotten < len(float.Head.Data) {
						require.Same(t, &float.Head.Data[forgotten], &data[0])
					}
					forgotten += len(data)
				}
				m, err := New(ck.Config, &float, Options{Pool: pool, Memory: alloc, HeadType: d})
				require.NoError(t, err)
				require.Equal(t, d, m.Head().Type)
				require.GreaterOrEqual(t, forgotten, len(float.Head.Data))
				require.Equal(t, d == dtype.F16 && screen.Accelerated(), m.Screen() != nil)
				for grown := true; grown; {
					grown, err = m.GrowScreen()
					require.NoError(t, err)
				}

				before := *w
				before.Head = rounded(t, &w.Embed, d)
				same, err := New(ck.Config, &before, Options{Pool: pool, Memory: alloc, Head: HeadFull, HeadType: d})
				require.NoError(t, err)
				require.Equal(t, before.Head.Data, m.Head().Data)
				require.Same(t, &before.Head.Data[0], &same.Head().Data[0], "nothing to round")
				t.Cleanup(func() {
					m.Close()
					same.Close()
					pool.Close()
					require.Empty(t, alloc.Leaks())
				})
				require.Equal(t, start(t, same).forward(ids...), start(t, m).forward(ids...))
			})
		}
	}
}

// TestHeadTypeFaults expects an error, and no memory left, where a head cannot be
// rounded.
func TestHeadTypeFaults(t *testing.T) {
	ck, w := tinyWeights(t)
	alloc := memory.NewChecked(memory.Mapped())
	pool := parallel.New(2)
	defer pool.Close()
	fails := func(w *model.Weights, o Options, want string) {
		t.Helper()
		o.Pool, o.Memory = pool, alloc
		_, err := New(ck.Config, w, o)
		require.ErrorContains(t, err, want)
		require.Empty(t, alloc.Leaks())
	}
	fails(w, Options{HeadType: dtype.Q4_K}, "cannot be made Q4_K, want F16, Q8_0 or Q6_K")
	fails(w, Options{HeadType: dtype.Q8_0, Head: HeadScreened}, "a head of type Q8_0 is not screened")
	quantized := *w
	quantized.Head = rounded(t, &w.Head, dtype.Q4_0)
	fails(&quantized, Options{HeadType: dtype.Q8_0}, "of type Q4_0 already")
	fails(&quantized, Options{Head: HeadScreened}, "a head of type Q4_0 is not screened")

	broken := *w
	broken.Head = rounded(t, &w.Head, dtype.F32)
	for _, at := range []int{401*512 + 77, 3*512 + 5} {
		copy(broken.Head.Data[4*at:], []byte{0, 0, 0x80, 0x7f}) // infinity
	}
	for _, d := range []dtype.DType{dtype.F16, dtype.Q8_0, dtype.Q6_K} {
		fails(&broken, Options{HeadType: d}, "the output head cannot be made "+d.String()+": row 3: a weight is not finite")
	}

	narrow := Model{head: nn.Matrix{Rows: 1, Cols: 480, Type: dtype.F16, Data: make([]byte, 2*480)}, pool: pool, alloc: alloc}
	require.ErrorContains(t, narrow.roundHead(nil, dtype.Q6_K), "cannot be made Q6_K: its rows have 480 weights, which is no multiple of 256")
	require.Empty(t, alloc.Leaks())
}

// requantized writes a committed model with its embedding, and a head of its own if
// untied, in type d.
func requantized(t *testing.T, d dtype.DType, untied bool) string {
	path := filepath.Join(t.TempDir(), "model.gguf")
	rewrite(t, path, func(x gguf.TensorData) []gguf.TensorData {
		if x.Name != "token_embd.weight" {
			return []gguf.TensorData{x}
		}
		x.Type, x.Data = d, rounded(t, &nn.Matrix{Rows: x.Shape[0], Cols: x.Shape[1], Type: x.Type, Data: x.Data}, d).Data
		if !untied {
			return []gguf.TensorData{x}
		}
		head := x
		head.Name = "output.weight"
		return []gguf.TensorData{x, head}
	})
	return path
}

// TestQuantizedFiles compares models whose embedding and head are blocks in the file
// with the same weights in F32, tied and untied, on both paths.
func TestQuantizedFiles(t *testing.T) {
	ids := []int32{1, 5, 300, 7, 511, 0, 44}
	for _, d := range []dtype.DType{dtype.Q8_0, dtype.Q6_K, dtype.Q4_0} {
		for _, untied := range []bool{false, true} {
			t.Run(fmt.Sprintf("%v/untied=%v", d, untied), func(t *testing.T) {
				path := requantized(t, d, untied)
				m := load(t, path, 2)
				require.Nil(t, m.fast.Screen())
				require.Equal(t, d, m.fast.Head().Type)
				require.Equal(t, d, m.fast.embed.Type)
				require.Equal(t, !untied, &m.fast.embed.Data[0] == &m.fast.head.Data[0])

				ck, err := checkpoint.Open(path)
				require.NoError(t, err)
				defer ck.Close()
				w, err := ck.Weights()
				require.NoError(t, err)
				w.Embed, w.Head = rounded(t, &w.Embed, dtype.F32), rounded(t, &w.Head, dtype.F32)
				pool := parallel.New(2)
				defer pool.Close()
				float, err := New(ck.Config, w, Options{Pool: pool, CacheType: ck.CacheType, Head: HeadFull})
				require.NoError(t, err)
				defer float.Close()

				got := start(t, m.fast).forward(ids...)
				s, err := float.NewState(len(ids))
				require.NoError(t, err)
				defer s.Release()
				hidden, err := s.Forward(t.Context(), ids)
				require.NoError(t, err)
				want := make([]float32, len(ids)*ck.Config.VocabSize)
				float.Logits(want, hidden)
				for i := range ids {
					for j, v := range got[i] { // to the bit where the sums' order is the same
						require.InDelta(t, want[i*ck.Config.VocabSize+j], v, 1e-4)
					}
				}
				require.Equal(t, forwardSlow(t, reference.New(ck.Config, w), ids), forwardSlow(t, m.slow, ids))
			})
		}
	}
}

// TestRoundedHeadsOfFable measures what rounding its head does to the built-in model:
// the mean Kullback-Leibler divergence of the next token's distribution, in nats.
func TestRoundedHeadsOfFable(t *testing.T) {
	if testing.Short() {
		t.Skip("long: four passes over 345 tokens")
	}
	dir := golden.Path(t, "models", "fable-29m")
	var want struct {
		Greedy []struct {
			IDs   []int32 `json:"ids"`
			Start []int32 `json:"prompt_ids"`
		}
	}
	golden.JSON(t, dir+"/expect.json", &want)
	ck, err := checkpoint.Open(dir)
	require.NoError(t, err)
	defer func() { require.NoError(t, ck.Close()) }()
	w, err := ck.Weights()
	require.NoError(t, err)
	pool := parallel.New(2)
	defer pool.Close()
	m, err := New(ck.Config, w, Options{Pool: pool})
	require.NoError(t, err)
	defer m.Close()
	for _, c := range []struct {
		d    dtype.DType
		most float64
	}{{dtype.F16, 1e-9}, {dtype.Q8_0, 1e-4}, {dtype.Q6_K, 1e-3}} {
		small, err := New(ck.Config, w, Options{Pool: pool, HeadType: c.d})
		require.NoError(t, err)
		var sum float64
		n, agree := 0, 0
		for _, g := range want.Greedy {
			ids := append(append([]int32(nil), g.Start...), g.IDs...)
			p, q := start(t, m).forward(ids...), start(t, small).forward(ids...)
			for i := range ids {
				sum += divergence(p[i], q[i])
				n++
				if argmax(p[i]) == argmax(q[i]) {
					agree++
				}
			}
		}
		small.Close()
		t.Logf("%v: %.3g nats over %d tokens, %d with the same best token", c.d, sum/float64(n), n, agree)
		require.Less(t, sum/float64(n), c.most, "%v", c.d)
	}
}

// divergence returns Σ p·ln(p/q) of two distributions given by logits.
func divergence(p, q []float64) (sum float64) {
	normal := func(x []float64) float64 {
		most := x[argmax(x)]
		var sum float64
		for _, v := range x {
			sum += math.Exp(v - most)
		}
		return most + math.Log(sum)
	}
	np, nq := normal(p), normal(q)
	for i := range p {
		sum += math.Exp(p[i]-np) * (p[i] - np - q[i] + nq)
	}
	return sum
}
