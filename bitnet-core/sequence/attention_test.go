package sequence_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/nn"
	"github.com/bitnet-go/bitnet/bitnet-core/sequence"
)

const width = 16 // of a query, a key and a value

// TestMaskIsSpans computes attention of packed and padded rows twice: with the
// additive mask in float64, by definition, and by package nn on each span.
func TestMaskIsSpans(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, segments := range [][]int32{
		{1, 1, 1, 1},
		{1, 1, 1, 2, 2, 0},
		{0, 0, 1, 1, 0, 2, 3, 3, 3},
	} {
		n := len(segments)
		q, k, v := normal(rng, n*width), normal(rng, n*width), normal(rng, n*width)
		mask := make([]float32, n*n)
		sequence.Causal(mask, segments)
		want := masked(q, k, v, mask, n)
		for s := range sequence.Spans(segments) {
			from, to := s.Start*width, s.End*width
			require.InDeltaSlice(t, want[from:to], spanned(q[from:to], k[from:to], v[from:to]), 1e-5)
		}
		for i, s := range segments {
			if s == 0 { // padding sees itself
				require.Equal(t, v[i*width:(i+1)*width], want[i*width:(i+1)*width])
			}
		}
	}
}

func normal(rng *rand.Rand, n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(rng.NormFloat64())
	}
	return x
}

// masked returns softmax(q·kᵀ + mask)·v.
func masked(q, k, v, mask []float32, n int) []float32 {
	out := make([]float32, len(q))
	for i := range n {
		weights, sum := make([]float64, n), 0.0
		for j := range weights {
			score := float64(mask[i*n+j])
			for d := range width {
				score += float64(q[i*width+d]) * float64(k[j*width+d])
			}
			weights[j] = math.Exp(score)
			sum += weights[j]
		}
		for d := range width {
			total := 0.0
			for j, w := range weights {
				total += w / sum * float64(v[j*width+d])
			}
			out[i*width+d] = float32(total)
		}
	}
	return out
}

// spanned returns causal attention of one sequence.
func spanned(q, k, v []float32) []float32 {
	n := len(q) / width
	keys, values := nn.HeadBytes(dtype.F32, width, n)
	h := nn.Head{Width: width, Type: dtype.F32, Keys: make([]byte, keys), Values: make([]byte, values)}
	for p := range n {
		h.Put(p, k[p*width:(p+1)*width], v[p*width:(p+1)*width])
	}
	part := func() nn.Part { return nn.MakePart(make([]float32, nn.PartLen(n, width)), n, width) }
	sum := part()
	h.Attend(sum, part(), nn.Queries{Rows: q, Group: 1, Seen: 1}, make([]float32, nn.Scratch(1, width)))
	out := make([]float32, len(q))
	for r := range n {
		sum.Row(out[r*width:(r+1)*width], r)
	}
	return out
}
