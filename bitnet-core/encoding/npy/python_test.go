package npy

import (
	"encoding/hex"
	"encoding/json"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/tensor"
)

// readWithNumPy prints what NumPy finds in the folder that it is given, as JSON. Files
// are mapped, which NumPy does with .npy files only.
const readWithNumPy = `
import json, pathlib, sys
import numpy as np

def describe(a):
    little = a.astype(a.dtype.newbyteorder("<"))
    return {"type": a.dtype.str, "shape": a.shape, "fortran": a.flags.fnc, "data": little.tobytes().hex()}

seen = {}
for path in pathlib.Path(sys.argv[1]).iterdir():
    a = np.load(path, mmap_mode="r" if path.suffix == ".npy" and "empty" not in path.name else None)
    if path.suffix == ".npz":
        seen.update({path.name + "/" + name: describe(a[name]) for name in a.files})
        assert a.zip.testzip() is None
    else:
        seen[path.name] = describe(a)
json.dump(seen, sys.stdout)
`

// TestNumPy lets NumPy read what we write.
func TestNumPy(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("python3 is not installed")
	}
	if out, err := exec.Command(python, "-c", "import numpy").CombinedOutput(); err != nil {
		lines := strings.Split(strings.TrimSpace(string(out)), "\n")
		t.Skipf("the Python package numpy is needed: %s", lines[len(lines)-1])
	}
	type array struct {
		Type    string
		Shape   []int
		Fortran bool
		Data    string
	}
	dir := t.TempDir()
	want := map[string]array{}
	tensors := map[string]*tensor.Tensor{"empty": counting(t, dtype.F32, 2, 0), "scalar": counting(t, dtype.I32)}
	for _, d := range codes {
		x := counting(t, d, 3, 4, 5)
		if d == dtype.Bool {
			for i := range x.Bytes() {
				x.Bytes()[i] &= 1
			}
		}
		tensors[d.String()] = x
		tensors[d.String()+" ä"] = x.Slice(2, 1, 4).Transpose(0, 1)
	}
	for suffix, o := range map[string]Options{
		"":             {},
		" 2":           {Version: 2},
		" 3":           {Version: 3, BigEndian: true},
		" Fortran":     {Fortran: true},
		" Fortran big": {Fortran: true, BigEndian: true},
	} {
		for name, x := range tensors {
			descr, err := typeName(x.DType(), o.BigEndian)
			require.NoError(t, err)
			a := array{Type: descr, Shape: append([]int{}, x.Shape()...), Data: hex.EncodeToString(elements(t, x))}
			a.Fortran = o.Fortran && len(a.Shape) > 1 && x.Len() > 0
			want[name+suffix+".npy"] = a
			require.NoError(t, WriteTensorFile(filepath.Join(dir, name+suffix+".npy"), x, o))
			for _, kind := range []string{"stored", "deflated"} {
				want[kind+suffix+".npz/"+name] = a
			}
		}
		for _, kind := range []string{"stored", "deflated"} {
			o := ArchiveOptions{Options: o, Deflate: kind == "deflated"}
			require.NoError(t, WriteArchiveFile(filepath.Join(dir, kind+suffix+".npz"), o, func(a *ArchiveWriter) error {
				for name, x := range tensors {
					if err := a.AddTensor(name, x); err != nil {
						return err
					}
				}
				return nil
			}))
		}
	}
	var stderr strings.Builder
	cmd := exec.Command(python, "-c", readWithNumPy, dir)
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	require.NoError(t, err, stderr.String())
	got := map[string]array{}
	require.NoError(t, json.Unmarshal(out, &got))
	require.Len(t, got, len(want))
	for name, a := range want {
		require.Equal(t, a, got[name], name)
	}
}
