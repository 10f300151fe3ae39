package transcode

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"github.com/bitnet-go/bitnet/bitnet-core/convert"
	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-inference/checkpoint"
)

// What a Hugging Face checkpoint says and GGUF has no key for is kept under keys of
// this package, so that the way back gives the same bytes.
const (
	keyClass  = "convert.linear_class"      // string: bitlinear, where scales divide
	keyScales = "convert.weight_scale"      // float32s: the scales that divide, by projection, 0 for one without
	keyScale  = "convert.weight_scale_type" // string: BF16
	keyGains  = "convert.norm_type"         // string: BF16
)

// A packedScale is the tensor with the scale of a packed matrix.
type packedScale struct {
	*output
	by      float32     // what codes are multiplied by; unless masters tell when they are read
	divisor float32     // a number whose reciprocal that is, 0 if none is known
	want    dtype.DType // stored as, if the number is one of the type
}

// dividing reports whether scales of the result are stored as 1/mean|W|: if they
// are so in the source, or were in what that was made of, and if all can be.
func (p *Plan) dividing() bool {
	class, _ := p.src.ck.Value(keyClass)
	return (p.src.divides || class == "bitlinear") &&
		!slices.ContainsFunc(p.scales, func(s *packedScale) bool { return s.divisor == 0 })
}

// planWeightScale adds the tensor with the scale of a packed matrix, which
// storeScales completes.
func (p *Plan) planWeightScale(r *checkpoint.Role, o *output) error {
	m := o.m
	s := &packedScale{output: &output{kind: dtype.F32}, want: dtype.F32}
	s.Step = Step{Name: r.HFScale(), Shape: []int{1}, From: m.name, FromType: o.FromType, Action: o.Action}
	p.outputs = append(p.outputs, s.output)
	p.scales = append(p.scales, s)
	switch {
	case m.kind == dtype.U8:
		s.From = s.Name
		t, err := p.src.ck.Tensor(s.Name)
		if err != nil {
			return err
		}
		s.want, s.Shape = t.DType(), t.Shape()
		s.FromType = s.want.String()
		if s.by = m.by; p.src.divides {
			s.divisor, err = p.src.number(s.Name)
		}
		return err
	case m.master:
		// Known when the matrix has been read; float32 holds it.
		s.small = func(w *workers) ([]byte, error) {
			g, err := o.resolved(w)
			return binary.LittleEndian.AppendUint32(nil, math.Float32bits(g.scale)), err
		}
		return nil
	}
	g, err := o.resolved(p.workers)
	if err != nil {
		return err
	}
	o.check = o.check || !g.uniform
	s.by, s.divisor = g.scale, p.divisor(r, g.scale)
	s.want = p.keptType(keyScale)
	return nil
}

// storeScales makes the scales when all of them are known.
func (p *Plan) storeScales() error {
	dividing := p.dividing()
	for _, s := range p.scales {
		v := s.by
		if dividing {
			v = s.divisor
		}
		if fits(v, s.want) {
			s.kind = s.want
		}
		if s.Type = s.kind.String(); s.small != nil {
			continue
		}
		if p.src.divides && !dividing && s.Action == actionCopy {
			s.Action = actionConvert
		}
		size, _ := s.kind.Size(1)
		s.data = make([]byte, size)
		if _, err := convert.Convert(s.data, convert.Bytes([]float32{v}), s.kind, dtype.F32, convert.Options{}); err != nil {
			return fmt.Errorf("tensor %q: %w", s.Name, err)
		}
	}
	return nil
}

// keptDivisors returns the numbers that divided in what a GGUF file was made of, by the
// names of their projections in it.
func (p *Plan) keptDivisors(all []checkpoint.Role) map[string]float32 {
	kept := map[string]float32{}
	v, _ := p.src.ck.Value(keyScales)
	rest, _ := v.([]float32)
	for i := range all {
		if all[i].Kind == checkpoint.KindProjection && len(rest) > 0 {
			kept[all[i].GGUF], rest = rest[0], rest[1:]
		}
	}
	return kept
}

// divisor returns a number whose reciprocal is the scale of a projection, 0 if there is
// none: first that which the file kept, for others may be, too.
func (p *Plan) divisor(r *checkpoint.Role, scale float32) float32 {
	for _, d := range []float32{p.divisors[r.GGUF], 1 / scale} {
		if 1/d == scale {
			return d
		}
	}
	return 0
}
