package npy

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/memory"
	"github.com/bitnet-go/bitnet/bitnet-core/tensor"
)

// file makes a .npy file of version 1 with n bytes of data.
func file(header string, n int) []byte {
	b := append([]byte(magic), 1, 0)
	b = binary.LittleEndian.AppendUint16(b, uint16(len(header)))
	return append(append(b, header...), make([]byte, n)...)
}

// dict is a header of the given parts.
func dict(descr, fortran, shape string) string {
	return fmt.Sprintf("{'descr': %s, 'fortran_order': %s, 'shape': %s, }\n", descr, fortran, shape)
}

// TestSyntax reads headers that NumPy does not write but reads.
func TestSyntax(t *testing.T) {
	for _, header := range []string{
		`{"shape":(2,3),"fortran_order":False,"descr":"<f4"}`,
		"{ 'descr' : '=f4' ,\t'fortran_order' :False, 'shape' : ( 2 , 3 , ) , }\n\n",
		dict("'f4'", "False", "(2L, 3L)"),
		dict("'|f4'", "False", "(2,3)"),
	} {
		x, err := Parse(memory.Wrap(file(header, 24)), "m")
		require.NoError(t, err, header)
		require.Equal(t, "F32 2×3", x.String())
	}
}

// TestCorrupt holds what the reader says about files that lie.
func TestCorrupt(t *testing.T) {
	const (
		again = ": the file is damaged, write or download it again"
		cut   = ": it is truncated, write or download it again"
	)
	good := dict("'<f4'", "False", "(2,)")
	long := func(n uint32) []byte { return binary.LittleEndian.AppendUint32([]byte(magic+"\x02\x00"), n) }
	of := func(shape string) []byte { return file(dict("'<f4'", "False", shape), 8) }
	for _, tt := range []struct {
		name string
		file []byte
		want string
	}{
		{"empty", nil, `it ends after 0 of 8 bytes of the beginning` + cut},
		{"short", []byte("\x93NUM"), `it ends after 4 of 8 bytes of the beginning` + cut},
		{"gguf", []byte("GGUF\x03\x00\x00\x00"), `it is no .npy file: it begins with "GGUF\x03\x00\x00\x00"`},
		{"zip", []byte("PK\x03\x04\x00\x00\x00\x00"), `it is a zip archive, not a .npy file: open it with OpenArchive`},
		{"pickle", []byte("\x80\x04\x95\x00\x00\x00\x00\x00"), `it is a pickle of Python, not a .npy file: save it with np.save`},
		{"pointer", []byte("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n"), `it is no .npy file but text, perhaps a Git LFS pointer: fetch the file with git lfs pull`},
		{"version", []byte(magic + "\x04\x00"), `it has version 4.0 of the format, and 1.0, 2.0 and 3.0 are known`},
		{"minor", []byte(magic + "\x01\x01"), `it has version 1.1 of the format, and 1.0, 2.0 and 3.0 are known`},
		{"length", []byte(magic + "\x01\x00\x01"), `it ends after 1 of 2 bytes of the length of the header` + cut},
		{"cut header", file(good, 0)[:20], `it ends after 10 of 58 bytes of the header` + cut},
		{"large header", long(1 << 20), `it ends after 0 of 1048576 bytes of the header` + cut},
		{"larger header", long(1<<20 + 1), `its header takes 1048577 bytes, and at most 1048576 are allowed: it has a structured type, which is not supported, or the file is damaged, write or download it again`},
		{"no dict", file("", 0), `header: it ends too early`},
		{"list", file("[]", 0), `header: want { at byte 0, where it has "[]"`},
		{"open", file("{'descr': '<f4'", 0), `header: it ends too early`},
		{"open text", file("{'descr': '<f4", 0), `header: want the end of a string at byte 10, where it has "'<f4"`},
		{"escape", file(`{'d\x65scr': '<f4'}`, 0), `header: want a string without escapes at byte 1, where it has "'d\\x65scr': '<f4'}"`},
		{"key kind", file(`{1: '<f4'}`, 0), `header: want a string at byte 1, where it has "1: '<f4'}"`},
		{"colon", file(`{'descr', '<f4'}`, 0), `header: want a colon at byte 8, where it has ", '<f4'}"`},
		{"comma", file(`{'descr': '<f4' 'shape': ()}`, 0), `header: want a comma or } at byte 16, where it has "'shape': ()}"`},
		{"more", file(good+"x", 0), `header: something follows the last brace at byte 58, where it has "x"`},
		{"zero", file(good+"\x00", 0), `header: something follows the last brace at byte 58, where it has "\x00"`},
		{"twice", file(`{'shape': (), 'shape': ()}`, 0), `header: it has the key "shape" twice`},
		{"unknown", file(`{'shape': (), 'strides': ()}`, 0), `header: it has the unknown key "strides"`},
		{"missing", file(`{'shape': (), 'descr': '<f4'}`, 0), `header: it has no fortran_order`},
		{"type", file(dict("'<q4'", "False", "()"), 8), `header: elements of type "<q4" are not supported: ` + supported},
		{"no type", file(dict("''", "False", "()"), 8), `header: elements of type "" are not supported: ` + supported},
		{"type kind", file(dict("None", "False", "()"), 8), `header: want a string at byte 10, where it has "None, 'fortran_order': False, 'shape': (), }\n"`},
		{"subarray", file(dict("('<f4', (2,))", "False", "()"), 8), `header: the structured type "('<f4', (2,)), 'fortran_order': False, 'shape': (), }\n" is not supported: save each field as an array of its own`},
		{"order", file(dict("'<f4'", "0", "()"), 8), `header: want True or False at byte 34, where it has "0, 'shape': (), }\n"`},
		{"shape kind", of("2"), `header: want ( at byte 50, where it has "2, }\n"`},
		{"shape number", of("(2)"), `header: the shape is a number, 2, want a tuple`},
		{"shape sign", of("(-2,)"), `header: want an integer from 0 on at byte 51, where it has "-2,), }\n"`},
		{"shape comma", of("(,)"), `header: want an integer from 0 on at byte 51, where it has ",), }\n"`},
		{"shape space", of("(2 3)"), `header: want a comma or ) at byte 53, where it has "3), }\n"`},
		{"shape open", file(`{'shape': (2, `, 0), `header: it ends too early`},
		{"shape deep", file(`{'shape': `+strings.Repeat("(", 60000), 0), `header: want an integer from 0 on at byte 11, where it has "` + strings.Repeat("(", 80) + `…"`},
		{"shape large", of("(9223372036854775808,)"), `header: dimension 0 of the shape is more than this machine can address`},
		{"dimensions", of("(" + strings.Repeat("1,", 65) + ")"), `header: the shape has more than the 64 dimensions that NumPy allows`},
		{"product", of("(4294967296, 4294967296)"), `its shape 4294967296×4294967296 has too many elements` + again},
		{"bytes", of("(4611686018427387904,)"), `its shape 4611686018427387904 has too many elements` + again},
		{"truncated", of("(3,)"), `it ends after 8 of 12 bytes of the array` + cut},
		{"far", of("(1000000000000,)"), `it ends after 8 of 4000000000000 bytes of the array` + cut},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := Parse(memory.Wrap(tt.file), "m")
			runtime.ReadMemStats(&after)
			require.EqualError(t, err, "npy: m: "+tt.want)
			require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(1<<16+16*len(tt.file)), "bytes allocated")

			alloc := memory.NewChecked(memory.Heap())
			runtime.ReadMemStats(&before)
			_, err = Read(bytes.NewReader(tt.file), alloc)
			runtime.ReadMemStats(&after)
			if len(tt.file) == 0 {
				require.Equal(t, io.EOF, err)
			} else {
				require.EqualError(t, err, "npy: "+tt.want)
			}
			require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(firstRead+1<<16+16*len(tt.file)), "bytes allocated")
			require.Empty(t, alloc.Leaks())
		})
	}
}

