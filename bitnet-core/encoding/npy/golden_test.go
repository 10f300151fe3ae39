package npy

import (
	"bytes"
	"encoding/hex"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/golden"
	"github.com/bitnet-go/bitnet/bitnet-core/memory"
	"github.com/bitnet-go/bitnet/bitnet-core/tensor"
)

// The golden files were made with NumPy by scripts/npy_golden.py.
type goldenFile struct {
	Name   string
	Type   string
	Shape  []int
	Data   hexBytes // little-endian, row-major
	File   hexBytes
	Arrays []string // of an archive
}

type hexBytes []byte

func (h *hexBytes) UnmarshalText(text []byte) (err error) {
	*h, err = hex.DecodeString(string(text))
	return err
}

type goldenFiles struct{ Arrays, Refused, Archives []goldenFile }

func goldens(t testing.TB) (g goldenFiles) {
	golden.JSON(t, golden.Committed(t, "golden", "npy", "npy.json"), &g)
	require.NotEmpty(t, g.Arrays)
	require.NotEmpty(t, g.Refused)
	require.NotEmpty(t, g.Archives)
	return g
}

// elements returns the elements of a tensor of any strides in row-major order.
func elements(t testing.TB, x *tensor.Tensor) []byte {
	var b bytes.Buffer
	require.NoError(t, gather(&b, x))
	return b.Bytes()
}

func (g *goldenFile) requireEqual(t testing.TB, x *tensor.Tensor) {
	d, _, err := parseType(g.Type)
	require.NoError(t, err)
	require.Equal(t, d, x.DType())
	require.Equal(t, g.Shape, []int(x.Shape()))
	require.Equal(t, hex.EncodeToString(g.Data), hex.EncodeToString(elements(t, x)))
}

func TestGolden(t *testing.T) {
	for _, g := range goldens(t).Arrays {
		t.Run(g.Name, func(t *testing.T) {
			x, err := Parse(memory.Wrap(g.File), "m")
			require.NoError(t, err)
			g.requireEqual(t, x)
			x.Release()

			path := filepath.Join(t.TempDir(), "a.npy")
			require.NoError(t, os.WriteFile(path, g.File, 0o600))
			x, err = Open(path)
			require.NoError(t, err)
			g.requireEqual(t, x)
			x.Release()

			a := memory.NewChecked(memory.Heap())
			x, err = Read(bytes.NewReader(g.File), a)
			require.NoError(t, err)
			g.requireEqual(t, x)
			x.Release()
			require.Empty(t, a.Leaks())

			// What NumPy wrote is what we write.
			info, err := ReadInfo(bytes.NewReader(g.File))
			require.NoError(t, err)
			require.Equal(t, strings.HasPrefix(g.Type, ">"), info.BigEndian)
			require.Equal(t, len(g.File), int(info.Offset+info.Size))
			x, err = Parse(memory.Wrap(g.File), "m")
			require.NoError(t, err)
			var out bytes.Buffer
			require.NoError(t, WriteTensor(&out, x, Options{Version: info.Version, Fortran: info.Fortran, BigEndian: info.BigEndian}))
			require.Equal(t, string(g.File), out.String())
		})
	}
}

// TestView shows that elements are not copied where they need not be.
func TestView(t *testing.T) {
	for _, g := range goldens(t).Arrays {
		buf, err := memory.Heap().Alloc(len(g.File), 0)
		require.NoError(t, err)
		copy(buf.Bytes(), g.File)
		x, err := Parse(buf, "m")
		require.NoError(t, err)
		info, err := ReadInfo(bytes.NewReader(g.File))
		require.NoError(t, err)
		require.Equal(t, !info.BigEndian, buf.Shared(), g.Name)
		x.Release()
		require.False(t, buf.Shared(), g.Name)
		buf.Release()
	}
}

// TestSeveral reads arrays that follow each other in one stream.
func TestSeveral(t *testing.T) {
	var stream bytes.Buffer
	g := goldens(t).Arrays
	for i := range g {
		stream.Write(g[i].File)
	}
	for i := range g {
		x, err := Read(&stream, memory.Heap())
		require.NoError(t, err)
		g[i].requireEqual(t, x)
	}
	_, err := Read(&stream, memory.Heap())
	require.Equal(t, io.EOF, err)
}

func TestRefused(t *testing.T) {
	want := map[string]string{
		"structured":        `header: the structured type "[('a', '<f4'), ('b', '>i2')], 'fortran_order': False, 'shape': (2,), }`,
		"nested":            `header: the structured type "[('a', [('b', '<f4')], (2,))]`,
		"structured, UTF-8": `header: the structured type "[('ä▁', '<f4')]`,
		"objects":           `header: elements of type "|O" (Python objects) are not supported: save it as bool, integers`,
		"complex":           `header: elements of type "<c8" (complex numbers) are not supported: save it as bool, integers`,
		"text":              `header: elements of type "<U2" (text) are not supported: save it as bool, integers`,
		"bytes":             `header: elements of type "|S2" (text) are not supported: save it as bool, integers`,
		"void":              `header: elements of type "|V2" (bytes without a meaning; arrays of bfloat16 look like this) are not supported: save it as`,
		"times":             `header: elements of type "<M8[D]" (times) are not supported: save it as bool, integers`,
		"long double":       `header: elements of type "<f16" (floats of a size that depends on the machine) are not supported: save it as`,
	}
	for _, g := range goldens(t).Refused {
		t.Run(g.Name, func(t *testing.T) {
			require.Contains(t, want, g.Name)
			_, err := Parse(memory.Wrap(g.File), "m")
			require.ErrorContains(t, err, "npy: m: "+want[g.Name])
			_, err = Read(bytes.NewReader(g.File), memory.Heap())
			require.ErrorContains(t, err, "npy: "+want[g.Name])
		})
	}
}

func TestGoldenArchives(t *testing.T) {
	g := goldens(t)
	arrays := map[string]goldenFile{}
	for _, a := range g.Arrays {
		arrays[a.Name] = a
	}
	for _, z := range g.Archives {
		path := filepath.Join(t.TempDir(), "a.npz")
		require.NoError(t, os.WriteFile(path, z.File, 0o600))
		a, err := OpenArchive(path)
		require.NoError(t, err)
		require.Equal(t, z.Arrays, a.Names())
		alloc := memory.NewChecked(memory.Heap())
		for _, name := range a.Names() {
			want := arrays[name]
			x, err := a.Tensor(name)
			require.NoError(t, err)
			want.requireEqual(t, x)
			x, err = a.Read(name, alloc)
			require.NoError(t, err)
			want.requireEqual(t, x)
			x.Release()
			require.NoError(t, a.Verify(name))
			info, err := a.Info(name)
			require.NoError(t, err)
			require.Equal(t, want.Shape, info.Shape)
			require.Equal(t, want.Type, info.TypeName)
		}
		require.Empty(t, alloc.Leaks())
		require.NoError(t, a.Close())
		_, err = a.Tensor("f4")
		require.ErrorContains(t, err, `array "f4": the archive is closed`)
	}
}
