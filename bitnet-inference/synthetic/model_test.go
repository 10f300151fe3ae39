package synthetic

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/parallel"
	"github.com/bitnet-go/bitnet/bitnet-inference/checkpoint"
	"github.com/bitnet-go/bitnet/bitnet-inference/model"
	"github.com/bitnet-go/bitnet/bitnet-inference/transformer"
)

// tiny is a shape of which every type can be made; its embedding takes more than
// one chunk. deep has as many layers as the large models.
var (
	tiny = Shape{Name: "tiny", Tied: true, Config: config(5000, 256, 512, 2, 4, 2, 64, 10000, model.ReLU2, true)}
	deep = Shape{Name: "deep", Tied: true, Config: config(300, 256, 512, 30, 4, 2, 64, 10000, model.ReLU2, true)}
	// plain has no sub-norms, and a head of its own.
	plain = Shape{Name: "plain", Config: config(300, 256, 512, 32, 4, 2, 64, 10000, model.SiLU, false)}
)

// write writes m to a new folder.
func write(t *testing.T, m Model) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), m.FileName())
	require.NoError(t, m.WriteFile(t.Context(), path, nil))
	return path
}

// open opens a model until t ends.
func open(t *testing.T, path string) (*checkpoint.Checkpoint, *model.Weights) {
	t.Helper()
	ck, err := checkpoint.Open(path)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, ck.Close()) })
	w, err := ck.Weights()
	require.NoError(t, err)
	return ck, w
}

// TestSameBytesEverywhere: the files of a seed are part of what others compare
// their results with. Whoever changes them raises the version.
func TestSameBytesEverywhere(t *testing.T) {
	for kind, want := range map[dtype.DType]string{
		dtype.I2_S:  "d9d025aa4eff9791173ac65357f5197836c3d43e48e48f81ae79eb4fd35d3cc5",
		dtype.TQ2_0: "d5d7d6951ab571a846aea0d5e53089b59784627e70f94c78b1e8daffa42589a2",
	} {
		for _, procs := range []int{1, 3} {
			before := runtime.GOMAXPROCS(procs)
			data, err := os.ReadFile(write(t, Model{Shape: tiny, Type: kind, Seed: 7}))
			runtime.GOMAXPROCS(before)
			require.NoError(t, err)
			require.Equal(t, want, fmt.Sprintf("%x", sha256.Sum256(data)), "%v on %d processors", kind, procs)
		}
	}
}

func TestTypesHoldTheSameWeights(t *testing.T) {
	ck1, a := open(t, write(t, Model{Shape: tiny, Type: dtype.I2_S, Seed: 3}))
	ck2, b := open(t, write(t, Model{Shape: tiny, Type: dtype.TQ2_0, Seed: 3}))
	require.Equal(t, "bitnet-b1.58", ck1.Config.Architecture)
	require.Equal(t, "bitnet", ck2.Config.Architecture)
	ck1.Config.Architecture = ck2.Config.Architecture
	require.Equal(t, ck1.Config, ck2.Config)
	require.Equal(t, a.Embed.Data, b.Embed.Data)
	for i := range a.Layers {
		require.Equal(t, a.Layers[i].FFNSubNorm, b.Layers[i].FFNSubNorm)
		for _, pair := range [][2]model.Linear{{a.Layers[i].K, b.Layers[i].K}, {a.Layers[i].Down, b.Layers[i].Down}} {
			p, q := pair[0].Ternary, pair[1].Ternary
			require.Equal(t, p.Scale, q.Scale)
			x, y := make([]int8, p.Cols), make([]int8, p.Cols)
			for r := range p.Rows {
				p.Codes(x, r)
				q.Codes(y, r)
				require.Equal(t, x, y)
			}
		}
	}
}

func TestSeedsAndTensorsDiffer(t *testing.T) {
	_, a := open(t, write(t, Model{Shape: tiny, Type: dtype.I2_S, Seed: 1}))
	_, b := open(t, write(t, Model{Shape: tiny, Type: dtype.I2_S, Seed: 2}))
	require.NotEqual(t, a.Embed.Data, b.Embed.Data)
	require.NotEqual(t, a.Layers[0].K.Ternary.Data, b.Layers[0].K.Ternary.Data)
	require.NotEqual(t, a.Layers[0].K.Ternary.Data, a.Layers[0].V.Ternary.Data)
	require.NotEqual(t, a.Layers[0].K.Ternary.Data, a.Layers[1].K.Ternary.Data)
}

