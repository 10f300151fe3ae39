package transcode

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/encoding/gguf"
	"github.com/bitnet-go/bitnet/bitnet-inference/checkpoint"
)

// TestKeep: projections keep their types where the target has them, and what the target
// says of them as a whole is true.
func TestKeep(t *testing.T) {
	kinds := func(path string) (up, down string) {
		ck, err := checkpoint.Open(path)
		require.NoError(t, err)
		defer ck.Close()
		_, err = ck.Weights()
		require.NoError(t, err)
		roles := ck.Roles(true)
		for i := range roles {
			switch roles[i].GGUF {
			case "blk.0.ffn_up":
				up = ck.DType(ck.Stored(&roles[i]) + ".weight").String()
			case "blk.0.ffn_down":
				down = ck.DType(ck.Stored(&roles[i]) + ".weight").String()
			}
		}
		return up, down
	}
	fileType := func(path string) any {
		f, err := gguf.Open(path)
		require.NoError(t, err)
		defer f.Close()
		v, _ := f.Value("general.file_type")
		return v
	}
	dir := t.TempDir()
	mixed := filepath.Join(dir, "mixed.gguf")
	convertModel(t, packed(t), mixed, Options{Type: "tq2_0", Tensors: []string{"ffn_down=f32"}})
	want := lastLogits(t, mixed)
	for _, tt := range []struct {
		src, dst, up, down string
		o                  Options
	}{
		{mixed, "again.gguf", "TQ2_0", "F32", Options{}},
		{mixed, "rule.gguf", "F32", "F32", Options{Tensors: []string{"ffn_up=f32"}}},
		{mixed, "directory", "U8", "F32", Options{}},
		{filepath.Join(dir, "directory"), "back.gguf", "I2_S", "F32", Options{}},
	} {
		tt.o.Type = keep
		dst := filepath.Join(dir, tt.dst)
		convertModel(t, tt.src, dst, tt.o)
		up, down := kinds(dst)
		require.Equal(t, []string{tt.up, tt.down}, []string{up, down}, tt.dst)
		if up != "F32" { // for which inputs are not rounded
			require.InDeltaSlice(t, want, lastLogits(t, dst), 1e-9, tt.dst)
		}
	}
	require.Equal(t, fileType(mixed), fileType(filepath.Join(dir, "again.gguf")))
	require.NotEqual(t, fileType(mixed), fileType(filepath.Join(dir, "back.gguf")))

	// Masters stay masters in a directory, and no GGUF file has any.
	master := master2B4T(t)
	convertModel(t, master, filepath.Join(dir, "master"), Options{Type: keep})
	requireSameTensors(t, master, filepath.Join(dir, "master"))
	require.InDeltaSlice(t, lastLogits(t, master), lastLogits(t, filepath.Join(dir, "master")), 0)
	convertModel(t, master, filepath.Join(dir, "master.gguf"), Options{Type: keep})
	up, _ := kinds(filepath.Join(dir, "master.gguf"))
	require.Equal(t, "I2_S", up)

	_, err := New(t.Context(), packed(t), filepath.Join(dir, "no.gguf"), Options{Type: "kept"})
	require.ErrorContains(t, err, "keep")
}
