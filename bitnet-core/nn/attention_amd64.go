//go:build !purego

package nn

import (
	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/simd"
)

// An attentionSet is the kernels of one vector width. Their operands are never
// small results on a caller's stack, so it costs nothing that they pass through
// function variables.
type attentionSet struct {
	scoresRows [3]int // of scores: what the registers hold, a token's of common models, one
	columns    int    // that one call of values adds
	f32, f16   attentionKernels
}

type (
	scoresFunc func(dst *float32, ld int, q *float32, width int, keys *byte, blocks int)
	valuesFunc func(dst *float32, ld int, p *float32, ldp int, v *byte, stride int, n int)
)

type attentionKernels struct {
	scores [3]scoresFunc
	values [3]valuesFunc
}

var valuesRows = [3]int{6, 4, 1}

var attentionAVX2 = attentionSet{
	scoresRows: [3]int{6, 4, 1},
	columns:    16,
	f32:        attentionKernels{scores: [3]scoresFunc{scoresF32AVX2x6, scoresF32AVX2x4, scoresF32AVX2x1}, values: [3]valuesFunc{valuesF32AVX2x6, valuesF32AVX2x4, valuesF32AVX2x1}},
	f16:        attentionKernels{scores: [3]scoresFunc{scoresF16AVX2x6, scoresF16AVX2x4, scoresF16AVX2x1}, values: [3]valuesFunc{valuesF16AVX2x6, valuesF16AVX2x4, valuesF16AVX2x1}},
}

var attentionAVX512 = attentionSet{
	scoresRows: [3]int{12, 4, 1},
	columns:    64,
	f32:        attentionKernels{scores: [3]scoresFunc{scoresF32AVX512x12, scoresF32AVX512x4, scoresF32AVX512x1}, values: [3]valuesFunc{valuesF32AVX512x6, valuesF32AVX512x4, valuesF32AVX512x1}},
	f16:        attentionKernels{scores: [3]scoresFunc{scoresF16AVX512x12, scoresF16AVX512x4, scoresF16AVX512x1}, values: [3]valuesFunc{valuesF16AVX512x6, valuesF16AVX512x4, valuesF16AVX512x1}},
}

func (s *attentionSet) of(d dtype.DType) *attentionKernels {
	if d == dtype.F16 {
		return &s.f16
	}
	return &s.f32
}

// take returns which of three heights to use for the next of n rows.
func take(heights *[3]int, n int) int {
	switch {
	case n >= heights[0] && (n != 8 || heights[0] != 6): // 8 are 4 and 4 rather than 6, 1 and 1
		return 0
	case n >= heights[1]:
		return 1
	}
	return 2
}

// scoresVec is Head.scores for keys of type d, and reports whether it could do it.
func scoresVec(dst []float32, ld int, q []float32, rows, width int, keys []byte, d dtype.DType, blocks int) bool {
	if kernels.level < simd.AVX2 || width%4 != 0 {
		return false
	}
	set := &attentionAVX2
	if kernels.level >= simd.AVX512 {
		set = &attentionAVX512
	}
	k := set.of(d)
	for r := 0; r < rows; {
		i := take(&set.scoresRows, rows-r)
		k.scores[i](&dst[r*ld], ld, &q[r*width], width, &keys[0], blocks)
		r += set.scoresRows[i]
	}
	return true
}

// valuesSpan is the number of positions whose values stay in the first-level
// cache while every row and column passes.
const valuesSpan = 64

// valuesVec adds Σ p[r*ld+i]·value[i] over lo <= i < hi to dst (rows, width), and
// returns in how many columns from the first on it can.
func valuesVec(dst []float32, width int, p []float32, ld int, values []byte, d dtype.DType, rows, lo, hi int) int {
	if kernels.level < simd.AVX2 {
		return 0
	}
	_, size := d.Block()
	columns := width / attentionAVX2.columns * attentionAVX2.columns
	for i := lo; i < hi; i += valuesSpan {
		n := min(valuesSpan, hi-i)
		for c := 0; c < columns; {
			set := &attentionAVX2
			if kernels.level >= simd.AVX512 && c+attentionAVX512.columns <= columns {
				set = &attentionAVX512
			}
			k := set.of(d)
			for r := 0; r < rows; {
				t := take(&valuesRows, rows-r)
				k.values[t](&dst[r*width+c], width, &p[r*ld+i], ld, &values[i*width*size+c*size], width*size, n)
				r += valuesRows[t]
			}
			c += set.columns
		}
	}
	return columns
}
