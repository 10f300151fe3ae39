package hub

import "fmt"

// Free is how many bytes the user may still write where the store is; ok is false where the system does not tell.
func (s *Store) Free() (bytes int64, ok bool) { return freeSpace(s.dir) }

// room reports whether a number of bytes, and some to spare, fit on the store's disk. Where the system does not
// tell, it is found out by writing.
func (s *Store) room(need int64) error {
	free, ok := freeSpace(s.dir)
	if need <= 0 || !ok || free-spareRoom >= need {
		return nil
	}
	return fmt.Errorf("%w: %s more are needed, and %s has %s; HF_HUB_CACHE sets another place",
		ErrNoSpace, gibibytes(need), s.dir, gibibytes(free))
}

// gibibytes is a size for people.
func gibibytes(n int64) string {
	if n < 1<<30/10 {
		return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
	}
	return fmt.Sprintf("%.2f GiB", float64(n)/(1<<30))
}
