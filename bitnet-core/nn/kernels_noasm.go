//go:build (!amd64 && !arm64) || purego

package nn

import (
	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/simd"
)

func dotVec(dst []float32, ld int, w []byte, d dtype.DType, stride, rows int, x []float32, cols int) int {
	return 0
}

func choose(simd.Level) kernelSet { return kernelSet{name: "generic"} }

func weightedSumVec([]float32, []byte, dtype.DType, []float32) int { return 0 }
func expSumVec([]float32, float32) (n int, sum float32)            { return 0, 0 }
