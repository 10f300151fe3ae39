package hub

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bitnet-go/bitnet/bitnet-inference/hub/hubtest"
	"github.com/stretchr/testify/require"
)

// slow makes a pull of the tiny repository take most of a second.
var slow = hubtest.Fault{Host: "cdn", File: tinyGGUF, Drip: 20 * time.Millisecond, DripSize: 8 << 10}

// TestRemoveDuringPull: what is being fetched is not removed.
func TestRemoveDuringPull(t *testing.T) {
	repo := tiny()
	s := serve(t, repo)
	s.Inject(slow)
	c := client(t, s)
	p, err := c.Resolve(t.Context(), Ref{Repo: tinyRepo})
	require.NoError(t, err)
	var once sync.Once
	path, err := c.Pull(t.Context(), p, func(p Progress) {
		if p.Fetched == 0 {
			return
		}
		once.Do(func() {
			freed, err := c.store.Remove(Ref{Repo: tinyRepo})
			if err == nil || freed != 0 {
				t.Error("it was removed", freed)
				return
			}
			require.ErrorContains(t, err, "is being fetched")
		})
	})
	require.NoError(t, err)
	requireFile(t, path, repo.Files[2].Data)
	_, err = c.store.Remove(Ref{Repo: tinyRepo})
	require.NoError(t, err)
	require.FileExists(t, filepath.Join(c.store.Dir(), filepath.FromSlash(lockPath(tinyRepo, repo.Files[2].Blob()))), "others may hold it")
}

// TestRemoveOfRevisionDuringPull: a pull does not say that a model is here of which others have removed files that it
// had done with.
func TestRemoveOfRevisionDuringPull(t *testing.T) {
	for name, times := range map[string]int{"once": 1, "always": 1 << 30} {
		t.Run(name, func(t *testing.T) {
			repo := directory()
			c := client(t, serve(t, repo))
			p, err := c.Resolve(t.Context(), Ref{Repo: repo.Name})
			require.NoError(t, err)
			removed := 0
			path, err := c.Pull(t.Context(), p, func(now Progress) {
				if now.Phase == Fetching && isWeights(now.File) && removed < times {
					if _, err := c.store.Remove(Ref{Repo: repo.Name, Revision: p.Commit}); err == nil {
						removed++
					}
				}
			})
			require.Positive(t, removed)
			if times > 1 {
				require.ErrorIs(t, err, errRemoved)
				require.NoFileExists(t, filepath.Join(c.store.Dir(), folder(repo.Name), "refs", "main"))
				return
			}
			require.NoError(t, err)
			for _, f := range p.Files {
				require.FileExists(t, filepath.Join(path, filepath.FromSlash(f.Path)))
			}
		})
	}
}

// TestPartTaken: where another program removes an unfinished download, or puts another in its place, a pull ends and
// gives nothing the name that it has not checked.
func TestPartTaken(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("what is open cannot be removed there")
	}
	for name, test := range map[string]struct {
		instead int // bytes of a file under the same name; -1 for none
		every   time.Duration
	}{
		"removed":                  {-1, 10 * time.Millisecond},
		"removed, seen at the end": {-1, time.Hour},
		"replaced":                 {1<<20 + 12345, time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			repo := tiny()
			s := serve(t, repo)
			s.Inject(slow)
			c := client(t, s)
			c.noteEvery = test.every
			p, err := c.Resolve(t.Context(), Ref{Repo: tinyRepo})
			require.NoError(t, err)
			var once sync.Once
			_, err = c.Pull(t.Context(), p, func(p Progress) {
				if p.Fetched == 0 {
					return
				}
				once.Do(func() {
					parts, err := filepath.Glob(filepath.Join(c.store.Dir(), "*", "blobs", "*.bitnet.part"))
					if err != nil || len(parts) != 1 || os.Remove(parts[0]) != nil {
						t.Error("no part", parts)
					} else if test.instead >= 0 {
						require.NoError(t, os.WriteFile(parts[0], make([]byte, test.instead), 0o666))
					}
				})
			})
			require.ErrorContains(t, err, "was removed while it was fetched; pull again")
			require.NoFileExists(t, filepath.Join(c.store.Dir(), filepath.FromSlash(blobPath(tinyRepo, repo.Files[2].Blob()))))
			if test.every < time.Second {
				require.Less(t, s.Sent(tinyGGUF), int64(len(repo.Files[2].Data)), "it was seen at the end only")
			}
			s.Forget()
			path, err := c.Pull(t.Context(), p, nil)
			require.NoError(t, err)
			requireFile(t, path, repo.Files[2].Data)
		})
	}
}

