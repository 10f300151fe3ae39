package check

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/golden"
	"github.com/bitnet-go/bitnet/bitnet-inference/checkpoint"
)

// loads reports whether a model loads as a whole.
func loads(t *testing.T, path string) bool {
	ck, err := checkpoint.Open(path)
	if err != nil {
		return false
	}
	defer func() { require.NoError(t, ck.Close()) }()
	_, err = ck.Weights()
	return err == nil
}

// TestGood: no golden model that loads has a fault, and every other has one.
func TestGood(t *testing.T) {
	var paths []string
	root := golden.Committed(t, "golden")
	require.NoError(t, filepath.WalkDir(root, func(path string, e os.DirEntry, err error) error {
		if filepath.Ext(path) == ".gguf" {
			paths = append(paths, path)
		} else if e.Name() == "config.json" {
			paths = append(paths, filepath.Dir(path))
		}
		return err
	}))
	require.Greater(t, len(paths), 10)
	for _, path := range paths {
		r, err := File(t.Context(), path, Options{})
		require.NoError(t, err)
		if !loads(t, path) {
			require.Positive(t, r.Count(Error), path)
			continue
		}
		for _, f := range r.Findings {
			t.Logf("%s: %+v", path, f)
			require.Equal(t, Note, f.Severity, "%s: %+v", path, f)
		}
	}
}

// TestFable: a trained model with a tokenizer has nothing to be noted at all.
func TestFable(t *testing.T) {
	for _, name := range []string{"fable-29m", "fable-29m-master"} {
		path := golden.Path(t, "models", name)
		var last, total int64
		r, err := File(t.Context(), path, Options{Progress: func(done, of int64) {
			require.Greater(t, done, last)
			last, total = done, of
		}})
		require.NoError(t, err)
		require.Empty(t, r.Findings)
		require.Equal(t, r.Bytes, last)
		require.Equal(t, r.Bytes, total)
	}
}

func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := File(ctx, golden.Committed(t, "golden", "families", "1bitllm-3b.gguf"), Options{})
	require.ErrorIs(t, err, context.Canceled)
	_, err = File(t.Context(), filepath.Join(t.TempDir(), "none"), Options{})
	require.ErrorIs(t, err, os.ErrNotExist)
}
