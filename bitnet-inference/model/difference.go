package model

import "fmt"

// A Difference is a property of graphs that two of them do not have in common.
type Difference struct{ Name, A, B string }

// Differences returns what differs of the numbers that fix what is computed from c to o.
// Which rows of a head are a pair is not among them: it is for who compares weights.
// Numbers count as the float32 that GGUF files hold.
func (c *Config) Differences(o *Config) []Difference {
	var all []Difference
	add := func(name string, a, b any) {
		if x, y := fmt.Sprint(a), fmt.Sprint(b); x != y {
			all = append(all, Difference{name, x, y})
		}
	}
	add("activation", c.Activation, o.Activation)
	add("embedding length", c.Dim, o.Dim)
	add("embedding scale", orOne(c.EmbedScale), orOne(o.EmbedScale))
	add("feed-forward length", c.FFN, o.FFN)
	add("head size", c.HeadDim, o.HeadDim)
	add("heads", c.Heads, o.Heads)
	add("key-value heads", c.KVHeads, o.KVHeads)
	add("layers", c.Layers, o.Layers)
	add("norm epsilon", float32(c.NormEps), float32(o.NormEps))
	add("norms of heads", c.HeadNorms, o.HeadNorms)
	add("post-norms", c.PostNorms, o.PostNorms)
	add("query scale", float32(c.Scale()), float32(o.Scale()))
	add("rope theta", float32(c.RopeTheta), float32(o.RopeTheta))
	add("sub-norms", c.SubNorms, o.SubNorms)
	add("vocabulary size", c.VocabSize, o.VocabSize)
	add("layers with a sliding window", c.sliding(), o.sliding())
	if c.Sliding != nil && o.Sliding != nil {
		add("rope theta of sliding layers", float32(c.SlidingTheta), float32(o.SlidingTheta))
		add("sliding window", c.Window, o.Window)
	}
	return all
}

func orOne(v float64) float32 {
	if v == 0 {
		return 1
	}
	return float32(v)
}

// sliding lists the layers with a window.
func (c *Config) sliding() []int {
	var at []int
	for i := range c.Sliding {
		if c.WindowOf(i) > 0 {
			at = append(at, i)
		}
	}
	return at
}