// TestMadeByAnother: a pull whose unfinished file was taken is content where the blob is there by then.
func TestMadeByAnother(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("what is open cannot be removed there")
	}
	for name, every := range map[string]time.Duration{"meanwhile": 10 * time.Millisecond, "at the end": time.Hour} {
		t.Run(name, func(t *testing.T) {
			repo := tiny()
			s := serve(t, repo)
			s.Inject(slow)
			c := client(t, s)
			c.noteEvery = every
			p, err := c.Resolve(t.Context(), Ref{Repo: tinyRepo})
			require.NoError(t, err)
			var once sync.Once
			var last Progress
			path, err := c.Pull(t.Context(), p, func(now Progress) {
				last = now
				if now.Fetched > 0 {
					once.Do(func() {
						blob := c.store.full(blobPath(tinyRepo, repo.Files[2].Blob()))
						if err := errors.Join(os.WriteFile(blob, repo.Files[2].Data, 0o666), os.Remove(blob+".bitnet.part")); err != nil {
							t.Error(err)
						}
					})
				}
			})
			require.NoError(t, err)
			requireFile(t, path, repo.Files[2].Data)
			require.Equal(t, Done, last.Phase)
			require.Equal(t, last.Total, last.Done)
		})
	}
}

// TestSweepDuringPull: what has just come is not taken for what nobody uses.
func TestSweepDuringPull(t *testing.T) {
	repo := directory()
	s := serve(t, repo)
	c := client(t, s)
	var sweeping sync.WaitGroup
	var done atomic.Bool
	defer sweeping.Wait()
	defer done.Store(true)
	for range 2 {
		sweeping.Go(func() {
			for !done.Load() {
				if err := c.store.sweep(repo.Name); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	for range 10 {
		path, err := pull(t.Context(), c, Ref{Repo: repo.Name})
		require.NoError(t, err)
		for _, name := range []string{"config.json", "tokenizer.json", "model-00001-of-00002.safetensors"} {
			_, err := os.Stat(filepath.Join(path, name))
			require.NoError(t, err, "it leads nowhere")
		}
		require.NoError(t, os.RemoveAll(filepath.Dir(path)))
	}
}

// TestRemoveBesidePull: a model is pulled and removed while another of the same commit is, too.
func TestRemoveBesidePull(t *testing.T) {
	s := serve(t, hubtest.Repo{Name: "test-org/two", Files: []hubtest.File{
		{Path: "d/e/a.gguf", Data: noise(5, 1000), LFS: true},
		{Path: "d/e/b.gguf", Data: noise(6, 1000), LFS: true},
	}})
	c := client(t, s)
	var running sync.WaitGroup
	for _, file := range []string{"d/e/a.gguf", "d/e/b.gguf"} {
		running.Go(func() {
			r := Ref{Repo: "test-org/two", File: file}
			p, err := c.Resolve(t.Context(), r)
			for i := 0; err == nil && i < 100; i++ {
				var path string
				if path, err = c.Pull(t.Context(), p, nil); err != nil {
					break
				}
				if _, err = os.Stat(path); err != nil {
					break
				}
				r.Revision = p.Commit // main may have gone with the other
				_, err = c.store.Remove(r)
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	running.Wait()
}

// TestNoLocks: where a file system has no locks, or says that it has given one to everybody, pulls of one file do
// not spoil each other's: who succeeds has the right content.
func TestNoLocks(t *testing.T) {
	defer func() { flock = lockFile }()
	for name, lock := range map[string]func(*os.File) (taken, possible bool){
		"none":            func(*os.File) (taken, possible bool) { return false, false },
		"for all at once": func(*os.File) (taken, possible bool) { return true, true },
	} {
		t.Run(name, func(t *testing.T) {
			flock = lock
			repo := tiny()
			s := serve(t, repo)
			s.Inject(slow)
			cache := t.TempDir()
			var running sync.WaitGroup
			var succeeded atomic.Int32
			for i := range 3 {
				c := client(t, s, func(o *Options) { o.Cache = cache })
				c.noteEvery = 40 * time.Millisecond
				running.Go(func() {
					time.Sleep(time.Duration(i) * 20 * time.Millisecond)
					path, err := pull(t.Context(), c, Ref{Repo: tinyRepo})
					if err != nil {
						t.Log(err)
						return
					}
					succeeded.Add(1)
					requireFile(t, path, repo.Files[2].Data)
				})
			}
			running.Wait()
			require.Positive(t, succeeded.Load())
			c := client(t, s, func(o *Options) { o.Cache = cache })
			path, err := pull(t.Context(), c, Ref{Repo: tinyRepo})
			require.NoError(t, err)
			requireFile(t, path, repo.Files[2].Data)
			if name == "none" {
				require.EqualValues(t, 3, succeeded.Load())
				require.Empty(t, leftovers(t, c))
			}
		})
	}
}
