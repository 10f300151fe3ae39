package disk

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// Free is how many bytes the user may still write in a directory, or where that is not there yet, in the nearest one
// above it that is; ok is false where the system does not tell.
func Free(dir string) (bytes int64, ok bool) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return 0, false
	}
	for {
		if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) || dir == filepath.Dir(dir) {
			return free(dir)
		}
		dir = filepath.Dir(dir)
	}
}
