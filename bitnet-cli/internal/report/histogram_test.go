package report

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestBin(t *testing.T) {
	bins := func(n int, log bool, samples ...[]float64) (counts [][]float64, edges []float64) {
		e := extent{axis: Axis{Log: log}}
		all := make([]Sample, len(samples))
		for i, values := range samples {
			all[i].Values = values
			for _, v := range values {
				e.add(v)
			}
		}
		for _, b := range e.bin(n, all) {
			counts, edges = append(counts, b.Counts), b.Edges
		}
		return counts, edges
	}
	counts, edges := bins(4, false, []float64{0, 1, 2, 3, 4}, []float64{0.5, 8})
	require.Equal(t, []float64{0, 2, 4, 6, 8}, edges)
	require.Equal(t, [][]float64{{2, 2, 1, 0}, {1, 0, 0, 1}}, counts)
	counts, _ = bins(4, true, []float64{0, -1})
	require.Nil(t, counts)

	random := rand.New(rand.NewPCG(7, 8))
	for range 2000 {
		values := oddValues(random, 50)
		log := random.IntN(2) == 0
		e := extent{axis: Axis{Log: log}}
		for _, v := range values {
			e.add(v)
		}
		counts, edges := bins(1+random.IntN(50), log, values)
		if e.n == 0 {
			require.Nil(t, counts)
			continue
		}
		require.True(t, slices.IsSorted(edges))
		if e.lo < e.hi {
			require.Equal(t, []float64{e.lo, e.hi}, []float64{edges[0], edges[len(edges)-1]})
		}
		sum := 0.0
		for _, count := range counts[0] {
			sum += count
		}
		require.Equal(t, float64(e.n), sum, "every value that has a place is in one bin")
	}
}
