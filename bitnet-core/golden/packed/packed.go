// Package packed reads test data that lies compressed where package golden finds it. Only
// tests import it.
package packed

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/ulikunitz/xz"

	"github.com/bitnet-go/bitnet/bitnet-core/golden"
)

// Read returns a file below BITNET_TESTDATA by its name there with slashes, unpacking it if
// it lies there as name.xz. Without the data the test is skipped, or fails when CI=true.
func Read(t testing.TB, name string) []byte {
	t.Helper()
	path := filepath.Join(golden.Path(t), filepath.FromSlash(name))
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		data, err = unpacked(path + ".xz")
	}
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func unpacked(path string) ([]byte, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	r, err := xz.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}
