package check

import (
	"regexp"
	"slices"

	"github.com/bitnet-go/bitnet/bitnet-inference/model"
)

// A projection is a linear layer as its tensor's name tells it.
type projection struct {
	prefix string   // of its layer's tensors: "blk.3."
	norms  []string // names that the norm of its input may have, behind prefix
	rows   func(c *model.Config) int
}

func width(c *model.Config) int   { return c.Dim }
func qWidth(c *model.Config) int  { return c.QDim() }
func kvWidth(c *model.Config) int { return c.KVDim() }
func ffn(c *model.Config) int     { return c.FFN }

// projections are those of a layer under the names of GGUF files and of directories.
var projections = map[string]projection{
	"attn_q":      {norms: []string{"attn_norm"}, rows: qWidth},
	"attn_k":      {norms: []string{"attn_norm"}, rows: kvWidth},
	"attn_v":      {norms: []string{"attn_norm"}, rows: kvWidth},
	"attn_output": {norms: []string{"attn_sub_norm"}, rows: width},
	"ffn_gate":    {norms: []string{"ffn_norm"}, rows: ffn},
	"ffn_up":      {norms: []string{"ffn_norm"}, rows: ffn},
	"ffn_down":    {norms: []string{"ffn_sub_norm"}, rows: width},

	"self_attn.q_proj": {norms: []string{"input_layernorm"}, rows: qWidth},
	"self_attn.k_proj": {norms: []string{"input_layernorm"}, rows: kvWidth},
	"self_attn.v_proj": {norms: []string{"input_layernorm"}, rows: kvWidth},
	"self_attn.o_proj": {norms: []string{"self_attn.attn_sub_norm", "self_attn.inner_attn_ln"}, rows: width},
	"mlp.gate_proj":    {norms: []string{"post_attention_layernorm"}, rows: ffn},
	"mlp.up_proj":      {norms: []string{"post_attention_layernorm"}, rows: ffn},
	"mlp.down_proj":    {norms: []string{"mlp.ffn_sub_norm", "mlp.ffn_layernorm"}, rows: width},
}

var layerName = regexp.MustCompile(`^((?:blk|(?:model\.)?layers)\.\d+\.)(.+)\.weight$`)

// projectionOf returns the projection that a tensor is the weight of.
func projectionOf(name string) (projection, bool) {
	m := layerName.FindStringSubmatch(name)
	if m == nil {
		return projection{}, false
	}
	p, ok := projections[m[2]]
	p.prefix = m[1]
	return p, ok
}

// gains returns those of the norm of a projection's input, nil if there is none of cols.
// Norms that other norms stand behind say little of the input.
func (c *checker) gains(p projection, cols int) []float32 {
	if c.ck.Config.HeadNorms || c.ck.Config.PostNorms {
		return nil
	}
	at := slices.IndexFunc(p.norms, func(n string) bool { return c.stored[p.prefix+n+".weight"].Name != "" })
	if at < 0 {
		return nil
	}
	v, ok := c.floats(p.prefix + p.norms[at] + ".weight")
	if !ok || len(v) != cols {
		return nil
	}
	return v
}
