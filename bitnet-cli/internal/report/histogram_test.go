package report

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestBin(t *testing.T) {
	bins := Bin(4, false, Sample{"a", []float64{0, 1, 2, 3, 4}}, Sample{"b", []float64{0.5, 8}})
	require.Equal(t, []float64{0, 2, 4, 6, 8}, bins[0].Edges)
	require.Equal(t, []float64{2, 2, 1, 0}, bins[0].Counts)
	require.Equal(t, []float64{1, 0, 0, 1}, bins[1].Counts)
	require.Nil(t, Bin(4, true, Sample{"a", []float64{0, -1}}))
	require.Nil(t, Bin(0, false, Sample{"a", []float64{1}}))

	random := rand.New(rand.NewPCG(7, 8))
	for range 2000 {
		values := oddValues(random, 50)
		e := extent{axis: Axis{Log: random.IntN(2) == 0}}
		for _, v := range values {
			e.add(v)
		}
		sum := 0.0
		for _, b := range Bin(1+random.IntN(50), e.axis.Log, Sample{Values: values}) {
			require.True(t, slices.IsSorted(b.Edges))
			if e.lo < e.hi {
				require.Equal(t, []float64{e.lo, e.hi}, []float64{b.Edges[0], b.Edges[len(b.Edges)-1]})
			}
			for _, count := range b.Counts {
				sum += count
			}
		}
		require.Equal(t, float64(e.n), sum, "every value that has a place is in one bin")
	}
}
