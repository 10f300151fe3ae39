package transformer

// An Input names what projections of a layer read: the group of all that share it, or one
// projection that norms it for itself.
type Input uint8

const (
	InputQKV    Input = iota // of query, key and value
	InputO                   // of the attention output projection
	InputGateUp              // of gate and up
	InputDown                // of the down projection
	InputQ                   // and the following: behind a norm of this projection alone
	InputK
	InputV
	InputGate
	InputUp
)

var inputNames = [...]string{"qkv", "o", "gate_up", "down", "q", "k", "v", "gate", "up"}

func (i Input) String() string { return inputNames[i] }

// InputOrder returns all inputs in the order in which a layer comes to them.
func InputOrder() []Input {
	return []Input{InputQ, InputK, InputV, InputQKV, InputO, InputGate, InputUp, InputGateUp, InputDown}
}

// ownInputs are the inputs behind norms of single projections, by the group's.
var ownInputs = [...][]Input{InputQKV: {InputQ, InputK, InputV}, InputGateUp: {InputGate, InputUp}}

// observe shows the input of linears to whoever asked for it, and rounds once more what
// they may have changed.
func (p *Pass) observe(layer int, group Input, linears []linear) {
	if p.m.observe == nil {
		return
	}
	shared := false
	part, normed := 0, p.in.normed
	for i := range linears {
		if l := &linears[i]; l.norm != nil {
			p.show(layer, ownInputs[group][part], &normed[0])
			normed = normed[1:]
		} else {
			shared = true
		}
		part += linears[i].parts
	}
	if shared {
		p.show(layer, group, &p.in)
	}
}

func (p *Pass) show(layer int, name Input, x *input) {
	p.m.observe(layer, name, x.values, x.width)
	for t := range len(x.values) / x.width {
		x.quantize(t)
	}
}
