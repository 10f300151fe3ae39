package simd

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestLevelsOfAMD64(t *testing.T) {
	require.Equal(t, []Level{Generic, AVX2, AVXVNNI, AVX512, AVX512VNNI, AVX512VBMI, AMX}, Levels())
	for l, name := range map[Level]string{
		Generic: "generic", AVX2: "avx2", AVXVNNI: "avxvnni",
		AVX512: "avx512", AVX512VNNI: "avx512vnni", AVX512VBMI: "avx512vbmi", AMX: "amx",
	} {
		require.Equal(t, name, l.String())
	}
	_, err := limit(names[:], through(AVX2), "neondot")
	require.EqualError(t, err, `BITNET_SIMD is "neondot", want one of generic, avx2, avxvnni, avx512, avx512vnni, avx512vbmi, amx`)
}

// TestBranch has a CPU with AVX-512 VNNI and without AVX-VNNI (Ice Lake, Zen 4).
func TestBranch(t *testing.T) {
	found := through(AVX2).with(AVX512).with(AVX512VNNI)
	for env, want := range map[string]struct {
		set  levels
		best Level
	}{
		"":           {found, AVX512VNNI},
		"amx":        {found, AVX512VNNI},
		"avx512vnni": {found, AVX512VNNI},
		"avxvnni":    {through(AVX2), AVX2},
		"avx2":       {through(AVX2), AVX2},
	} {
		got, err := limit(names[:], found, env)
		require.NoError(t, err)
		require.Equal(t, want.set, got, env)
		require.Equal(t, want.best, got.best(), env)
		require.False(t, got.has(AVXVNNI), env)
	}
}

// TestInclusion is what kernels rely on that compare levels: all but the branch
// are there whenever a higher one is.
func TestInclusion(t *testing.T) {
	for _, l := range Levels() {
		if l != AVXVNNI && l < detected.best() {
			require.True(t, detected.has(l), "%s is there, %s is not", detected.best(), l)
		}
	}
}
