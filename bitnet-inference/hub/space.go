package hub

import (
	"fmt"
	"math"
	"strings"

	"github.com/bitnet-go/bitnet/bitnet-core/disk"
)

// Free is how many bytes the user may still write where the store is; ok is false where the system does not tell.
func (s *Store) Free() (bytes int64, ok bool) { return disk.Free(s.dir) }

// Room reports whether what the pulls of several plans bring, and some to spare, fits on the store's disk. Where the
// system does not tell, it is found out by writing. Pull does it for its own.
func (c *Client) Room(plans ...*Plan) error {
	s := c.store
	need := s.lacks(plans...)
	free, ok := disk.Free(s.dir)
	if need <= 0 || !ok || free-spareRoom >= need {
		return nil
	}
	var repos []string
	for _, p := range plans {
		repos = append(repos, p.Ref.Repo)
	}
	return fmt.Errorf("%s: %w: %s more are needed, and %s has %s; HF_HUB_CACHE sets another place",
		strings.Join(repos, ", "), ErrNoSpace, gibibytes(need), s.dir, gibibytes(free))
}

// lacks is how many bytes of the blobs of plans are not here by now, whatever was when the plans were made.
func (s *Store) lacks(plans ...*Plan) (need int64) {
	counted := map[string]bool{}
	for _, p := range plans {
		for _, f := range p.Files {
			left := f.Size - s.have(p.Ref.Repo, p.Commit, f)
			if blob := blobPath(p.Ref.Repo, f.Blob); left > 0 && !counted[blob] {
				counted[blob] = true
				need += min(left, math.MaxInt64-need)
			}
		}
	}
	return need
}

// gibibytes is a size for people.
func gibibytes(n int64) string {
	if n < 1<<30/10 {
		return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
	}
	return fmt.Sprintf("%.2f GiB", float64(n)/(1<<30))
}