// TestGrowth reads an array whose header promises more than there is: memory follows
// what is there.
func TestGrowth(t *testing.T) {
	header := dict("'|u1'", "False", "(1000000000000,)")
	sizes := &recorder{Allocator: memory.Heap()}
	_, err := Read(io.MultiReader(bytes.NewReader(file(header, 0)), io.LimitReader(zeros{}, 5<<20)), sizes)
	require.ErrorContains(t, err, "it ends after 5242880 of 1000000000000 bytes of the array")
	require.Equal(t, []int{1 << 20, 2 << 20, 4 << 20, 8 << 20}, sizes.n)

	sizes.n = nil
	header = dict("'|u1'", "False", "(3000000,)")
	x, err := Read(io.MultiReader(bytes.NewReader(file(header, 0)), zeros{}), sizes)
	require.NoError(t, err)
	require.Equal(t, []int{1 << 20, 2 << 20, 3_000_000}, sizes.n)
	require.Equal(t, make([]byte, 3_000_000), x.Bytes())
}

type recorder struct {
	memory.Allocator
	n []int
}

func (r *recorder) Alloc(n, align int) (memory.Buffer, error) {
	r.n = append(r.n, n)
	return r.Allocator.Alloc(n, align)
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// touch reads a file in both ways, which agree.
func touch(t testing.TB, b []byte) *tensor.Tensor {
	x, err := Parse(memory.Wrap(b), "m")
	alloc := memory.NewChecked(memory.Heap())
	y, readErr := Read(bytes.NewReader(b), alloc)
	if err != nil {
		require.True(t, strings.HasPrefix(err.Error(), "npy: m: "), err)
		require.Error(t, readErr)
		require.Empty(t, alloc.Leaks())
		return nil
	}
	require.NoError(t, readErr)
	require.Equal(t, x.String(), y.String())
	require.Equal(t, elements(t, x), elements(t, y))
	y.Release()
	require.Empty(t, alloc.Leaks())
	return x
}

// TestDamage cuts files at every byte and changes every byte of them.
func TestDamage(t *testing.T) {
	var whole bytes.Buffer
	require.NoError(t, WriteTensor(&whole, counting(t, dtype.U16, 2, 3), Options{Fortran: true}))
	for n := range whole.Len() {
		require.Nil(t, touch(t, whole.Bytes()[:n]), n)
		for _, flip := range []byte{1, 0x10, 0x80, 0xff} {
			b := bytes.Clone(whole.Bytes())
			b[n] ^= flip
			touch(t, b)
		}
	}
	for _, deflate := range []bool{false, true} {
		whole := sample(t, ArchiveOptions{Deflate: deflate})
		for n := range whole {
			_, err := ParseArchive(memory.Wrap(whole[:n]), "m")
			require.Error(t, err, n)
			for _, flip := range []byte{1, 0xff} {
				b := bytes.Clone(whole)
				b[n] ^= flip
				touchArchive(t, b)
			}
		}
	}
}

// touchArchive reads everything in an archive.
func touchArchive(t testing.TB, b []byte) {
	a, err := ParseArchive(memory.Wrap(b), "m")
	if err != nil {
		require.True(t, strings.HasPrefix(err.Error(), "npy: m: "), err)
		return
	}
	alloc := memory.NewChecked(memory.Heap())
	for _, name := range a.Names() {
		x, err := a.Tensor(name)
		y, readErr := a.Read(name, alloc)
		if readErr == nil {
			require.NoError(t, err)
			require.NoError(t, a.Verify(name))
			require.Equal(t, elements(t, x), elements(t, y))
			y.Release()
		}
		if err == nil {
			info, err := a.Info(name)
			require.NoError(t, err)
			require.Equal(t, info.Shape, []int(x.Shape()))
		}
	}
	require.Empty(t, alloc.Leaks())
	require.NoError(t, a.Close())
}

func FuzzParse(f *testing.F) {
	g := goldens(f)
	for _, a := range append(g.Arrays, g.Refused...) {
		f.Add([]byte(a.File))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		x := touch(t, b)
		if x == nil {
			return
		}
		// What was read can be written, and comes back the same.
		info, err := ReadInfo(bytes.NewReader(b))
		require.NoError(t, err)
		var again bytes.Buffer
		require.NoError(t, WriteTensor(&again, x, Options{Version: info.Version, Fortran: info.Fortran, BigEndian: info.BigEndian}))
		y := touch(t, again.Bytes())
		require.Equal(t, x.String(), y.String())
		require.Equal(t, elements(t, x), elements(t, y))
	})
}

// FuzzArchive begins with archives of one small array: go test first spends up to a
// minute on making every new input smaller.
func FuzzArchive(f *testing.F) {
	for _, deflate := range []bool{false, true} {
		var b bytes.Buffer
		a := NewArchiveWriter(&b, ArchiveOptions{Deflate: deflate})
		require.NoError(f, a.AddTensor("x", counting(f, dtype.U16, 3)))
		require.NoError(f, a.Close())
		f.Add(b.Bytes())
	}
	f.Fuzz(func(t *testing.T, b []byte) { touchArchive(t, b) })
}
