package nn

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/golden"
	"github.com/bitnet-go/bitnet/bitnet-core/parallel"
)

// TestSetRows rounds a matrix in chunks, on one and on two threads, as SetRow does.
func TestSetRows(t *testing.T) {
	pool := parallel.New(2)
	defer pool.Close()
	const rows, cols = 37, 256
	rng := rand.New(rand.NewPCG(31, 32))
	for _, from := range []dtype.DType{dtype.F32, dtype.F16, dtype.BF16} {
		data, stored := encode(normal(rng, rows*cols), from)
		src := Matrix{Rows: rows, Cols: cols, Type: from, Data: data}
		for _, to := range []dtype.DType{dtype.F32, dtype.F16, dtype.BF16, dtype.Q8_0, dtype.Q4_0, dtype.Q6_K} {
			n, _ := RowBytes(to, cols)
			want := Matrix{Rows: rows, Cols: cols, Type: to, Data: make([]byte, rows*n)}
			for r := range rows {
				require.NoError(t, want.SetRow(r, stored[r*cols:(r+1)*cols]))
			}
			for _, p := range []*parallel.Pool{nil, pool} {
				for _, chunk := range []int{1, 16, rows} {
					var got []byte
					for lo := 0; lo < rows; lo += chunk {
						count := min(chunk, rows-lo)
						m := Matrix{Rows: count, Cols: cols, Type: to, Data: make([]byte, count*n)}
						require.NoError(t, m.SetRows(p, &src, lo))
						got = append(got, m.Data...)
					}
					require.Equal(t, want.Data, got, "%v to %v", from, to)
				}
			}
		}
	}
	x := normal(rng, rows*cols)
	x[30*cols], x[23*cols+5] = float32(math.NaN()), float32(math.Inf(1))
	data, _ := encode(x, dtype.F32)
	src := Matrix{Rows: rows, Cols: cols, Type: dtype.F32, Data: data}
	n, _ := RowBytes(dtype.Q6_K, cols)
	m := Matrix{Rows: 20, Cols: cols, Type: dtype.Q6_K, Data: make([]byte, 20*n)}
	require.NoError(t, m.SetRows(pool, &src, 3))
	err := m.SetRows(pool, &src, 12)
	require.ErrorIs(t, err, ErrRange)
	require.ErrorContains(t, err, "row 23: ")
	require.PanicsWithValue(t, "nn: Matrix.SetRows shape", func() { _ = m.SetRows(nil, &src, rows-19) })
}

// TestSetRowGolden: bytes that llama.cpp wrote for weights that are ternary, for normal
// ones and for edges.
func TestSetRowGolden(t *testing.T) {
	const rows, cols = 8, 512
	for suffix, d := range map[string]dtype.DType{"q8_0": dtype.Q8_0, "q4_0": dtype.Q4_0, "f16": dtype.F16} {
		for _, name := range []string{"A_ternary", "B_rowscale", "C_gauss", "D_edge"} {
			read := func(file string) []byte {
				data, err := os.ReadFile(golden.Committed(t, "golden", "ternary", "quant", file))
				require.NoError(t, err)
				return data
			}
			src := Matrix{Rows: rows, Cols: cols, Type: dtype.F32, Data: read(name + "_8x512.f32")}
			want := read(fmt.Sprintf("%s_8x512.%s.bin", name, suffix))
			n, _ := RowBytes(d, cols)
			m := Matrix{Rows: rows, Cols: cols, Type: d, Data: make([]byte, rows*n)}
			require.NoError(t, m.SetRows(nil, &src, 0))
			require.Equal(t, want, m.Data, "%s %s", name, suffix)
		}
	}
}
