package transcode

import (
	"encoding/binary"
	"math"

	"github.com/bitnet-go/bitnet/bitnet-core/convert"
	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-inference/checkpoint"
)

// What a Hugging Face checkpoint says and GGUF has no key for is kept under keys of
// this package, so that the way back gives the same bytes.
const (
	keyClass  = "convert.linear_class"      // string: bitlinear, where scales divide
	keyScales = "convert.weight_scale"      // float32s: the scales that divide, in the order of the projections
	keyScale  = "convert.weight_scale_type" // string: BF16 or F16, if all have that type
	keyGains  = "convert.norm_type"         // string: BF16 or F16, if all gains have that type
)

// dividing reports whether scales of the result are stored as 1/mean|W|: if they
// are so in the source, or were in what that was made of.
func (p *Plan) dividing() bool {
	if p.src.hf != nil {
		return p.src.divides()
	}
	class, _ := p.src.gguf.String(keyClass)
	return class == "bitlinear"
}

// planWeightScale adds the tensor with the scale of a packed matrix.
func (p *Plan) planWeightScale(r *checkpoint.Role, o *output) error {
	m := o.m
	s := &output{kind: dtype.F32}
	s.Step = Step{Name: r.HF + ".weight_scale", Shape: []int{1}, From: m.name, FromType: o.FromType, Action: o.Action}
	defer func() {
		s.Type = s.kind.String()
		p.outputs = append(p.outputs, s)
	}()
	if m.kind == dtype.U8 {
		s.From, s.Action = s.Name, actionCopy
		s.kind, s.Shape, _ = p.src.info(s.Name)
		s.FromType = s.kind.String()
		var err error
		s.data, err = p.src.bytes(s.Name)
		return err
	}
	if m.master {
		// Known when the matrix has been read; float32 holds it.
		s.small = func(w *workers) ([]byte, error) {
			if err := m.load(); err != nil {
				return nil, err
			}
			defer m.drop()
			g, err := m.resolve(w)
			return binary.LittleEndian.AppendUint32(nil, math.Float32bits(g.scale)), err
		}
		return nil
	}
	if err := m.load(); err != nil {
		return err
	}
	defer m.drop()
	g, err := m.resolve(p.workers)
	if err != nil {
		return err
	}
	o.check = o.check || !g.uniform
	v := g.scale
	if p.dividing() {
		v = p.divisor(v)
	}
	if d := p.keptType(keyScale); fits(v, d) {
		s.kind = d
	}
	size, _ := s.kind.Size(1)
	s.data = make([]byte, size)
	_, err = convert.Convert(s.data, convert.Bytes([]float32{v}), s.kind, dtype.F32, convert.Options{})
	return err
}

// divisor returns the number that divides as scale multiplies: of those that the file
// kept the next one, if it still is the reciprocal, for others may be, too.
func (p *Plan) divisor(scale float32) float32 {
	kept, _ := p.src.gguf.Float32s(keyScales)
	at := p.divisors
	p.divisors++
	if at < len(kept) && 1/kept[at] == scale {
		return kept[at]
	}
	return 1 / scale
}

func (p *Plan) ggufString(key string) (string, bool) {
	if p.src.gguf == nil {
		return "", false
	}
	return p.src.gguf.String(key)
}
