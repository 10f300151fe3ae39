package hub

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/bitnet-go/bitnet/bitnet-inference/hub/hubtest"
	"github.com/stretchr/testify/require"
)

// BenchmarkPull fetches half a gigabyte from this machine, in turns with curl where that is installed. HUB_BENCH_DIR
// sets where to, as in /dev/shm for a measurement without a disk. Both wait for the disk.
func BenchmarkPull(b *testing.B) {
	const size = 512 << 20
	repo := hubtest.Repo{Name: tinyRepo, Files: []hubtest.File{{Path: tinyGGUF, Data: noise(1, size), LFS: true}}}
	s := serve(b, repo)
	curl, err := exec.LookPath("curl")
	if err != nil {
		curl = ""
	}
	base := os.Getenv("HUB_BENCH_DIR")
	if base == "" {
		base = b.TempDir()
	}
	b.SetBytes(size)
	var ours, theirs time.Duration
	n := 0
	for b.Loop() {
		n++
		dir := filepath.Join(base, fmt.Sprintf("hub-%d-%d", os.Getpid(), n))
		began := time.Now()
		c, err := New(Options{Endpoint: s.URL(), Cache: filepath.Join(dir, "hub")})
		require.NoError(b, err)
		_, err = pull(b.Context(), c, Ref{Repo: tinyRepo})
		require.NoError(b, err)
		require.NoError(b, c.Close())
		ours += time.Since(began)
		b.StopTimer()
		if curl != "" {
			began = time.Now()
			out := filepath.Join(dir, "curl") // beside the store
			require.NoError(b, exec.Command(curl, "-sSfL", "-o", out, fmt.Sprintf("%s/%s/resolve/main/%s", s.URL(), tinyRepo, tinyGGUF)).Run())
			f, err := os.OpenFile(out, os.O_RDWR, 0)
			require.NoError(b, err)
			require.NoError(b, f.Sync())
			require.NoError(b, f.Close())
			theirs += time.Since(began)
		}
		require.NoError(b, os.RemoveAll(dir))
		b.StartTimer()
	}
	if curl != "" {
		b.ReportMetric(theirs.Seconds()/ours.Seconds(), "x-curl")
		b.ReportMetric(float64(n)*size/1e6/theirs.Seconds(), "curl-MB/s")
	}
}
