package checkpoint

import (
	"bytes"
	"encoding/json"
)

// tokenIDs is one id or a list of them; null is none.
type tokenIDs []int32

func (t *tokenIDs) UnmarshalJSON(data []byte) error {
	data = bytes.TrimSpace(data)
	if len(data) > 0 && data[0] == '[' {
		return json.Unmarshal(data, (*[]int32)(t))
	}
	var id *int32
	if err := json.Unmarshal(data, &id); err != nil {
		return err
	}
	if *t = nil; id != nil {
		*t = tokenIDs{*id}
	}
	return nil
}

// hfGeneration is generation_config.json.
type hfGeneration struct {
	BOS         tokenIDs `json:"bos_token_id"`
	EOS         tokenIDs `json:"eos_token_id"`
	DoSample    *bool    `json:"do_sample"`
	Temperature *float32 `json:"temperature"`
	TopK        *int     `json:"top_k"`
	TopP        *float32 `json:"top_p"`
	MinP        *float32 `json:"min_p"`
	Repetition  *float32 `json:"repetition_penalty"`
}

// sampling returns the recommendation, or nil if the file makes none. A value
// that the file leaves out is off, as its authors' code has it, except that
// sampling without a temperature is at temperature 1.
func (g *hfGeneration) sampling() *Sampling {
	if g.DoSample != nil && !*g.DoSample {
		return &Sampling{} // greedy is a recommendation, too
	}
	if g.DoSample == nil && g.Temperature == nil && g.TopK == nil && g.TopP == nil && g.MinP == nil {
		return nil
	}
	s := &Sampling{Temperature: 1}
	set(&s.Temperature, g.Temperature)
	set(&s.TopK, g.TopK)
	set(&s.TopP, g.TopP)
	set(&s.MinP, g.MinP)
	set(&s.Repeat, g.Repetition)
	return s
}
