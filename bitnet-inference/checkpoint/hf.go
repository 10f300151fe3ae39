package checkpoint

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sort"
	"strings"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/encoding/safetensors"
	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer"
)

// hf is a Hugging Face model directory.
type hf struct {
	dir    string
	file   *safetensors.File
	config *hfConfig
	naming names  // of the tensors
	raw    []Pair // config.json's entries
}

// inJSON names the file that err is about, and says what to do if that is no JSON.
func inJSON(path string, err error) error {
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return fmt.Errorf("%s is no JSON, or not a whole file: byte %d: %w; download it again", path, syntax.Offset, err)
	}
	return fmt.Errorf("%s: %w", path, err)
}

func openHF(dir string, o Options) (*Checkpoint, error) {
	data, ok, err := readSmall(dir, "config.json")
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, fmt.Errorf("%s has no config.json, so it is not a Hugging Face model directory; name a directory that has one, or a .gguf file", dir)
	}
	h := &hf{dir: dir}
	config, graph, err := parseHFConfig(data)
	if err != nil {
		return nil, inJSON(filepath.Join(dir, "config.json"), err)
	}
	h.config, h.raw = config, jsonPairs(data, 3)

	ck := &Checkpoint{Name: dir, Format: "safetensors", src: h, CacheType: dtype.F32}
	if err := h.readGeneration(ck); err != nil {
		return nil, err
	}
	if err := h.readChat(ck); err != nil {
		return nil, err
	}
	if ck.Pooling, err = hfPooling(dir); err != nil {
		return nil, err
	}
	if h.file, err = safetensors.Open(dir); err != nil {
		return nil, err
	}
	h.naming = config.family.hf.names.in(h.names())
	config.bitNet = h.naming.findInputNorms(&graph, h.names())
	config.online = o.Online
	ck.Config = graph
	roles := ck.Roles(true)
	if o.Online && !h.storesFloats(roles) {
		_ = h.file.Close() // the first error is the one to show
		return nil, &OptionsError{fmt.Sprintf("%s has no linear weights stored as floats, which could be quantized online", dir)}
	}
	ck.Quantization = h.quantization(roles)
	return ck, nil
}

// storesFloats reports whether there are projections stored as floats.
func (h *hf) storesFloats(roles []Role) bool {
	return slices.ContainsFunc(roles, func(r Role) bool {
		d, _ := h.info(r.HF + ".weight")
		return r.Kind == KindProjection && IsFloat(d)
	})
}

// readGeneration merges generation_config.json over config.json.
func (h *hf) readGeneration(ck *Checkpoint) error {
	g := &ck.Generation
	g.BOS, g.EOS = -1, h.config.EOS
	if len(h.config.BOS) > 0 {
		g.BOS = h.config.BOS[0]
	}
	data, ok, err := readSmall(h.dir, "generation_config.json")
	if err != nil || !ok {
		return err
	}
	var file hfGeneration
	if err := json.Unmarshal(data, &file); err != nil {
		return inJSON(filepath.Join(h.dir, "generation_config.json"), err)
	}
	if len(file.BOS) > 0 {
		g.BOS = file.BOS[0]
	}
	if len(file.EOS) > 0 {
		g.EOS = file.EOS
	}
	g.Sampling = file.sampling()
	return nil
}

// hfToken is a special token's text, alone or as an object.
type hfToken string

func (t *hfToken) UnmarshalJSON(data []byte) error {
	var object struct{ Content string }
	if json.Unmarshal(data, &object) == nil && object.Content != "" {
		*t = hfToken(object.Content)
		return nil
	}
	var s *string
	err := json.Unmarshal(data, &s)
	if s != nil {
		*t = hfToken(*s)
	}
	return err
}

// readChat finds the chat template: chat_template.jinja, or the entry of
// tokenizer_config.json, which is one template or a list of named ones.
func (h *hf) readChat(ck *Checkpoint) error {
	data, ok, err := readSmall(h.dir, "tokenizer_config.json")
	if err != nil {
		return err
	}
	if ok {
		var file struct {
			Template json.RawMessage `json:"chat_template"`
			BOS      hfToken         `json:"bos_token"`
			EOS      hfToken         `json:"eos_token"`
		}
		if err := json.Unmarshal(data, &file); err != nil {
			return inJSON(filepath.Join(h.dir, "tokenizer_config.json"), err)
		}
		ck.Chat = Chat{BOS: string(file.BOS), EOS: string(file.EOS)}
		var named []struct{ Name, Template string }
		if json.Unmarshal(file.Template, &ck.Chat.Template) != nil && json.Unmarshal(file.Template, &named) == nil {
			for _, n := range named {
				if n.Name == "default" || ck.Chat.Template == "" {
					ck.Chat.Template = n.Template
				}
			}
		}
	}
	jinja, ok, err := readSmall(h.dir, "chat_template.jinja")
	if ok && err == nil {
		ck.Chat.Template = string(jinja)
	}
	return err
}

func (h *hf) close() error { return h.file.Close() }

func (h *hf) tensorFile() tensorFile { return h.file }

func (h *hf) tokenizer() (tokenizer.Tokenizer, error) { return tokenizer.Open(h.dir) }

func (h *hf) names() []string {
	var names []string
	for _, t := range h.file.Tensors() {
		names = append(names, t.Name)
	}
	return names
}

func (h *hf) tensors() []TensorInfo {
	var all []TensorInfo
	for _, t := range h.file.Tensors() {
		all = append(all, TensorInfo{Name: t.Name, Type: t.Type.String(), Shape: t.Shape, Bytes: t.Size})
	}
	return all
}

func (h *hf) info(name string) (dtype.DType, []int) {
	info, _ := h.file.Info(name)
	return info.Type, info.Shape
}

func (h *hf) metadata() []Pair { return h.raw }

// jsonPairs lists the entries of a JSON object, objects in it by dotted keys down
// to the given depth.
func jsonPairs(data []byte, depth int) []Pair {
	var object map[string]json.RawMessage
	if depth == 0 || json.Unmarshal(data, &object) != nil {
		return nil
	}
	var pairs []Pair
	for k, v := range object {
		if nested := jsonPairs(v, depth-1); nested != nil {
			for _, p := range nested {
				pairs = append(pairs, Pair{k + "." + p.Key, p.Value})
			}
			continue
		}
		pairs = append(pairs, Pair{k, strings.TrimSpace(string(v))})
	}
	sort.Slice(pairs, func(i, j int) bool { return pairs[i].Key < pairs[j].Key })
	return pairs
}
