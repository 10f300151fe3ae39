package transcode

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/encoding/gguf"
	"github.com/bitnet-go/bitnet/bitnet-core/golden/contents"
	"github.com/bitnet-go/bitnet/bitnet-quant/qtensor"
)

// reencode writes a file whose I2_S matrices have another type, with the scales that
// scale says.
func reencode(t *testing.T, src, dst string, d dtype.DType, scale func(rows int) []float32) {
	t.Helper()
	kv, all := contents.GGUF(t, src)
	for i := range all {
		x := &all[i]
		if x.Type != dtype.I2_S {
			continue
		}
		rows, cols := x.Shape[0], x.Shape[1]
		q, err := qtensor.Parse(qtensor.I2S, x.Data, rows, cols)
		require.NoError(t, err)
		codes := make([]int8, rows*cols)
		q.Decode(codes, 0, rows)
		x.Type = d
		layout, _ := qtensor.LayoutOf(d)
		x.Data, err = qtensor.Pack(layout, codes, rows, cols, scale(rows)...)
		require.NoError(t, err)
	}
	require.NoError(t, gguf.WriteFile(dst, kv, all))
}

func oneScale(int) []float32 { return []float32{0.03125} }

func scaleByRow(rows int) []float32 {
	s := make([]float32, rows)
	for i := range s {
		s[i] = 0.25 + float32(i%3)/8
	}
	return s
}

// TestReadsTernaryTypes: a model in any ternary type becomes the same I2_S file.
func TestReadsTernaryTypes(t *testing.T) {
	dir := t.TempDir()
	first, want := filepath.Join(dir, "first.gguf"), filepath.Join(dir, "want.gguf")
	convertModel(t, packed(t), first, Options{})
	reencode(t, first, want, dtype.I2_S, oneScale)
	for _, d := range []dtype.DType{dtype.Q2_0, dtype.IQ1_BN, dtype.IQ2_BN, dtype.IQ2_BN_R4} {
		file, got := filepath.Join(dir, d.String()+".gguf"), filepath.Join(dir, d.String()+"-i2s.gguf")
		reencode(t, first, file, d, oneScale)
		p := convertModel(t, file, got, Options{})
		require.Equal(t, actionRepack, p.outputs[len(p.outputs)-1].Action)
		requireSameTensors(t, want, got)
		// And to a directory, in whose bytes four rows meet.
		convertModel(t, file, filepath.Join(dir, d.String()), Options{})
		requireSameModel(t, want, filepath.Join(dir, d.String()))
	}
}

// TestScalesOfRows: a scale for each row is kept by floats and is a loss in a type with one.
func TestScalesOfRows(t *testing.T) {
	dir := t.TempDir()
	first, want := filepath.Join(dir, "first.gguf"), ""
	convertModel(t, packed(t), first, Options{})
	for i, d := range []dtype.DType{dtype.IQ2_BN, dtype.IQ2_BN_R4} {
		file, got := filepath.Join(dir, d.String()+".gguf"), filepath.Join(dir, d.String()+"-f32.gguf")
		reencode(t, first, file, d, scaleByRow)
		requireLossy(t, file, filepath.Join(dir, "lossy.gguf"), Options{}, "blk.0.attn_q.weight")
		convertModel(t, file, got, Options{Type: "f32"})
		if i == 0 {
			want = got
			continue
		}
		requireSameTensors(t, want, got)
	}
}

// TestTypesInMessages: what an error says there is to choose from is what can be chosen.
func TestTypesInMessages(t *testing.T) {
	for name, test := range map[string]struct {
		target   string
		with     func(typ string) Options
		from, to string // around the types; parentheses if empty
	}{
		"file":                 {"m.gguf", func(typ string) Options { return Options{Type: typ} }, "", ""},
		"directory":            {"m", func(typ string) Options { return Options{Type: typ} }, "", ""},
		"embedding":            {"m.gguf", func(typ string) Options { return Options{Embedding: typ} }, "", ""},
		"head":                 {"m.gguf", func(typ string) Options { return Options{Head: typ} }, "", ""},
		"tensor, file":         {"m.gguf", func(typ string) Options { return Options{Tensors: []string{"x=" + typ}} }, "", ""},
		"tensor, directory":    {"m", func(typ string) Options { return Options{Tensors: []string{"x=" + typ}} }, "", ""},
		"ternarize, file":      {"m.gguf", func(typ string) Options { return Options{Ternarize: true, Type: typ} }, "(", " in a .gguf file"},
		"ternarize, directory": {"m", func(typ string) Options { return Options{Ternarize: true, Type: typ} }, ".gguf file, ", " in a directory)"},
	} {
		t.Run(name, func(t *testing.T) {
			wrong := keep // to Ternarize, which has an error of its own
			if test.from == "" {
				wrong, test.from, test.to = "none", "(", ")"
			}
			_, err := prepare("src", test.target, test.with(wrong))
			require.Error(t, err)
			_, text, begins := strings.Cut(err.Error(), test.from)
			text, _, ends := strings.Cut(text, test.to)
			require.True(t, begins && ends, err)
			listed := strings.FieldsFunc(text, func(c rune) bool { return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyz0123456789_-", c) })
			for _, table := range []map[string]dtype.DType{ggufTypes, hfTypes, hfRuleTypes, {keep: dtype.Invalid}} {
				for typ := range table {
					_, err := prepare("src", test.target, test.with(typ))
					require.Equal(t, err == nil, slices.Contains(listed, typ), "%s: %v", typ, err)
				}
			}
		})
	}
}
