package transcode

import (
	"errors"
	"fmt"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-inference/checkpoint"
	"github.com/bitnet-go/bitnet/bitnet-quant/absmean"
	"github.com/bitnet-go/bitnet/bitnet-quant/qtensor"
)

// Which weights share a scale.
const (
	scaleTensor = "tensor"
	scaleRow    = "row"
	scaleGroup  = "group"
)

// chooseScale reads the options of ternarization.
func (p *Plan) chooseScale() error {
	_, ternary := qtensor.LayoutOf(p.tern)
	switch {
	case p.opts.Importance != nil && !p.opts.Ternarize:
		return errors.New("the importance of columns is for scales of floats that are made ternary")
	case p.opts.Ternarize && (p.kept != nil || !ternary):
		return fmt.Errorf("the type %q is not a ternary one (i2_s, tq1_0, tq2_0 or q2_0 in a .gguf file, hf in a directory)", p.opts.Type)
	case p.opts.TargetSize < 0:
		return fmt.Errorf("the target size is %d bytes, want a positive one", p.opts.TargetSize)
	case p.opts.TargetSize > 0 && !p.toGGUF():
		return fmt.Errorf("%s is a directory, which has no smaller types of the embedding to choose from: a target size is for .gguf files", p.Target)
	}
	switch p.opts.Scale {
	case "":
		p.opts.Scale = scaleTensor
	case scaleTensor:
	case scaleRow, scaleGroup:
		if !halfScales(p.tern) {
			kind := p.tern.String()
			if p.tern == dtype.U8 {
				kind = "the packed type of a directory"
			}
			return fmt.Errorf("%s has one scale for a tensor: for one for each %s choose tq1_0, tq2_0 or q2_0", kind, p.opts.Scale)
		}
	default:
		return fmt.Errorf("the scale is for a %q, want tensor, row or group", p.opts.Scale)
	}
	return nil
}

// checkFloats refuses to ternarize a model some of whose projections are no floats.
func (p *Plan) checkFloats() error {
	if !p.opts.Ternarize {
		return nil
	}
	all := p.src.ck.Roles(p.src.tied)
	for i := range all {
		r := &all[i]
		d := p.src.ck.DType(p.src.name(r))
		if r.Kind != checkpoint.KindProjection || checkpoint.IsFloat(d) {
			continue
		}
		if _, ternary := qtensor.LayoutOf(d); ternary {
			return p.ternaryAlready(fmt.Sprintf("%s has the type %v", p.src.name(r), d))
		}
		return fmt.Errorf("%s: %s has the type %v, which rounded it once: take the checkpoint with float weights", p.Source, p.src.name(r), d)
	}
	if p.opts.Scale == scaleGroup {
		p.note("blocks have scales that differ within a row: llama.cpp computes with them, this program does not run such files")
	}
	return nil
}

func (p *Plan) ternaryAlready(why string) error {
	return fmt.Errorf("%s is ternary already: %s; to have other types use bitnet convert", p.Source, why)
}

// scalesSpan returns how many columns of a ternary matrix share a scale that is not the
// tensor's, 0 if all share that.
func (p *Plan) scalesSpan(o *output) int {
	switch p.opts.Scale {
	case scaleRow:
		return o.m.cols
	case scaleGroup:
		n, _ := o.kind.Block()
		return n
	}
	return 0
}

// spans sets dst to rows made ternary with a float16 scale for every span of columns.
func (o *output) spans(dst []byte, lo, hi int, s *scratch, loss *Loss) error {
	m := o.m
	row, again, codes := s.floats(m.cols), s.again(m.cols), s.codes(m.cols)
	for r := lo; r < hi; r++ {
		if err := m.floats(row, codes, r); err != nil {
			return err
		}
		for c := 0; c < m.cols; c += o.span {
			end := min(c+o.span, m.cols)
			scale, _, err := o.spanScale(row[c:end], r, c, s)
			if err != nil {
				return err
			}
			absmean.Round(codes[c:end], row[c:end], scale)
			stored := dtype.F16ToF32(dtype.F32ToF16(scale))
			if stored-stored != 0 {
				return fmt.Errorf("tensor %q, row %d: the scale %v is not finite, or too large for a float16", m.name, m.at(r), scale)
			}
			for i, v := range codes[c:end] {
				again[c+i] = float32(v) * stored
			}
		}
		// What has one magnitude in a block is stored with it as the scale.
		data, err := qtensor.PackFloat32(o.layout(), again, 1, m.cols)
		if err != nil {
			return fmt.Errorf("tensor %q, row %d: %w", m.name, m.at(r), err)
		}
		dst = dst[copy(dst, data):]
		loss.add(row, again)
	}
	return nil
}
