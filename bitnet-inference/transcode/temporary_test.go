package transcode

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// requireAlone requires that nothing but the target is in its directory.
func requireAlone(t *testing.T, dst string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(dst))
	require.NoError(t, err)
	require.Len(t, entries, 1)
	require.Equal(t, filepath.Base(dst), entries[0].Name())
}

// TestMadeMeanwhile: what appears under the target's name while it is written is not
// replaced, and is there afterwards as it was.
func TestMadeMeanwhile(t *testing.T) {
	for _, tt := range []struct {
		name string
		make func(path string) error
	}{
		{"m.gguf", func(path string) error { return os.WriteFile(path, []byte("mine"), 0o600) }},
		{"m.gguf", func(path string) error { return os.Mkdir(path, 0o755) }},
		{"made", func(path string) error { return os.WriteFile(path, []byte("mine"), 0o600) }},
		{"made", func(path string) error { return os.Mkdir(path, 0o755) }},
	} {
		dst := filepath.Join(t.TempDir(), tt.name)
		p, err := New(t.Context(), packed(t), dst, Options{})
		require.NoError(t, err)
		var once sync.Once
		err = p.Write(t.Context(), func(_, _ int64) { once.Do(func() { require.NoError(t, tt.make(dst)) }) })
		require.EqualError(t, err, dst+": somebody else made it meanwhile, so the result is not kept: remove it or name another")
		require.NoError(t, p.Close())
		info, err := os.Stat(dst)
		require.NoError(t, err)
		if !info.IsDir() {
			data, err := os.ReadFile(dst)
			require.NoError(t, err)
			require.Equal(t, "mine", string(data))
		}
		requireAlone(t, dst)
	}
}

// TestSecondConversion: the second of two conversions to one name is refused, with and
// without leave to replace, and the first is done as if it were alone.
func TestSecondConversion(t *testing.T) {
	for _, name := range []string{"m.gguf", "made"} {
		for _, replace := range []bool{false, true} {
			dst := filepath.Join(t.TempDir(), name)
			p, err := New(t.Context(), packed(t), dst, Options{Replace: replace})
			require.NoError(t, err)
			var once sync.Once
			require.NoError(t, p.Write(t.Context(), func(_, _ int64) {
				once.Do(func() {
					q, err := New(t.Context(), packed(t), dst, Options{Replace: replace})
					require.NoError(t, err)
					require.EqualError(t, q.Write(t.Context(), nil), dst+": another conversion to this name is under way")
					require.NoError(t, q.Close())
				})
			}))
			require.NoError(t, p.Close())
			requireSameModel(t, packed(t), dst)
			requireAlone(t, dst)
		}
	}
}

// TestManyConversions has many conversions to one name at once. Each makes it or says why not.
func TestManyConversions(t *testing.T) {
	dst := filepath.Join(t.TempDir(), "m.gguf")
	var wg sync.WaitGroup
	var mu sync.Mutex
	var done, refused int
	for range 4 {
		wg.Go(func() {
			for range 20 {
				p, err := New(t.Context(), packed(t), dst, Options{Replace: true})
				if err == nil {
					err = p.Write(t.Context(), nil)
					_ = p.Close()
				}
				mu.Lock()
				switch {
				case err == nil:
					done++
				case strings.Contains(err.Error(), "another conversion to this name is under way"):
					refused++
				default:
					t.Error(err)
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	require.Positive(t, done)
	t.Logf("%d made, %d refused", done, refused)
	requireSameModel(t, packed(t), dst)
	requireAlone(t, dst)
}

// TestLeftovers: what killed processes leave, of either kind, the next conversion removes.
func TestLeftovers(t *testing.T) {
	for _, name := range []string{"m.gguf", "made"} {
		for _, dir := range []bool{false, true} {
			dst := filepath.Join(t.TempDir(), name)
			left := beside(dst, "tmp")
			if dir {
				require.NoError(t, os.MkdirAll(filepath.Join(left, "1_Pooling"), 0o755))
				left = filepath.Join(left, "config.json")
			}
			require.NoError(t, os.WriteFile(left, []byte("half of i"), 0o600))
			require.NoError(t, os.WriteFile(beside(dst, "lock"), nil, 0o600))
			convertModel(t, packed(t), dst, Options{})
			requireAlone(t, dst)
		}
	}
}

// TestLock: one at a time has the lock, though the file is made and removed all the time.
func TestLock(t *testing.T) {
	dst := filepath.Join(t.TempDir(), "m.gguf")
	var wg sync.WaitGroup
	var inside, had atomic.Int32
	for range 8 {
		wg.Go(func() {
			for range 2000 {
				f, locked, err := lockTarget(dst)
				if err != nil {
					continue
				}
				if !locked {
					t.Error("no lock here")
				}
				if inside.Add(1) != 1 {
					t.Error("two have the lock")
				}
				for range 20 {
					runtime.Gosched()
				}
				had.Add(1)
				inside.Add(-1)
				unlock(f)
			}
		})
	}
	wg.Wait()
	require.Positive(t, had.Load())
	require.NoFileExists(t, beside(dst, "lock"))
}

// TestLockByLink: a link under the lock's name is no reason to try for ever.
func TestLockByLink(t *testing.T) {
	dst := filepath.Join(t.TempDir(), "m.gguf")
	if err := os.Symlink(filepath.Join(t.TempDir(), "elsewhere"), beside(dst, "lock")); err != nil {
		t.Skip(err)
	}
	made := make(chan error, 1)
	go func() {
		p, err := New(context.Background(), packed(t), dst, Options{})
		if err == nil {
			err = errors.Join(p.Write(context.Background(), nil), p.Close())
		}
		made <- err
	}()
	select {
	case err := <-made:
		require.NoError(t, err)
	case <-time.After(10 * time.Second):
		t.Fatal("it is still waiting for the lock")
	}
	requireAlone(t, dst)
}

// TestWithoutLocks: of two that begin at once where the system has no locks the second does
// not take what the first has begun.
func TestWithoutLocks(t *testing.T) {
	dst := filepath.Join(t.TempDir(), "m.gguf")
	var both [2]temporary
	for i := range both {
		lock, err := os.CreateTemp(t.TempDir(), "")
		require.NoError(t, err)
		both[i] = temporary{path: beside(dst, "tmp"), target: dst, lock: lock}
	}
	write := func(w io.Writer) error { _, err := io.WriteString(w, "mine"); return err }
	require.NoError(t, both[0].file("", write))
	require.ErrorIs(t, both[1].file("", write), os.ErrExist)
	both[1].end()
	require.NoError(t, both[0].commit(false))
	both[0].end()
	data, err := os.ReadFile(dst)
	require.NoError(t, err)
	require.Equal(t, "mine", string(data))
	requireAlone(t, dst)
}
