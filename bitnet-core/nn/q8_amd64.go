//go:build !purego

package nn

import "github.com/bitnet-go/bitnet/bitnet-core/simd"

// scaledWeightsVec is scaledWeights, and reports whether it could do it.
func scaledWeightsVec(dst, p []float32, ld, rows int, scales []byte) bool {
	switch {
	case kernels.level >= simd.AVX512:
		scaledWeightsAVX512(&dst[0], &p[0], ld, rows, &scales[0])
	case kernels.level >= simd.AVX2:
		scaledWeightsAVX2(&dst[0], &p[0], ld, rows, &scales[0])
	default:
		return false
	}
	return true
}

// codesVec adds Σ_{lo<=i<hi} weights[r*KeyBlock+i]·codes[i*width+c] to dst (rows,
// width), and returns for how many of the columns c, from the first on, it could.
func codesVec(dst []float32, width int, weights []float32, codes []byte, rows, columns, lo, hi int) int {
	if kernels.level < simd.AVX2 {
		return 0
	}
	c := 0
	for c+attentionAVX2.q8Columns <= columns {
		set := &attentionAVX2
		if kernels.level >= simd.AVX512 && c+attentionAVX512.q8Columns <= columns {
			set = &attentionAVX512
		}
		for r := 0; r < rows; {
			t := take(&set.scoresRows, rows-r)
			set.q8.values[t](&dst[r*width+c], width, &weights[r*KeyBlock+lo], KeyBlock, &codes[lo*width+c], width, hi-lo)
			r += set.scoresRows[t]
		}
		c += set.q8Columns
	}
	return c
}
