package transcode

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestTargetSize: the file is as large as is allowed at most, and the next larger choice
// would not fit.
func TestTargetSize(t *testing.T) {
	src := wide(t)
	dir := t.TempDir()
	size := func(o Options) (int64, *Plan) {
		file := filepath.Join(dir, "m.gguf")
		o.Ternarize, o.Replace = true, true
		p := convertModel(t, src, file, o)
		info, err := os.Stat(file)
		require.NoError(t, err)
		return info.Size(), p
	}
	var last int64
	for _, kind := range []string{"f16", "q8_0", "q6_k", "q4_0"} {
		want, _ := size(Options{Embedding: kind})
		got, p := size(Options{TargetSize: want})
		require.Equal(t, want, got, kind)
		require.NotEmpty(t, p.Notes)
		if last > 0 {
			got, _ = size(Options{TargetSize: last - 1})
			require.Equal(t, want, got, kind)
		}
		last = want
	}
	_, err := New(t.Context(), src, filepath.Join(dir, "n.gguf"), Options{Ternarize: true, TargetSize: last - 1})
	require.ErrorContains(t, err, "the smallest possible")
}
