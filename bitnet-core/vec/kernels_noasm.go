//go:build (!amd64 && !arm64) || purego

package vec

import "github.com/bitnet-go/bitnet/bitnet-core/simd"

func choose(simd.Level) kernelSet { return kernelSet{name: "generic"} }

func head([]float32, Stores) int                                { return 0 }
func binaryVec(Op, []float32, []float32, []float32, Stores) int { return 0 }
func scalarVec(scalarOp, []float32, []float32, float32, Stores) int {
	return 0
}
func unaryVec(Func, []float32, []float32, Stores) int      { return 0 }
func extremeVec(bool, []float32) (n int, top float32)      { return 0, 0 }
func accumulateVec([]float64, []float32) int               { return 0 }
func sumVec(op sumOp, x []float32, center float64) float64 { return sumColumns(op, x, center) }

// Fence ends a sequence of operations with [PastUnfenced]. Here it has nothing to do.
func Fence() {}
