package main

import (
	"fmt"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/encoding/gguf"
	"github.com/bitnet-go/bitnet/bitnet-inference/checkpoint"
	"github.com/bitnet-go/bitnet/bitnet-inference/model"
	"github.com/bitnet-go/bitnet/bitnet-quant/qtensor"
)

// pack names the model's tensors as GGUF does and stores the ternary ones as
// I2_S, the layout with a float32 scale.
func pack(ck *checkpoint.Checkpoint) ([]gguf.TensorData, error) {
	w, err := ck.Weights()
	if err != nil {
		return nil, err
	}
	all := []gguf.TensorData{{Name: "token_embd.weight", Type: w.Embed.Type, Shape: []int{w.Embed.Rows, w.Embed.Cols}, Data: w.Embed.Data}}
	vector := func(name string, v []float32) {
		data := make([]byte, 0, 4*len(v))
		for _, x := range v {
			data = appendFloat32(data, x)
		}
		all = append(all, gguf.TensorData{Name: name, Type: dtype.F32, Shape: []int{len(v)}, Data: data})
	}
	vector("output_norm.weight", w.OutputNorm)
	for i := range w.Layers {
		l, p := &w.Layers[i], fmt.Sprintf("blk.%d.", i)
		vector(p+"attn_norm.weight", l.AttnNorm)
		vector(p+"attn_sub_norm.weight", l.AttnSubNorm)
		vector(p+"ffn_norm.weight", l.FFNNorm)
		vector(p+"ffn_sub_norm.weight", l.FFNSubNorm)
		for _, m := range []struct {
			name   string
			linear *model.Linear
		}{
			{"attn_q", &l.Q},
			{"attn_k", &l.K},
			{"attn_v", &l.V},
			{"attn_output", &l.O},
			{"ffn_gate", &l.Gate},
			{"ffn_up", &l.Up},
			{"ffn_down", &l.Down},
		} {
			t := m.linear.Ternary
			if t == nil || len(t.Scale) != 1 {
				return nil, fmt.Errorf("%s%s is not a ternary matrix with one scale", p, m.name)
			}
			codes := make([]int8, t.Rows*t.Cols)
			for r := range t.Rows {
				t.Codes(codes[r*t.Cols:(r+1)*t.Cols], r)
			}
			data, err := qtensor.Pack(qtensor.I2S, codes, t.Rows, t.Cols, t.Scale[0])
			if err != nil {
				return nil, fmt.Errorf("%s%s: %w", p, m.name, err)
			}
			all = append(all, gguf.TensorData{Name: p + m.name + ".weight", Type: dtype.I2_S, Shape: []int{t.Rows, t.Cols}, Data: data})
		}
	}
	return all, nil
}
