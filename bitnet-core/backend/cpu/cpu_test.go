package cpu

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/bitnet-go/bitnet/bitnet-core/backend"
	"github.com/bitnet-go/bitnet/bitnet-core/backend/backendtest"
	"github.com/bitnet-go/bitnet/bitnet-core/device"
	"github.com/bitnet-go/bitnet/bitnet-core/memory/pool"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestBackend(t *testing.T) {
	require.NoError(t, backendtest.Check(func(o backend.Options) (backend.Backend, error) { return Open(o) }))
	require.NoError(t, backendtest.Check(func(o backend.Options) (backend.Backend, error) { return backend.Open(Name, o) }))
}

func TestRegistered(t *testing.T) {
	b, err := backend.Open("cpu", backend.Options{MemoryLimit: 8 << 20})
	require.NoError(t, err)
	defer func() { require.NoError(t, b.Close()) }()
	p := b.(*Backend).Pool()
	require.Equal(t, "cpu", p.Device())
	_, err = p.Alloc(9<<20, 0)
	var limit *pool.LimitError
	require.ErrorAs(t, err, &limit)
	require.False(t, limit.System)
	require.Equal(t, int64(8<<20), limit.Limit)

	_, err = backend.Open("cpu:1", backend.Options{})
	require.ErrorContains(t, err, "one device, called cpu")
	_, err = backend.Open("cpu", backend.Options{MemoryLimit: -1})
	require.ErrorContains(t, err, "a memory limit of -1 bytes")

	first := backend.List()[0]
	require.Equal(t, "cpu", first.Name)
	require.NoError(t, first.Err)
	require.Equal(t, device.Best().Name, first.Devices[0].Name)
}

// TestSystemLimit: the pool keeps within the control groups' limit, where there is one.
func TestSystemLimit(t *testing.T) {
	b, err := Open(backend.Options{})
	require.NoError(t, err)
	defer func() { require.NoError(t, b.Close()) }()
	require.Equal(t, int64(device.MemoryLimit()), b.Pool().Usage().Limit)
}