// TestActivationsStayFinite runs as many layers as the largest shapes have.
func TestActivationsStayFinite(t *testing.T) {
	for _, shape := range []Shape{deep, plain} {
		t.Run(shape.Name, func(t *testing.T) {
			ck, w := open(t, write(t, Model{Shape: shape, Type: dtype.I2_S, Seed: 1}))
			require.Equal(t, shape.Config.SubNorms, ck.Config.SubNorms)
			require.Equal(t, shape.Config.Activation, ck.Config.Activation)
			pool := parallel.New(1)
			defer pool.Close()
			m, err := transformer.New(ck.Config, w, transformer.Options{Pool: pool})
			require.NoError(t, err)
			defer m.Close()
			s, err := m.NewState(8)
			require.NoError(t, err)
			defer s.Release()
			hidden, err := s.Forward(t.Context(), []int32{1, 2, 3, 299})
			require.NoError(t, err)
			logits := make([]float32, 4*ck.Config.VocabSize)
			m.Logits(logits, hidden)
			var squares float64
			for _, v := range logits {
				squares += float64(v) * float64(v)
			}
			// A final hidden state of norm √D times rows of deviation 0.02, and
			// more where a token meets its own embedding.
			mean := squares / float64(len(logits))
			require.Greater(t, mean, 0.25*256*0.02*0.02)
			require.Less(t, mean, 4*256*0.02*0.02)
		})
	}
}

func TestNamedShapes(t *testing.T) {
	ternary := map[string]int64{"large": 679_477_248, "2b4t": 2_084_044_800, "3b": 3_221_504_000, "8b": 6_979_321_856}
	for _, s := range Shapes() {
		got, ok := Named(s.Name)
		require.True(t, ok)
		require.Equal(t, s, got)
		m := Model{Shape: s, Type: dtype.I2_S}
		require.NoError(t, m.Validate(), s.Name)
		n := int64(0)
		for _, x := range m.tensors() {
			if x.kind == trits {
				n += int64(x.shape[0]) * int64(x.shape[1])
			}
		}
		if want, ok := ternary[s.Name]; ok {
			require.Equal(t, want, n, s.Name)
		}
	}
	_, ok := Named("70b")
	require.False(t, ok)
}

func TestValidate(t *testing.T) {
	three, _ := Named("3b")
	for name, tt := range map[string]struct {
		m    Model
		want string
	}{
		"type":            {Model{Shape: tiny, Type: dtype.F16}, "no models are made of type F16"},
		"blocks":          {Model{Shape: three, Type: dtype.TQ2_0}, "shape 3b does not go into type TQ2_0"},
		"empty":           {Model{Type: dtype.I2_S}, "hidden size is 0"},
		"no architecture": {Model{Shape: Shape{Config: config(9, 256, 256, 1, 2, 2, 8, 1, model.ReLU2, false)}, Type: dtype.I2_S}, "no architecture"},
		"heads":           {Model{Shape: Shape{Config: config(9, 256, 256, 1, 6, 6, 8, 1, model.SiLU, true)}, Type: dtype.I2_S}, "6 heads of 42"},
	} {
		t.Run(name, func(t *testing.T) {
			require.ErrorContains(t, tt.m.Validate(), tt.want)
			path := filepath.Join(t.TempDir(), "x.gguf")
			require.ErrorContains(t, tt.m.WriteFile(t.Context(), path, nil), tt.want)
			require.NoFileExists(t, path)
		})
	}
}

func TestMatches(t *testing.T) {
	m := Model{Shape: tiny, Type: dtype.TQ2_0, Seed: 1}
	path := write(t, m)
	require.True(t, m.Matches(path))
	for name, other := range map[string]Model{
		"type":  {Shape: tiny, Type: dtype.I2_S, Seed: 1},
		"seed":  {Shape: tiny, Type: dtype.TQ2_0, Seed: 2},
		"shape": {Shape: deep, Type: dtype.TQ2_0, Seed: 1},
	} {
		require.False(t, other.Matches(path), name)
		require.NotEqual(t, m.FileName(), other.FileName())
	}
	require.False(t, m.Matches(path+"x"))
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.NoError(t, os.Truncate(path, info.Size()-1))
	require.False(t, m.Matches(path), "cut short")
}

// TestInterruptedWriteLeavesNothing ends the context in the middle.
func TestInterruptedWriteLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	m := Model{Shape: tiny, Type: dtype.I2_S}
	calls := 0
	err := m.WriteFile(ctx, filepath.Join(dir, "x.gguf"), func(done, total int64) {
		require.LessOrEqual(t, done, total)
		if calls++; calls == 2 {
			stop()
		}
	})
	require.ErrorIs(t, err, context.Canceled)
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, left)
}

func TestWriteFileSaysWhatWentWrong(t *testing.T) {
	m := Model{Shape: tiny, Type: dtype.I2_S}
	require.ErrorIs(t, m.WriteFile(t.Context(), filepath.Join(t.TempDir(), "none", "x.gguf"), nil), os.ErrNotExist)
}

func TestProgressEndsAtTheTotal(t *testing.T) {
	m := Model{Shape: tiny, Type: dtype.I2_S}
	path := filepath.Join(t.TempDir(), "x.gguf")
	var last, all int64
	require.NoError(t, m.WriteFile(t.Context(), path, func(done, total int64) {
		require.Greater(t, done, last)
		last, all = done, total
	}))
	require.Equal(t, all, last)
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Less(t, all, info.Size())
}
