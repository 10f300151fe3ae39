package hub

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bitnet-go/bitnet/bitnet-inference/hub/hubtest"
	"github.com/stretchr/testify/require"
)

// victimEnv holds the endpoint and the store of a process that pulls until it is killed.
const victimEnv = "HUB_TEST_VICTIM"

func victim() int {
	if err := limitFiles(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	endpoint, cache, _ := strings.Cut(os.Getenv(victimEnv), "\n")
	c, err := New(Options{Endpoint: endpoint, Cache: cache, Connections: 3, PartSize: testPart})
	if err == nil {
		c.noteEvery, c.block = 5*time.Millisecond, testBlock
		_, err = pull(context.Background(), c, Ref{Repo: tinyRepo})
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// TestKill kills pulls at random moments, at which a store has to be consistent: a blob under its
// name is right, bytes that a sidecar notes are right, and the next pull asks for none of them.
func TestKill(t *testing.T) {
	kills := 10
	if os.Getenv("BITNET_LONG") != "" {
		kills = 200
	}
	self, err := os.Executable()
	require.NoError(t, err)
	repo := tiny()
	repo.Files[2].Data = noise(1, 2<<20+777)
	file := repo.Files[2]
	s := serve(t, repo)
	var cache string
	rounds, kept := 0, int64(0)
	for killed := 0; killed < kills; {
		if cache == "" {
			cache = t.TempDir()
		}
		part := filepath.Join(cache, filepath.FromSlash(partPath(repo.Name, file.Blob())))
		before := noted(t, cache, repo.Name, file)
		s.Forget()
		s.Inject(hubtest.Fault{Host: "cdn", File: "*", Drip: 4 * time.Millisecond, DripSize: 24 << 10})
		cmd := exec.Command(self)
		cmd.Env = append(os.Environ(), victimEnv+"="+s.URL()+"\n"+cache)
		cmd.Stderr = os.Stderr
		require.NoError(t, cmd.Start())
		timer := time.AfterFunc(time.Duration(20+rand.IntN(180))*time.Millisecond, func() { _ = cmd.Process.Kill() })
		err := cmd.Wait()
		if timer.Stop() {
			require.NoError(t, err)
		} else if err != nil {
			killed++
		}
		for _, r := range s.Requests() {
			var from, to int64
			if n, _ := fmt.Sscanf(r.Range, "bytes=%d-%d", &from, &to); n == 2 {
				require.Equal(t, to+1-from, before.missingIn(span{from, to + 1}).total(), "asked for what was here")
			}
		}
		after := noted(t, cache, repo.Name, file)
		if _, statErr := os.Stat(part); statErr == nil {
			require.GreaterOrEqual(t, after.total(), before.total(), "something was lost")
			kept = max(kept, after.total())
		}
		blob := filepath.Join(cache, filepath.FromSlash(blobPath(repo.Name, file.Blob())))
		if data, readErr := os.ReadFile(blob); readErr == nil {
			sum := sha256.Sum256(data)
			require.Equal(t, file.Blob(), hex.EncodeToString(sum[:]))
		}
		store, openErr := OpenStore(cache)
		require.NoError(t, openErr)
		if found, findErr := store.Find(Ref{Repo: repo.Name}); findErr == nil {
			requireFile(t, found.Path, file.Data)
			rounds++
			cache = ""
		}
		require.NoError(t, store.Close())
	}
	t.Logf("%d kills, %d pulls completed, at most %d bytes kept by a kill", kills, rounds, kept)
	if kills > 100 {
		require.Positive(t, kept, "no kill hit a pull that had noted something")
		require.Positive(t, rounds)
	}
}

// TestTwoProcesses: of two processes that pull one file one fetches it.
func TestTwoProcesses(t *testing.T) {
	self, err := os.Executable()
	require.NoError(t, err)
	repo := tiny()
	s := serve(t, repo)
	s.Inject(slow)
	cache := t.TempDir()
	var victims []*exec.Cmd
	for range 2 {
		cmd := exec.Command(self)
		cmd.Env = append(os.Environ(), victimEnv+"="+s.URL()+"\n"+cache)
		cmd.Stderr = os.Stderr
		require.NoError(t, cmd.Start())
		victims = append(victims, cmd)
	}
	for _, cmd := range victims {
		require.NoError(t, cmd.Wait())
	}
	require.EqualValues(t, len(repo.Files[2].Data), s.Sent(tinyGGUF))
	store, err := OpenStore(cache)
	require.NoError(t, err)
	defer store.Close()
	found, err := store.Find(Ref{Repo: tinyRepo})
	require.NoError(t, err)
	requireFile(t, found.Path, repo.Files[2].Data)
}

// noted reads what a sidecar says, and checks that it is true.
func noted(t *testing.T, cache, repo string, file hubtest.File) ranges {
	t.Helper()
	side, err := os.ReadFile(filepath.Join(cache, filepath.FromSlash(notePath(repo, file.Blob()))))
	if err != nil {
		return nil
	}
	part, err := os.ReadFile(filepath.Join(cache, filepath.FromSlash(partPath(repo, file.Blob()))))
	if err != nil {
		return nil // between the renaming of one and the removal of the other
	}
	done := parseSidecar(side, int64(len(file.Data)))
	for _, s := range done {
		require.LessOrEqual(t, s.to, int64(len(part)))
		require.Equal(t, sha256.Sum256(file.Data[s.from:s.to]), sha256.Sum256(part[s.from:s.to]), "noted bytes are others")
	}
	return done
}
