package encoding

import (
	"bufio"
	"io"
	"os"
	"path/filepath"
)

// WriteFile makes the file at path from what write writes. The bytes go to a
// temporary file in the same folder, which takes the path's place only when it
// is complete and on disk: readers that have the old file mapped keep it, and a
// failure leaves it untouched. A new file has mode 0o644, a replaced one keeps
// its mode.
func WriteFile(path string, write func(w io.Writer) error) (err error) {
	mode := os.FileMode(0o644)
	if info, err := os.Stat(path); err == nil {
		mode = info.Mode().Perm()
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*.tmp")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			f.Close() // closed already, or its error matters no more
			os.Remove(f.Name())
		}
	}()
	w := bufio.NewWriterSize(f, 1<<20)
	if err := write(w); err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if err := f.Chmod(mode); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
