package aligned

import (
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
)

func TestMake(t *testing.T) {
	require.Nil(t, Make[int8](0))
	for n := 1; n < 300; n++ {
		b := Make[int8](n)
		require.Len(t, b, n)
		require.Equal(t, n, cap(b))
		require.Zero(t, uintptr(unsafe.Pointer(&b[0]))%Line)
		f := Make[float32](n)
		require.Len(t, f, n)
		require.Zero(t, uintptr(unsafe.Pointer(&f[0]))%Line)
	}
}
