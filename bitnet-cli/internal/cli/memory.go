package cli

import (
	"github.com/bitnet-go/bitnet/bitnet-core/device"
	"github.com/bitnet-go/bitnet/bitnet-core/memory/pool"
)

// newMemory returns a pool for a model, within what control groups allow this process:
// beyond it an allocation is an error that says so, where the system would end the
// process.
func newMemory() (*pool.Pool, error) {
	limit := int64(device.Detect().MemoryLimit)
	return pool.New(pool.Options{SystemLimit: func() int64 { return limit }})
}
