package checkpoint

import (
	"fmt"
	"reflect"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/encoding/gguf"
	"github.com/bitnet-go/bitnet/bitnet-core/memory"
	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer"
)

// ggufModel is a GGUF file, or all parts of a split one.
type ggufModel struct {
	name   string
	file   *gguf.File
	family *family
	naming names // of the tensors
	tied   bool  // no output.weight
}

func openGGUF(path string) (*Checkpoint, error) {
	f, err := gguf.Open(path)
	if err != nil {
		return nil, err
	}
	return newGGUF(f, path)
}

func parseGGUF(buf memory.Buffer, name string) (*Checkpoint, error) {
	f, err := gguf.Parse(buf, name)
	buf.Release() // the file holds its own reference
	if err != nil {
		return nil, err
	}
	return newGGUF(f, name)
}

func newGGUF(f *gguf.File, name string) (*Checkpoint, error) {
	g := &ggufModel{name: name, file: f}
	c, err := g.config()
	if err != nil {
		_ = f.Close() // the first error is the one to show
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	ck := &Checkpoint{
		Name:       name,
		Format:     fmt.Sprintf("GGUF v%d", f.Version),
		Config:     c,
		Generation: g.generation(),
		CacheType:  dtype.F16,
		src:        g,
	}
	ck.Quantization = g.quantization(ck.Roles(true))
	if ck.Pooling, err = g.pooling(c.Architecture); err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	ck.Chat.Template, _ = f.String("tokenizer.chat_template")
	if tokens, ok := f.Strings(tokenizer.GGUFPrefix + "tokens"); ok {
		ck.Chat.BOS = tokenText(tokens, ck.Generation.BOS)
		if eos, ok := f.Uint(TokenKey("eos")); ok {
			ck.Chat.EOS = tokenText(tokens, int32(min(eos, 1<<30)))
		}
	}
	return ck, nil
}

func tokenText(tokens []string, id int32) string {
	if id < 0 || int(id) >= len(tokens) {
		return ""
	}
	return tokens[id]
}

// EndNames are the names of the tokens that end a text or a turn, in the keys of GGUF files
// that [TokenKey] returns.
func EndNames() []string { return []string{"eos", "eot", "eom"} }

// TokenKey returns the key of the id of a token with a part to play, such as "bos".
func TokenKey(name string) string { return tokenizer.GGUFPrefix + name + "_token_id" }

// generation reads the tokens to start from and to stop at, and the sampling
// that newer files recommend under general.sampling.
func (g *ggufModel) generation() Generation {
	f := g.file
	gen := Generation{BOS: -1}
	if id, ok := f.Uint(TokenKey("bos")); ok && id < 1<<30 {
		gen.BOS = int32(id)
	}
	for _, name := range EndNames() {
		if id, ok := f.Uint(TokenKey(name)); ok && id < 1<<30 {
			gen.EOS = append(gen.EOS, int32(id))
		}
	}
	var s Sampling
	found := false
	number := func(key string) float64 {
		v, ok := f.Float("general.sampling." + key)
		found = found || ok
		return v
	}
	s.Temperature = float32(number("temp"))
	s.TopK = int(number("top_k"))
	s.TopP = float32(number("top_p"))
	s.MinP = float32(number("min_p"))
	s.Repeat = float32(number("penalty_repeat"))
	if found {
		if _, ok := f.Float("general.sampling.temp"); !ok {
			s.Temperature = 1
		}
		gen.Sampling = &s
	}
	return gen
}

// quantization names the types of the linear weights.
func (g *ggufModel) quantization(roles []Role) string {
	seen := map[string]int{}
	best := ""
	for i := range roles {
		info, ok := g.file.Info(roles[i].GGUF + ".weight")
		if !ok || roles[i].Kind != KindProjection {
			continue
		}
		name := info.Type.String()
		if seen[name]++; seen[name] > seen[best] {
			best = name
		}
	}
	if len(seen) > 1 {
		return best + " (mostly)"
	}
	return best
}

func (g *ggufModel) close() error { return g.file.Close() }

func (g *ggufModel) tensorFile() tensorFile { return g.file }

func (g *ggufModel) tokenizer() (tokenizer.Tokenizer, error) {
	return tokenizer.LoadGGUF(g.file, g.name)
}

func (g *ggufModel) names() []string {
	var names []string
	for _, t := range g.file.Tensors() {
		names = append(names, t.Name)
	}
	return names
}

func (g *ggufModel) tensors() []TensorInfo {
	var all []TensorInfo
	for _, t := range g.file.Tensors() {
		kind := t.Type.String()
		if !t.Type.Valid() {
			kind = fmt.Sprintf("type %d", t.TypeID)
		}
		all = append(all, TensorInfo{Name: t.Name, Type: kind, Shape: t.Shape, Bytes: t.Size})
	}
	return all
}

func (g *ggufModel) info(name string) (dtype.DType, []int) {
	info, _ := g.file.Info(name)
	return info.Type, info.Shape
}

func (g *ggufModel) metadata() []Pair {
	var pairs []Pair
	for _, kv := range g.file.Metadata() {
		v := reflect.ValueOf(kv.Value)
		text := fmt.Sprint(kv.Value)
		if v.Kind() == reflect.Slice {
			const few = 6
			head := fmt.Sprintf("%v", v.Slice(0, min(v.Len(), few)).Interface())
			if s, ok := kv.Value.([]string); ok {
				head = fmt.Sprintf("%.40q", s[:min(len(s), few)])
			}
			text = fmt.Sprintf("%d × %s: %s", v.Len(), v.Type().Elem(), head)
		}
		pairs = append(pairs, Pair{kv.Key, text})
	}
	return pairs
}
