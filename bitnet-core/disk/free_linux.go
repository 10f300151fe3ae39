package disk

import "golang.org/x/sys/unix"

func free(dir string) (bytes int64, ok bool) {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return 0, false
	}
	return times(s.Bavail, uint64(s.Frsize)), true // blocks are counted in fragments, which FUSE has smaller than Bsize
}
