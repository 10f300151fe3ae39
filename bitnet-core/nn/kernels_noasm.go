//go:build (!amd64 && !arm64) || purego

package nn

import (
	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/simd"
)

func choose(simd.Level) kernelSet { return kernelSet{name: "generic"} }

func dotVec(*[4]float32, []byte, dtype.DType, int, []float32) int  { return 0 }
func weightedSumVec([]float32, []byte, dtype.DType, []float32) int { return 0 }
func narrowVec([]byte, []float32) int                              { return 0 }
func expSumVec([]float32, float32) (n int, sum float32)            { return 0, 0 }
