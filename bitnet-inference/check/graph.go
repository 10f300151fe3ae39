package check

import (
	"path/filepath"

	"github.com/bitnet-go/bitnet/bitnet-inference/checkpoint"
	"github.com/bitnet-go/bitnet/bitnet-inference/model"
)

// activation says if a model is BitNet b1.58 2B-4T by its sizes and something else by its
// activation: it then talks nonsense.
func (c *checker) activation() {
	g := &c.ck.Config
	if !checkpoint.IsBitNet2B4T(g) || g.Activation == model.ReLU2 {
		return
	}
	f := Finding{Severity: Error, Kind: Activation, Where: filepath.Join(c.ck.Name, "config.json") + ": hidden_act"}
	f.What = "the sizes are those of BitNet b1.58 2B-4T, which computes relu², and the activation is " + string(g.Activation)
	f.Repair = c.repair("--set", "hidden_act=relu2")
	if c.ck.IsGGUF() {
		f.Where, f.Repair = checkpoint.ActivationKey, c.repair("--set", checkpoint.ActivationKey+"=relu2")
		if c.ck.LacksActivation() {
			f.Repair = c.repair() // which sets it
			f.What = "the sizes are those of BitNet b1.58 2B-4T, which computes relu², and the file does not say so: engines compute SiLU"
		}
	}
	c.add(f)
}
