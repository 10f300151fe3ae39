package synthetic

import (
	"slices"

	"github.com/bitnet-go/bitnet/bitnet-inference/model"
)

// A Shape is the dimensions of a model.
type Shape struct {
	Name   string
	Config model.Config // Architecture and RopeAdjacent are the file's affair
	Tied   bool         // the embedding is the head, too
}

// Shapes returns the shapes that have names.
func Shapes() []Shape {
	const relu2, silu = model.ReLU2, model.SiLU
	return []Shape{
		{Name: "fable", Tied: true, Config: config(8192, 512, 1536, 8, 8, 4, 512, 10000, relu2, true)},       // the built-in model of the program bitnet
		{Name: "large", Tied: true, Config: config(32002, 1536, 4096, 24, 16, 16, 2048, 10000, silu, true)},  // bitnet_b1_58-large
		{Name: "2b4t", Tied: true, Config: config(128256, 2560, 6912, 30, 20, 5, 4096, 500000, relu2, true)}, // BitNet-b1.58-2B-4T
		{Name: "3b", Tied: true, Config: config(32002, 3200, 8640, 26, 32, 32, 2048, 10000, silu, true)},     // bitnet_b1_58-3B
		{Name: "8b", Tied: false, Config: config(128256, 4096, 14336, 32, 32, 8, 8192, 500000, silu, false)}, // Llama3-8B-1.58
	}
}

func config(vocab, dim, ffn, layers, heads, kvHeads, context int, theta float64, act model.Activation, subNorms bool) model.Config {
	return model.Config{
		VocabSize: vocab, Dim: dim, FFN: ffn, Layers: layers, Heads: heads, KVHeads: kvHeads, HeadDim: dim / heads,
		ContextLength: context, RopeTheta: theta, NormEps: 1e-5, Activation: act, SubNorms: subNorms,
	}
}

// Named returns the shape of a name.
func Named(name string) (Shape, bool) {
	all := Shapes()
	i := slices.IndexFunc(all, func(s Shape) bool { return s.Name == name })
	if i < 0 {
		return Shape{}, false
	}
	return all[i], true
}

// architecture returns the file's general.architecture.
func (m *Model) architecture() string {
	c := &m.Shape.Config
	switch {
	case !c.SubNorms:
		return "llama"
	case c.Activation == model.ReLU2 && m.layout().bitnetCPP:
		return "bitnet-b1.58"
	}
	return "bitnet"
}
