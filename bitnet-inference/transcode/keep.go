package transcode

import (
	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-inference/checkpoint"
)

// keep is the Type that leaves projections in theirs.
const keep = "keep"

// projectionType returns the type of a projection: its own if it is to keep that and the target
// has it, else the one that is asked for. In GGUF files masters are made ternary.
func (p *Plan) projectionType(m *matrix) dtype.DType {
	d := p.tern
	if own := m.kind; p.kept != nil && (p.toGGUF() && forLinear(own) && own != dtype.U8 && !m.master || !p.toGGUF() && checkpoint.IsFloat(own)) {
		d = own
	}
	if p.kept != nil {
		p.kept[d]++
	}
	return d
}

// settleKept makes what metadata of a GGUF file says of the projections' type right where
// they kept theirs: it is that of most.
func (p *Plan) settleKept() {
	for d, n := range p.kept {
		if most := p.kept[p.tern]; n > most || n == most && d < p.tern {
			p.tern = d
		}
	}
}
