package alphabet

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAlphabet(t *testing.T) {
	seen := map[rune]bool{}
	for b := range 256 {
		r := Spell(byte(b))
		require.False(t, seen[r])
		seen[r] = true
		back, ok := Unspell(r)
		require.True(t, ok)
		require.EqualValues(t, b, back)
	}
	for r := rune(0); r < 0x400; r++ {
		_, ok := Unspell(r)
		require.Equal(t, seen[r], ok, "%U", r)
	}
	require.Equal(t, "ĠaĊ", string(Append(nil, []byte(" a\n"))))
}

func TestAppendBytes(t *testing.T) {
	all := make([]byte, 256)
	for b := range all {
		all[b] = byte(b)
	}
	raw, ok := AppendBytes([]byte("x"), Append(nil, all))
	require.True(t, ok)
	require.Equal(t, append([]byte("x"), all...), raw)
	raw, ok = AppendBytes([]byte("x"), []byte("Ġa日"))
	require.False(t, ok)
	require.Equal(t, "xĠa日", string(raw), "as it stands")
}
