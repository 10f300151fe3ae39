// Package cpu is the backend of the host's processors: their memory is a [pool.Pool] that
// keeps within what control groups allow the process. Beyond that an allocation is an error,
// where the system would end the process. Importing the package registers it as [Name].
package cpu

import (
	"fmt"

	"github.com/bitnet-go/bitnet/bitnet-core/backend"
	"github.com/bitnet-go/bitnet/bitnet-core/device"
	"github.com/bitnet-go/bitnet/bitnet-core/memory"
	"github.com/bitnet-go/bitnet/bitnet-core/memory/pool"
)

// Name is what the host's processors are called.
const Name = "cpu"

func init() {
	backend.Register(backend.Driver{
		Name:    Name,
		Devices: func() ([]device.Info, error) { return device.List(), nil },
		Open: func(name string, o backend.Options) (backend.Backend, error) {
			if name != Name {
				return nil, fmt.Errorf("backend %s: the processors of this machine are one device, called %s", name, Name)
			}
			b, err := Open(o)
			if err != nil {
				return nil, err // not a Backend that holds nil
			}
			return b, nil
		},
	})
}

// A Backend is the host's processors and a pool of their memory.
type Backend struct{ pool *pool.Pool }

var _ backend.Backend = (*Backend)(nil)

// Open returns a backend, which the caller closes. Nothing is allocated yet.
func Open(o backend.Options) (*Backend, error) {
	limit := int64(device.MemoryLimit())
	p, err := pool.New(pool.Options{
		Device: Name, Limit: o.MemoryLimit, SystemLimit: func() int64 { return limit }, Pressure: o.Pressure,
	})
	if err != nil {
		return nil, err
	}
	return &Backend{p}, nil
}

// Name implements [backend.Backend].
func (b *Backend) Name() string { return Name }

// Memory implements [backend.Backend].
func (b *Backend) Memory() memory.Allocator { return b.pool }

// Pool returns the memory as what it is, for those who trim, reclaim or look into it.
func (b *Backend) Pool() *pool.Pool { return b.pool }

// Close implements [backend.Backend].
func (b *Backend) Close() error { return b.pool.Close() }
