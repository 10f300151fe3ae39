package tensor_test

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/blas"
	"github.com/bitnet-go/bitnet/bitnet-core/convert"
	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/memory"
	"github.com/bitnet-go/bitnet/bitnet-core/tensor"
)

// TestMatMulTernary compares products of packed weights, which package convert made, with
// sums over the weights themselves. Scales are powers of two, so that they are exact.
func TestMatMulTernary(t *testing.T) {
	w, err := blas.New(nil, memory.Heap())
	require.NoError(t, err)
	defer w.Close()
	r := rand.New(rand.NewPCG(1, 2))
	for _, d := range []dtype.DType{dtype.TQ1_0, dtype.TQ2_0} {
		for _, s := range []struct{ tokens, rows, in int }{{1, 1, 256}, {3, 70, 512}, {600, 5, 768}, {2, 3, 0}, {0, 3, 256}} {
			plain := must(tensor.New(memory.Heap(), dtype.F32, s.rows, s.in))
			codes := must(tensor.New(memory.Heap(), dtype.F32, s.rows, s.in))
			tensor.RandomIntegers(codes, r, -1, 2)
			for i := range s.rows {
				for j := 0; j < s.in; j += 256 {
					scale := float64(int(1)<<r.IntN(5)) / 8
					tensor.Mul(plain.Slice(0, i, i+1).Slice(1, j, j+256), codes.Slice(0, i, i+1).Slice(1, j, j+256), tensor.Scalar(dtype.F32, scale))
				}
			}
			packed, _, err := convert.Tensor(memory.Heap(), plain, d, convert.Options{})
			require.NoError(t, err)
			x := must(tensor.New(memory.Heap(), dtype.I8, s.tokens, s.in))
			tensor.RandomIntegers(x, r, -128, 128)
			scaled := must(tensor.New(memory.Heap(), dtype.F32, s.tokens, s.rows))
			tensor.Fill(scaled, 99)
			sums := must(tensor.New(memory.Heap(), dtype.I32, s.rows, s.tokens))
			tensor.Fill(sums, 99)
			before := string(packed.Bytes())
			tensor.MatMul(w, scaled.Transpose(0, 1), packed, x.Transpose(0, 1))
			tensor.MatMul(w, sums, packed, x.Transpose(0, 1))
			for i := range s.rows {
				for token := range s.tokens {
					var exact, plainSum float64
					for k := range s.in {
						exact += codes.At(i, k) * x.At(token, k)
						plainSum += plain.At(i, k) * x.At(token, k)
					}
					require.Equal(t, plainSum, scaled.At(token, i), "%v %+v", d, s)
					require.Equal(t, exact, sums.At(i, token), "%v %+v", d, s)
				}
			}
			require.Equal(t, before, string(packed.Bytes()))
		}
	}
}
