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
func WriteFile(path string, write func(w io.Writer) error) error {
	mode := os.FileMode(0o644)
	if info, err := os.Stat(path); err == nil {
		mode = info.Mode().Perm()
	}
	return replace(path, write, func(f *os.File) error {
		if err := f.Chmod(mode); err != nil {
			return err
		}
		return f.Sync()
	})
}

// WriteCache is [WriteFile] for what can be made again: it does not wait for the disk,
// and nobody else may read the file (mode 0o600). After a crash of the system it may
// be incomplete, so its format must tell.
func WriteCache(path string, write func(w io.Writer) error) error {
	return replace(path, write, func(*os.File) error { return nil })
}

// replace writes a temporary file, finishes it and gives it the path.
func replace(path string, write func(w io.Writer) error, finish func(f *os.File) error) (err error) {
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
	if err := finish(f); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
