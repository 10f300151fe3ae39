package simd

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestLimit(t *testing.T) {
	for _, tt := range []struct {
		best    Level
		env     string
		want    Level
		wantErr string
	}{
		{AVX512VNNI, "", AVX512VNNI, ""},
		{AVX512VNNI, "avx2", AVX2, ""},
		{AVX512VNNI, "generic", Generic, ""},
		{AVX2, "avx512vnni", AVX2, ""}, // never raised
		{AVX2, "sse9", AVX2, `BITNET_SIMD is "sse9", want one of generic, avx2, avx512, avx512vnni`},
	} {
		got, err := limit(tt.best, tt.env)
		require.Equal(t, tt.want, got, tt.env)
		if tt.wantErr == "" {
			require.NoError(t, err)
		} else {
			require.EqualError(t, err, tt.wantErr)
		}
	}
}
