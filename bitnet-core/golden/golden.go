// Package golden finds the test data of every module: what is committed under
// testdata at the repository's root, and models and tokenizers whose licences
// keep them out of it. Only tests import it.
package golden

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// Committed returns the path of a file or folder under testdata at the
// repository's root. It fails the test if it is not there.
func Committed(t testing.TB, elem ...string) string {
	t.Helper()
	path := filepath.Join(append([]string{root(t), "testdata"}, elem...)...)
	if _, err := os.Stat(path); err != nil {
		t.Fatal(err)
	}
	return path
}

// Path returns the path of a file or folder below BITNET_TESTDATA, by default
// ../shared relative to the repository's root. If it is not there the test is
// skipped, or fails when CI=true.
func Path(t testing.TB, elem ...string) string {
	t.Helper()
	path := filepath.Join(append([]string{external(t)}, elem...)...)
	if _, err := os.Stat(path); err != nil {
		missing(t, err)
	}
	return path
}

// Glob returns the paths that match a pattern below BITNET_TESTDATA, at least
// one; see [Path].
func Glob(t testing.TB, elem ...string) []string {
	t.Helper()
	pattern := filepath.Join(append([]string{external(t)}, elem...)...)
	paths, err := filepath.Glob(pattern)
	if err != nil {
		t.Fatal(err)
	}
	if len(paths) == 0 {
		missing(t, &os.PathError{Op: "glob", Path: pattern, Err: os.ErrNotExist})
	}
	return paths
}

// JSON decodes a file into v and fails the test if that does not work.
func JSON(t testing.TB, path string, v any) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, v); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

func missing(t testing.TB, err error) {
	t.Helper()
	const why = "test data is missing (set BITNET_TESTDATA): %v"
	if os.Getenv("CI") == "true" {
		t.Fatalf(why, err)
	}
	t.Skipf(why, err)
}

func external(t testing.TB) string {
	t.Helper()
	if dir := os.Getenv("BITNET_TESTDATA"); dir != "" {
		return dir
	}
	return filepath.Join(root(t), "..", "shared")
}

func root(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.work")); err == nil {
			return dir
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			t.Skip("the test data is in the repository; this test runs outside of one")
		}
		dir = parent
	}
}
