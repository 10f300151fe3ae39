//go:build !amd64 || purego

package nn

import "github.com/bitnet-go/bitnet/bitnet-core/dtype"

// arm64 goes by weightedSum, for which it has kernels.

func scoresVec([]float32, int, []float32, int, int, []byte, dtype.DType, int) bool { return false }

func valuesVec([]float32, int, []float32, int, []byte, dtype.DType, int, int, int) int {
	return 0
}
