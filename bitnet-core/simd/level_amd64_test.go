package simd

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestLevelsOfAMD64(t *testing.T) {
	require.Equal(t, []Level{Generic, AVX2, AVX512, AVX512VNNI}, Levels())
	for l, name := range map[Level]string{Generic: "generic", AVX2: "avx2", AVX512: "avx512", AVX512VNNI: "avx512vnni"} {
		require.Equal(t, name, l.String())
	}
	_, err := limit(names[:], AVX2, "neondot")
	require.EqualError(t, err, `BITNET_SIMD is "neondot", want one of generic, avx2, avx512, avx512vnni`)
}
