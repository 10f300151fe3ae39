//go:build !purego

package simd

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestEmulated expects what the environment says: nothing is emulated unless a
// tracer is there.
func TestEmulated(t *testing.T) {
	for env, want := range map[string]levels{
		"": 0, "amx": levels(0).with(AMX), "avxvnni,amx,mmx": levels(0).with(AVXVNNI).with(AMX),
	} {
		t.Setenv("BITNET_SIMD_EMULATED", env)
		if !traced() {
			want = 0
		}
		require.Equal(t, want, emulated(), env)
	}
}
