//go:build (!amd64 && !arm64) || purego

package nn

import "github.com/bitnet-go/bitnet/bitnet-core/dtype"

func rowsVec([]float32, []byte, dtype.DType, []float32) bool { return false }

func tokensVec(*[2][4]float32, []byte, dtype.DType, int, int, int, []float32) bool { return false }
