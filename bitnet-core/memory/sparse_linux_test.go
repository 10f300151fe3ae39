package memory

import (
	"fmt"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestSparse: a byte here and there brings a page each, not a huge one.
func TestSparse(t *testing.T) {
	const size, step = 256 << 20, 1 << 20
	for _, a := range []Allocator{Mapped(), NewChecked(Mapped())} {
		b, err := a.Alloc(size, 0)
		require.NoError(t, err)
		b.Sparse()
		before := residentPrivate(t)
		data := b.Bytes()
		for i := 0; i < size; i += step {
			data[i] = 1
		}
		require.Less(t, residentPrivate(t)-before, size/8)
		b.Release()
	}
	heap, err := Heap().Alloc(100, 0)
	require.NoError(t, err)
	heap.Sparse()
	heap.Release()
}

// residentPrivate returns the bytes of this process' memory that are not of files.
func residentPrivate(t *testing.T) int {
	t.Helper()
	data, err := os.ReadFile("/proc/self/statm")
	require.NoError(t, err)
	var size, resident, shared int
	_, err = fmt.Sscan(string(data), &size, &resident, &shared)
	require.NoError(t, err)
	return (resident - shared) * os.Getpagesize()
}
