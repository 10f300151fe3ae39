package backend

import "github.com/bitnet-go/bitnet/bitnet-core/memory"

// A Backend owns one device. Its memory may be used from several goroutines; Close may
// not be called before they are done.
type Backend interface {
	// Name returns the device's name in flags, logs and benchmarks: "cpu", "metal:0".
	Name() string
	// Memory returns the allocator of buffers that the device and the host both
	// address.
	Memory() memory.Allocator
	// Close gives the device's memory back. Buffers that are still held are an error
	// that tells how many there are; they stay valid until they are released. A
	// second call does nothing and returns nil.
	Close() error
}

// Options are what every backend takes. The zero value works.
type Options struct {
	// MemoryLimit is the most bytes of memory that may be in use; 0 for what the device and
	// the surroundings, such as control groups, allow. An allocation beyond it is an
	// error.
	MemoryLimit int64
	// Pressure, if set, is told of every change of the bytes that the backend takes from
	// the system, with the limit if there is one, before the allocation or release that
	// made it returns. It may use the backend.
	Pressure func(committed, limit int64)
}
