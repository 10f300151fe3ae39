package simd

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestLevelsOfARM64(t *testing.T) {
	require.Equal(t, []Level{Generic, NEON, NEONDotProd, I8MM}, Levels())
	for l, name := range map[Level]string{Generic: "generic", NEON: "neon", NEONDotProd: "neondot", I8MM: "i8mm"} {
		require.Equal(t, name, l.String())
	}
	_, err := limit(names[:], through(I8MM), "avx2")
	require.EqualError(t, err, `BITNET_SIMD is "avx2", want one of generic, neon, neondot, i8mm`)
}
