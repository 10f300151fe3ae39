package checkpoint

import "github.com/bitnet-go/bitnet/bitnet-inference/model"

// families are the architectures that run, most particular first: the first that
// claims a config.json reads it. Each has a file of its own.
var families = []*family{
	&oneBitLLM,
	&bitnet2B4T,
	&llama,
	&qwen3,
	&gemma3,
}

// familyOf returns the family whose files a graph is written to.
func familyOf(c *model.Config) *family {
	switch {
	case c.PostNorms:
		return &gemma3
	case c.HeadNorms:
		return &qwen3
	case !c.SubNorms:
		return &llama
	case c.Activation == model.ReLU2:
		return &bitnet2B4T
	}
	return &oneBitLLM
}

// asHF returns the family whose class of the transformers library runs another's graph: one
// class is for all graphs with sub-norms before output projections.
func (f *family) asHF() *family {
	if f == &oneBitLLM {
		return &bitnet2B4T
	}
	return f
}

// HFClass returns the model_type of directories with a graph, and the class of the
// transformers library that it stands for.
func HFClass(c *model.Config) (modelType, class string) {
	form := &familyOf(c).asHF().hf
	return form.modelTypes[0], form.class
}

// GGUFArchitecture returns the general.architecture of GGUF files with a graph. One with
// relu² gets the name that has meant it from the beginning: engines that do not know it
// refuse the file, where under "bitnet" they would compute another function.
func GGUFArchitecture(c *model.Config) string { return familyOf(c).gguf.archs[0] }

// GGUFGraph returns the part of a graph that a general.architecture fixes. RopeTheta and
// HeadDim, which are keys of GGUF files, are what directories leave out. It is zero for those
// that this version does not run.
func GGUFGraph(arch string) model.Config {
	f, err := ggufFamily(arch)
	if err != nil {
		return model.Config{}
	}
	c := f.graph
	c.Architecture, c.RopeAdjacent = arch, f.gguf.adjacent
	return c
}
