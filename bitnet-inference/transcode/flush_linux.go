package transcode

import (
	"os"

	"golang.org/x/sys/unix"
)

// startFlush begins to put part of a file on disk. It is advice: Sync waits for all of it.
func startFlush(f *os.File, off, n int64) {
	_ = unix.SyncFileRange(int(f.Fd()), off, n, unix.SYNC_FILE_RANGE_WRITE)
}
