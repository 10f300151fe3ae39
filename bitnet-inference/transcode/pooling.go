package transcode

import "github.com/bitnet-go/bitnet/bitnet-inference/checkpoint"

// poolingFiles says, as the sentence-transformers library does, how the vector of a text
// is made, if the source does.
func (p *Plan) poolingFiles() error {
	pooling := p.src.ck.Pooling
	if pooling == "" {
		return nil
	}
	type module struct {
		Index int    `json:"idx"`
		Name  string `json:"name"`
		Path  string `json:"path"`
		Type  string `json:"type"`
	}
	const prefix, dir = "sentence_transformers.models.", "1_Pooling"
	err := p.putJSON("modules.json", []module{
		{0, "0", "", prefix + "Transformer"}, {1, "1", dir, prefix + "Pooling"}, {2, "2", "2_Normalize", prefix + "Normalize"},
	})
	if err != nil {
		return err
	}
	return p.putJSON(dir+"/config.json", map[string]any{
		"word_embedding_dimension": p.src.ck.Config.Dim,
		"pooling_mode_cls_token":   false,
		"pooling_mode_max_tokens":  false,
		"pooling_mode_mean_tokens": pooling == checkpoint.PoolMean,
		"pooling_mode_lasttoken":   pooling == checkpoint.PoolLast,
		"include_prompt":           true,
	})
}
