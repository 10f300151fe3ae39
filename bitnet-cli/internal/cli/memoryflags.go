package cli

import (
	"github.com/spf13/pflag"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-inference/transformer"
)

// memoryFlags say in what form things are kept in memory.
type memoryFlags struct {
	cache string // keys and values
	head  string // the output head
}

func (f *memoryFlags) register(fs *pflag.FlagSet) {
	fs.StringVar(&f.cache, "cache-type", "auto", "keep keys and values as `TYPE` f16, f32, q8_0 (half of f16, less exact), or auto: as the model's home engine does")
	fs.StringVar(&f.head, "head", "auto", "use the output head `HOW` full, screened (an 8-bit copy rules out most of it; the same tokens, faster), auto: screened where this CPU can, or rounded to f16, q8_0 or q6_k (smaller; results change slightly)")
}

var (
	cacheTypes = map[string]dtype.DType{"f32": dtype.F32, "f16": dtype.F16, "q8_0": dtype.Q8_0, "auto": dtype.Invalid}
	heads      = map[string]transformer.Head{"auto": transformer.HeadAuto, "full": transformer.HeadFull, "screened": transformer.HeadScreened}
	headTypes  = map[string]dtype.DType{"f16": dtype.F16, "q8_0": dtype.Q8_0, "q6_k": dtype.Q6_K}
)

// parse returns what the flags say, as far as they do.
func (f *memoryFlags) parse() (o transformer.Options, err error) {
	if o.CacheType, err = parseCacheType(f.cache); err != nil {
		return o, err
	}
	if o.HeadType = headTypes[f.head]; o.HeadType != dtype.Invalid {
		return o, nil
	}
	var ok bool
	if o.Head, ok = heads[f.head]; !ok {
		return o, usagef("--head is %q, want full, screened, auto, f16, q8_0 or q6_k", f.head)
	}
	return o, nil
}

func parseCacheType(name string) (dtype.DType, error) {
	t, ok := cacheTypes[name]
	if !ok {
		return t, usagef("--cache-type is %q, want f16, f32, q8_0 or auto", name)
	}
	return t, nil
}
