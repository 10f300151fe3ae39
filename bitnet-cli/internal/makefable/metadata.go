package main

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"

	"github.com/bitnet-go/bitnet/bitnet-core/encoding/gguf"
	"github.com/bitnet-go/bitnet/bitnet-inference/checkpoint"
)

const arch = "bitnet-b1.58"

// metadata describes the model and carries its tokenizer.
func metadata(ck *checkpoint.Checkpoint, src string) ([]gguf.KV, error) {
	c, g := &ck.Config, &ck.Generation
	if g.Sampling == nil || len(g.EOS) != 1 {
		return nil, errors.New("generation_config.json recommends no sampling, or not one end token")
	}
	kv := []gguf.KV{
		{Key: "general.architecture", Value: arch},
		{Key: "general.name", Value: "fable 29M"},
		{Key: "general.description", Value: "A BitNet b1.58 language model that writes simple stories"},
		{Key: "general.file_type", Value: uint32(40)},
		{Key: "general.sampling.temp", Value: g.Sampling.Temperature},
		{Key: "general.sampling.top_k", Value: int32(g.Sampling.TopK)},
		{Key: arch + ".context_length", Value: uint32(c.ContextLength)},
		{Key: arch + ".embedding_length", Value: uint32(c.Dim)},
		{Key: arch + ".block_count", Value: uint32(c.Layers)},
		{Key: arch + ".feed_forward_length", Value: uint32(c.FFN)},
		{Key: arch + ".rope.dimension_count", Value: uint32(c.HeadDim)},
		{Key: arch + ".rope.freq_base", Value: float32(c.RopeTheta)},
		{Key: arch + ".attention.head_count", Value: uint32(c.Heads)},
		{Key: arch + ".attention.head_count_kv", Value: uint32(c.KVHeads)},
		{Key: arch + ".attention.layer_norm_rms_epsilon", Value: float32(c.NormEps)},
		{Key: arch + ".vocab_size", Value: uint32(c.VocabSize)},
	}
	tokens, err := tokenizer(filepath.Join(src, "tokenizer.json"), c.VocabSize)
	if err != nil {
		return nil, err
	}
	kv = append(kv, tokens...)
	return append(kv,
		gguf.KV{Key: "tokenizer.ggml.bos_token_id", Value: uint32(g.BOS)},
		gguf.KV{Key: "tokenizer.ggml.eos_token_id", Value: uint32(g.EOS[0])},
		gguf.KV{Key: "tokenizer.ggml.add_bos_token", Value: true},
	), nil
}

// tokenizer carries a byte-level BPE vocabulary over to GGUF's keys.
func tokenizer(path string, vocab int) ([]gguf.KV, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var file struct {
		Model struct {
			Vocab  map[string]int
			Merges [][2]string
		}
		Added []struct {
			ID      int
			Content string
			Special bool
		} `json:"added_tokens"`
	}
	if err := json.Unmarshal(data, &file); err != nil {
		return nil, err
	}
	const normal, control = 1, 3
	tokens, kinds := make([]string, vocab), make([]int32, vocab)
	for text, id := range file.Model.Vocab {
		tokens[id], kinds[id] = text, normal
	}
	for _, a := range file.Added {
		if !a.Special {
			return nil, errors.New("an added token is not special")
		}
		tokens[a.ID], kinds[a.ID] = a.Content, control
	}
	merges := make([]string, len(file.Model.Merges))
	for i, m := range file.Model.Merges {
		merges[i] = m[0] + " " + m[1]
	}
	return []gguf.KV{
		{Key: "tokenizer.ggml.model", Value: "gpt2"},
		{Key: "tokenizer.ggml.pre", Value: "llama-bpe"},
		{Key: "tokenizer.ggml.tokens", Value: tokens},
		{Key: "tokenizer.ggml.token_type", Value: kinds},
		{Key: "tokenizer.ggml.merges", Value: merges},
	}, nil
}

func appendFloat32(b []byte, v float32) []byte {
	return binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
}
