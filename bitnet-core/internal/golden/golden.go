// Package golden finds the test data that is not part of the repository: models
// and reference results whose licences stay with their owners.
//
// The environment variable BITNET_TESTDATA names the folder. By default it is
// ../shared, relative to the root of the repository.
package golden

import (
	"os"
	"path/filepath"
	"testing"
)

// Path returns the path of a file or folder of the test data. If it is not
// there, the test is skipped, or fails when CI=true.
func Path(t testing.TB, elem ...string) string {
	t.Helper()
	path := filepath.Join(append([]string{root(t)}, elem...)...)
	if _, err := os.Stat(path); err != nil {
		missing(t, err)
	}
	return path
}

// Glob returns the paths that match a pattern below the test data; there is at
// least one.
func Glob(t testing.TB, elem ...string) []string {
	t.Helper()
	pattern := filepath.Join(append([]string{root(t)}, elem...)...)
	paths, err := filepath.Glob(pattern)
	if err != nil {
		t.Fatal(err)
	}
	if len(paths) == 0 {
		missing(t, &os.PathError{Op: "glob", Path: pattern, Err: os.ErrNotExist})
	}
	return paths
}

func missing(t testing.TB, err error) {
	t.Helper()
	const why = "test data is missing (set BITNET_TESTDATA): %v"
	if os.Getenv("CI") == "true" {
		t.Fatalf(why, err)
	}
	t.Skipf(why, err)
}

func root(t testing.TB) string {
	t.Helper()
	if dir := os.Getenv("BITNET_TESTDATA"); dir != "" {
		return dir
	}
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.work")); err == nil {
			return filepath.Join(dir, "..", "shared")
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			missing(t, &os.PathError{Op: "find", Path: "go.work", Err: os.ErrNotExist})
		}
		dir = parent
	}
}
