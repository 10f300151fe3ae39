package checkpoint

import (
	"errors"
	"fmt"
	"math"

	"github.com/bitnet-go/bitnet/bitnet-inference/model"
)

// config reads the graph from the metadata <arch>.*.
func (g *ggufModel) config() (model.Config, error) {
	arch, ok := g.file.String("general.architecture")
	if !ok {
		return model.Config{}, errors.New("metadata general.architecture is missing: this is not a model file")
	}
	var err error
	if g.family, err = ggufFamily(arch); err != nil {
		return model.Config{}, err
	}
	c := GGUFGraph(arch)
	g.naming = g.family.gguf.names
	r := metadataReader{file: g, arch: arch}
	c.Dim = r.required("embedding_length")
	c.Layers = r.required("block_count")
	c.FFN = r.required("feed_forward_length")
	c.Heads = r.required("attention.head_count")
	c.ContextLength = r.required("context_length")
	c.KVHeads = r.optional("attention.head_count_kv", c.Heads)
	if c.Heads > 0 {
		c.HeadDim = r.optional("attention.key_length", c.Dim/c.Heads)
	}
	if n := r.optional("rope.dimension_count", c.HeadDim); n != c.HeadDim {
		r.fail("rope.dimension_count is %d and the heads are %d wide: rotating part of a head is not supported", n, c.HeadDim)
	}
	if n := r.optional("attention.value_length", c.HeadDim); n != c.HeadDim {
		r.fail("attention.value_length is %d, want the key length %d", n, c.HeadDim)
	}
	if n := r.optional("expert_count", 0); n != 0 {
		r.fail("expert_count is %d: mixtures of experts are not supported", n)
	}
	r.unscaledRope()
	eps, ok := g.file.Float(arch + ".attention.layer_norm_rms_epsilon")
	if !ok {
		r.fail("attention.layer_norm_rms_epsilon is missing or not a number")
	}
	// Metadata holds epsilon as float32; the model means the decimal it came from.
	c.NormEps = decimal(eps)
	c.RopeTheta = r.number("rope.freq_base", c.RopeTheta)
	embed := g.naming.embed + ".weight"
	if info, ok := g.file.Info(embed); ok && len(info.Shape) == 2 {
		c.VocabSize = info.Shape[0]
	} else {
		r.faults = append(r.faults, fmt.Errorf("tensor %q is missing or not a matrix", embed))
	}
	if _, ok := g.file.Info(g.naming.head + ".weight"); !ok {
		g.tied = true
	}
	if settle := g.family.gguf.settle; settle != nil {
		settle(&r, &c)
	}
	if len(r.faults) == 0 {
		if err := c.Validate(); err != nil {
			r.faults = append(r.faults, err)
		}
	}
	return c, errors.Join(r.faults...)
}

// decimal returns the number of at most seven digits nearest to a float32 that
// was widened, so that 1e-5 is 1e-5.
func decimal(v float64) float64 {
	if v == 0 || math.IsInf(v, 0) || math.IsNaN(v) {
		return v
	}
	digits := math.Pow(10, 6-math.Floor(math.Log10(math.Abs(v))))
	return math.Round(v*digits) / digits
}

// A metadataReader reads values under one architecture's keys and collects what is
// wrong with them.
type metadataReader struct {
	file   *ggufModel
	arch   string
	faults []error
}

func (r *metadataReader) fail(format string, args ...any) {
	r.faults = append(r.faults, fmt.Errorf("metadata "+r.arch+"."+format, args...))
}

func (r *metadataReader) required(key string) int {
	v, ok := r.file.file.Uint(r.arch + "." + key)
	if !ok {
		r.fail("%s is missing or not a whole number", key)
	}
	return int(min(v, math.MaxInt32))
}

// unscaledRope refuses scaled rotary embeddings. As with llama.cpp, an absent type is
// linear, the factor has an older name, and 0 and 1 scale nothing.
func (r *metadataReader) unscaledRope() {
	kind := r.text("rope.scaling.type", "linear")
	if kind == "none" {
		return
	}
	if kind != "linear" {
		r.fail("rope.scaling.type is %q: scaled rotary embeddings are not supported", kind)
		return
	}
	key := "rope.scaling.factor"
	if !r.has(key) {
		key = "rope.scale_linear"
	}
	if factor := r.number(key, 1); factor != 0 && factor != 1 {
		r.fail("%s is %v: scaled rotary embeddings are not supported", key, factor)
	}
}

func (r *metadataReader) has(key string) bool {
	_, ok := r.file.file.Value(r.arch + "." + key)
	return ok
}

func (r *metadataReader) optional(key string, otherwise int) int {
	n := option(r, key, uint64(max(otherwise, 0)), "a whole number", r.file.file.Uint)
	return int(min(n, math.MaxInt32))
}

func (r *metadataReader) number(key string, otherwise float64) float64 {
	return option(r, key, otherwise, "a number", r.file.file.Float)
}

func (r *metadataReader) text(key, otherwise string) string {
	return option(r, key, otherwise, "text", r.file.file.String)
}

// option reads a value that may be absent, but not of another kind.
func option[T any](r *metadataReader, key string, otherwise T, want string, read func(key string) (T, bool)) T {
	if !r.has(key) {
		return otherwise
	}
	full := r.arch + "." + key
	v, ok := read(full)
	if !ok {
		other, _ := r.file.file.Value(full)
		r.fail("%s is %.40s, want %s", key, fmt.Sprint(other), want)
		return otherwise
	}
	return v
}
