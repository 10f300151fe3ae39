package simd

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestLimit(t *testing.T) {
	for _, arch := range []string{
		"generic",
		"generic, avx2, avx512, avx512vnni",
		"generic, avx2, avx512, avx512vnni, avx512vbmi",
		"generic, neon, neondot, i8mm",
	} {
		list := strings.Split(arch, ", ")
		for i := range list {
			found := through(Level(i))
			got, err := limit(list, found, "")
			require.NoError(t, err)
			require.Equal(t, found, got)
			for j, name := range list {
				got, err := limit(list, found, name)
				require.NoError(t, err)
				require.Equal(t, Level(min(i, j)), got.best(), "%s on a machine with %s", name, list[i])
			}
			for _, wrong := range []string{"sse9", "NEON", "avx2 ", "generic,neon"} {
				got, err := limit(list, found, wrong)
				require.Equal(t, found, got)
				require.EqualError(t, err, `BITNET_SIMD is "`+wrong+`", want one of `+arch)
			}
		}
	}
}

func TestLevels(t *testing.T) {
	all := Levels()
	require.Equal(t, Generic, all[0])
	require.Len(t, all, len(names))
	seen := map[string]bool{}
	for i, l := range all {
		require.Equal(t, Level(i), l)
		require.NotEmpty(t, l.String())
		require.False(t, seen[l.String()], "two levels are named %s", l)
		seen[l.String()] = true
		require.False(t, Has(l) && l > Best(), l)
	}
	require.True(t, Has(Generic))
	require.True(t, Has(Best()))
	require.Contains(t, all, Detected())
	require.LessOrEqual(t, Best(), Detected())
}
