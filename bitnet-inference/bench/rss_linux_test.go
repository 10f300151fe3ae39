package bench

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPeakRSS(t *testing.T) {
	before := PeakRSS()
	require.Greater(t, before, int64(1<<20))
	require.Less(t, before, int64(1<<40))
	held := make([]byte, before+64<<20)
	for i := 0; i < len(held); i += 1 << 10 {
		held[i] = 1
	}
	require.Greater(t, PeakRSS(), before+32<<20)
	require.Equal(t, byte(1), held[0])
}

func TestVmHWM(t *testing.T) {
	for status, want := range map[string]int64{
		"Name:\tx\nVmPeak:\t  99 kB\nVmHWM:\t  12 kB\nVmRSS:\t 3 kB\n": 12 << 10,
		"VmHWM:\t 12 MB\n": 0,
		"VmHWM:\t x kB\n":  0,
		"":                 0,
	} {
		require.Equal(t, want, vmHWM([]byte(status)), status)
	}
}
