package backend

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/device"
	"github.com/bitnet-go/bitnet/bitnet-core/memory"
)

// A heap is a backend of the Go heap.
type heap struct{ name string }

func (h heap) Name() string           { return h.name }
func (heap) Memory() memory.Allocator { return memory.Heap() }
func (heap) Close() error             { return nil }

// driver has a device for each name.
func driver(name string, devices ...string) Driver {
	return Driver{
		Name: name,
		Devices: func() ([]device.Info, error) {
			var infos []device.Info
			for _, id := range devices {
				infos = append(infos, device.Info{ID: id})
			}
			return infos, nil
		},
		Open: func(name string, _ Options) (Backend, error) { return heap{name}, nil },
	}
}

func TestOpen(t *testing.T) {
	r := newRegistry("linux", "amd64")
	r.register(driver("cpu", "cpu"))
	r.register(driver("fpga", "fpga:0", "fpga:1"))
	for _, name := range []string{"cpu", "fpga", "fpga:1"} {
		b, err := r.open(name, Options{})
		require.NoError(t, err)
		require.Equal(t, name, b.Name())
		require.NoError(t, b.Close())
	}
	for _, name := range []string{"", "CPU", "gpu", ":", "cpu0"} {
		_, err := r.open(name, Options{})
		require.ErrorContains(t, err, "want one of cpu, fpga", name)
		require.NotErrorIs(t, err, errors.ErrUnsupported)
	}
	_, err := r.open("cpu", Options{MemoryLimit: -5})
	require.ErrorContains(t, err, "a memory limit of -5 bytes")
}

// TestKnown has a reason for every absent kind on every system.
func TestKnown(t *testing.T) {
	const unbuilt = "no package of this program provides this device"
	for _, tt := range []struct{ goos, goarch, cuda, metal, mlx string }{
		{
			"linux", "amd64", unbuilt,
			"needs macOS; this program is for linux/amd64",
			"needs macOS on Apple silicon; this program is for linux/amd64",
		},
		{
			"darwin", "amd64", "needs Linux or Windows with an NVIDIA GPU; this program is for darwin/amd64",
			unbuilt, "needs macOS on Apple silicon; this program is for darwin/amd64",
		},
		{
			"darwin", "arm64", "needs Linux or Windows with an NVIDIA GPU; this program is for darwin/arm64",
			unbuilt, unbuilt,
		},
	} {
		r := newRegistry(tt.goos, tt.goarch)
		r.register(driver("cpu", "cpu"))
		entries := r.list()
		require.Len(t, entries, 4)
		require.Equal(t, Entry{Name: "cpu", Devices: []device.Info{{ID: "cpu"}}}, entries[0])
		for i, want := range []string{tt.cuda, tt.metal, tt.mlx} {
			e := entries[i+1]
			require.Equal(t, []string{"cuda", "metal", "mlx"}[i], e.Name)
			require.Empty(t, e.Devices)
			var absent *UnavailableError
			require.ErrorAs(t, e.Err, &absent)
			require.Equal(t, want, absent.Reason)
			_, err := r.open(e.Name+":0", Options{})
			require.Equal(t, e.Err, err, "Open says the same")
			require.ErrorIs(t, err, errors.ErrUnsupported)
		}
	}
}

// TestListOfDrivers: a driver takes the place of the known name, and says itself what it
// lacks.
func TestListOfDrivers(t *testing.T) {
	r := newRegistry("darwin", "arm64")
	r.register(driver("zpu"))
	broken := driver("metal", "metal:0")
	noAccess := errors.New("no access to the display")
	broken.Devices = func() ([]device.Info, error) { return []device.Info{{ID: "metal:0"}}, noAccess }
	r.register(broken)
	r.register(driver("cuda", "cuda:0", "cuda:1"))

	entries := r.list()
	require.Len(t, entries, 4)
	require.Equal(t, Entry{Name: "cuda", Devices: []device.Info{{ID: "cuda:0"}, {ID: "cuda:1"}}}, entries[0])
	require.Equal(t, Entry{Name: "metal", Err: noAccess}, entries[1])
	require.Equal(t, "zpu", entries[2].Name)
	require.EqualError(t, entries[2].Err, "backend zpu: this machine has no such device")
	require.Equal(t, "mlx", entries[3].Name)
}

func TestRegisterMistakes(t *testing.T) {
	r := newRegistry("linux", "amd64")
	r.register(driver("cpu", "cpu"))
	require.PanicsWithValue(t, "backend: Register name twice", func() { r.register(driver("cpu")) })
	for _, name := range []string{"", "CPU", "a:0", "a b"} {
		require.PanicsWithValue(t, "backend: Register driver", func() { r.register(driver(name)) }, name)
	}
	none := driver("x")
	none.Open = nil
	require.PanicsWithValue(t, "backend: Register driver", func() { r.register(none) })
	none = driver("x")
	none.Devices = nil
	require.PanicsWithValue(t, "backend: Register driver", func() { r.register(none) })
}
