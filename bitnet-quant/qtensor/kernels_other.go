//go:build !amd64 || purego

package qtensor

import "github.com/bitnet-go/bitnet/bitnet-core/simd"

func choose(simd.Level) kernelSet { return kernelSet{name: "generic"} }

func i2sOfBF16Vec([]byte, []byte, int, uint16) bool { return false }
