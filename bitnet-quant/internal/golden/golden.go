// Package golden reads the test data that is committed under testdata/golden at
// the repository root. testdata/golden/ternary/README.md says how each file was
// made.
package golden

import (
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/bitnet-go/bitnet/bitnet-core/golden"
)

// Bytes returns the content of testdata/golden/name.
func Bytes(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(golden.Committed(t, "golden", filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// Float32s is Bytes for a file of little-endian float32.
func Float32s(t testing.TB, name string) []float32 {
	t.Helper()
	data := Bytes(t, name)
	v := make([]float32, len(data)/4)
	for i := range v {
		v[i] = math.Float32frombits(binary.LittleEndian.Uint32(data[4*i:]))
	}
	return v
}
