//go:build (!amd64 && !arm64) || purego

package nn

import "github.com/bitnet-go/bitnet/bitnet-core/simd"

var kernels = choose(simd.Best())

func choose(simd.Level) kernelSet { return kernelSet{name: "generic"} }
