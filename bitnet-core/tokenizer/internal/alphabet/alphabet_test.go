package alphabet

import (
	"fmt"
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

func TestByteOf(t *testing.T) {
	for want := range 256 {
		for _, form := range []string{"<0x%02X>", "<0x%02x>"} {
			b, ok := ByteOf(fmt.Sprintf(form, want))
			require.True(t, ok)
			require.EqualValues(t, want, b)
		}
	}
	for _, token := range []string{"", "<0x0>", "<0x000>", "<0xG0>", "<0x0g>", "<0X00>", "<0x00)", "<0x/0>", "<0x:0>", "<0x0`>", "<0x@0>", "<0x+1>", "<0x\xd00>"} {
		_, ok := ByteOf([]byte(token))
		require.False(t, ok, "%q", token)
	}
}
