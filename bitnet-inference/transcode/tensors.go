package transcode

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/bitnet-go/bitnet/bitnet-core/convert"
	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/nn"
	"github.com/bitnet-go/bitnet/bitnet-inference/checkpoint"
	"github.com/bitnet-go/bitnet/bitnet-quant/qtensor"
)

// maxFaults is how many faults of one model are worth reading.
const maxFaults = 8

// planTensors decides for every tensor of the result what it is made of.
func (p *Plan) planTensors() error {
	if err := p.dropTwin(); err != nil {
		return err
	}
	if p.src.tied && p.opts.Head != "" {
		return fmt.Errorf("%s has no output head of its own that could have the type %s: it is the embedding", p.Source, p.opts.Head)
	}
	all := p.src.ck.Roles(p.src.tied)
	p.divisors = p.keptDivisors(all)
	var faults []error
	for i := range all {
		if err := p.planRole(&all[i]); err != nil {
			if faults = append(faults, err); len(faults) == maxFaults {
				break
			}
		}
	}
	if len(faults) > 0 {
		return fmt.Errorf("%s: %w", p.Source, errors.Join(faults...))
	}
	for _, r := range p.rules {
		if !r.used {
			return fmt.Errorf("no tensor has a name that %q matches, or earlier patterns take all that it matches", r.text)
		}
	}
	return p.storeScales()
}

// dropTwin leaves out a head that repeats the embedding in a GGUF file: the file
// means a tied head, and is larger for nothing.
func (p *Plan) dropTwin() error {
	if !p.src.ck.IsGGUF() || p.src.tied || p.src.ck.DType(checkpoint.GGUFEmbedding+".weight") != p.src.ck.DType(checkpoint.GGUFHead+".weight") {
		return nil
	}
	embed, err := p.src.bytes(checkpoint.GGUFEmbedding + ".weight")
	if err != nil {
		return err
	}
	head, err := p.src.bytes(checkpoint.GGUFHead + ".weight")
	if err != nil {
		return err
	}
	if bytes.Equal(embed, head) {
		p.src.tied = true
		p.note("output.weight repeats token_embd.weight: left out, the head is tied")
	}
	p.src.ck.Forget(embed)
	p.src.ck.Forget(head)
	return nil
}

// planRole plans the tensor of a role, and of its scale if that has one of its own.
func (p *Plan) planRole(r *checkpoint.Role) error {
	turn := p.rotation()
	m, err := p.src.open(r, turn, p.src.ck.Config.HeadDim)
	if err != nil {
		return err
	}
	switch {
	case !r.BelowOne:
	case p.toGGUF() && !p.src.ck.IsGGUF():
		m.shift = 1
	case !p.toGGUF() && p.src.ck.IsGGUF():
		m.shift = -1
	}
	o := &output{m: m, projection: r.Kind == checkpoint.KindProjection}
	o.Name, o.From, o.FromType = r.HF+".weight", m.name, m.kind.String()
	if p.toGGUF() {
		o.Name = r.GGUF + ".weight"
	}
	if o.kind, err = p.typeOf(r, m, o.Name); err != nil {
		return err
	}
	o.Type, o.Shape = o.kind.String(), []int{r.Rows, r.Cols}
	o.Permuted = m.turn != checkpoint.AsIs
	if r.Kind == checkpoint.KindGains {
		return p.planVector(o)
	}
	layout, ternary := qtensor.LayoutOf(o.kind)
	if !ternary {
		if _, ok := nn.RowBytes(o.kind, m.cols); !ok {
			return fmt.Errorf("tensor %q has rows of %d values, which %v does not store: choose another type for it with --tensor-type", o.Name, m.cols, o.kind)
		}
	}
	copied := m.sameBytes(o.kind)
	if copied {
		opposite, err := m.opposite()
		if err != nil {
			return err
		}
		copied = !opposite
	}
	switch {
	case m.master && !ternary && p.toGGUF():
		// No engine rounds the floats of a GGUF file: it gets the weights that are meant.
		o.Action, o.rounded = actionQuantize, true
		o.check = o.kind != dtype.F32
	case copied:
		o.Action = actionCopy
	case ternary && m.ternary():
		o.Action = actionRepack
	case ternary:
		o.Action = actionQuantize
		o.check = !m.master
		if err := p.takeImportance(o, r); err != nil {
			return err
		}
	case m.ternary():
		o.Action = actionDequantize
		o.check = o.kind != dtype.F32
	default:
		o.convertTo(o.kind)
	}
	p.outputs = append(p.outputs, o)
	if !ternary {
		return nil
	}
	if o.kind == dtype.U8 {
		o.Shape = []int{(r.Rows + 3) / 4, r.Cols}
	}
	if _, err := layout.Size(r.Rows, r.Cols); err != nil {
		return fmt.Errorf("tensor %q: %w: choose another type for it with --tensor-type", o.Name, err)
	}
	return p.planScale(r, o)
}

// convertTo makes what is stored as floats, or blocks of them, that of another type.
func (o *output) convertTo(d dtype.DType) {
	o.kind, o.Type = d, d.String()
	o.Action, o.check = actionConvert, d != dtype.F32 && d != o.m.kind
	if o.m.sameBytes(d) {
		o.Action = actionCopy
	}
}

// rotation says how rows of queries and keys are to be turned.
func (p *Plan) rotation() checkpoint.Rotation {
	wanted := p.toGGUF() && checkpoint.GGUFGraph(p.arch()).RopeAdjacent
	return checkpoint.Turn(p.src.ck.Config.RopeAdjacent, wanted)
}

// typeOf returns the type that a tensor of the result is to have.
func (p *Plan) typeOf(r *checkpoint.Role, m *matrix, name string) (dtype.DType, error) {
	if r.Kind == checkpoint.KindGains {
		return p.gainType(m), nil
	}
	for i := range p.rules {
		rule := &p.rules[i]
		if !rule.pattern.MatchString(name) {
			continue
		}
		rule.used = true
		if r.Kind == checkpoint.KindVocabulary && !p.forVocab(rule.kind) || r.Kind == checkpoint.KindProjection && !forLinear(rule.kind) {
			return 0, fmt.Errorf("tensor %q cannot have the type %v", name, rule.kind)
		}
		return rule.kind, nil
	}
	if r.Kind == checkpoint.KindVocabulary {
		want := p.opts.Embedding
		if r.GGUF == checkpoint.GGUFHead {
			want = p.opts.Head
		}
		switch {
		case want != "":
			return ggufTypes[strings.ToLower(want)], nil
		case p.forVocab(m.kind):
			return m.kind, nil
		}
		return dtype.F32, nil
	}
	if checkpoint.IsFloat(m.kind) && p.src.ck.Excepted(r) {
		return m.kind, nil // the model says that this one is not ternary
	}
	if !checkpoint.IsFloat(m.kind) && !m.ternary() { // blocks of a dense matrix
		if p.toGGUF() {
			return m.kind, nil
		}
		return dtype.F32, nil
	}
	return p.projectionType(m), nil
}

// gainType returns the type of a norm's gains: F32 in GGUF files, what they had in
// Hugging Face directories.
func (p *Plan) gainType(m *matrix) dtype.DType {
	if p.toGGUF() {
		return dtype.F32
	}
	if !p.src.ck.IsGGUF() {
		return m.kind
	}
	if d := p.keptType(keyGains); p.gainsFit(m, d) {
		return d
	}
	return dtype.F32
}

// gainsFit reports whether all gains are values of a type.
func (p *Plan) gainsFit(m *matrix, d dtype.DType) bool {
	_, v, err := m.gains()
	if err != nil {
		return false // planVector reports it
	}
	return !slices.ContainsFunc(v, func(x float32) bool { return !fits(x, d) })
}

// fits reports whether a value is one of a 16-bit type.
func fits(x float32, d dtype.DType) bool {
	switch d {
	case dtype.BF16:
		return dtype.BF16ToF32(dtype.F32ToBF16(x)) == x
	case dtype.F16:
		return dtype.F16ToF32(dtype.F32ToF16(x)) == x
	}
	return true
}

// gains reads a vector: as it is stored, and as it is to be.
func (m *matrix) gains() (stored, v []float32, err error) {
	data, err := m.src.bytes(m.name)
	if err != nil {
		return nil, nil, err
	}
	stored, v = make([]float32, m.cols), make([]float32, m.cols)
	if err := dtype.Float32s(stored, data, m.kind); err != nil {
		return nil, nil, fmt.Errorf("tensor %q: %w", m.name, err)
	}
	for i, x := range stored {
		v[i] = x + m.shift
	}
	return stored, v, nil
}

// planVector makes a norm's gains at once: they are small.
func (p *Plan) planVector(o *output) error {
	stored, v, err := o.m.gains()
	if err != nil {
		return err
	}
	if i := slices.IndexFunc(v, func(x float32) bool { return x-x != 0 }); i >= 0 {
		return fmt.Errorf("tensor %q: value %d is %v: the data is damaged", o.m.name, i, v[i])
	}
	o.Shape, o.Action = o.Shape[1:], actionConvert
	if o.kind == o.m.kind && o.m.shift == 0 {
		o.Action = actionCopy
	}
	if o.m.shift < 0 {
		o.belowOne(stored, v)
	}
	size, _ := o.kind.Size(int64(len(v)))
	o.data = make([]byte, size)
	if _, err := convert.Convert(o.data, convert.Bytes(v), o.kind, dtype.F32, convert.Options{}); err != nil {
		return fmt.Errorf("tensor %q: %w", o.m.name, err)
	}
	o.m = nil
	p.outputs = append(p.outputs, o)
	return nil
}

// belowOne looks whether gains less 1 still say what the gains were.
func (o *output) belowOne(gain, less []float32) {
	again := make([]float32, len(less))
	for i, v := range less {
		again[i] = v + 1
	}
	if loss := new(Loss); !slices.Equal(gain, again) {
		loss.add(gain, again)
		loss.finish()
		o.Loss, o.check = loss, true
	}
}

// planScale decides where the scale of a ternary matrix goes.
func (p *Plan) planScale(r *checkpoint.Role, o *output) error {
	m := o.m
	tq := halfScales(o.kind)
	switch fromTQ := halfScales(m.kind); {
	case !p.toGGUF():
		return p.planWeightScale(r, o)
	case tq && o.Action == actionQuantize && p.scalesSpan(o) > 0:
		o.span, o.check = p.scalesSpan(o), true
		if o.importance != nil && o.span == m.cols {
			o.rowScales = make([]float32, m.rows)
		}
		return nil
	case o.Action == actionCopy, tq && fromTQ:
		o.each = fromTQ
		o.check = o.check || m.kind == dtype.Q2_0 && o.kind != dtype.Q2_0 // its blocks are smaller
		if m.by != 1 {
			p.addScale(r, o, m.by)
		}
		return nil
	case !tq:
		// I2_S has room for it. Types that may have several in a matrix may lose some.
		o.check = o.check || m.ternary() && m.kind != dtype.U8 && m.kind != dtype.I2_S
		return nil
	case !p.src.ck.Config.SubNorms:
		// Engines refuse tensors that they do not know of an architecture, and llama.cpp has
		// long known scales in those of BitNet only. Graphs with sub-norms are these, and those
		// that it does not run at all. In others blocks have the scale, which may lose
		// something by that.
		o.check = true
		return nil
	}
	g, err := o.resolved(p.workers)
	if err != nil {
		return err
	}
	if !g.uniform && m.ternary() {
		o.check = true // scales that differ
	}
	if !fits(g.scale, dtype.F16) {
		o.beside = g.scale
		p.addScale(r, o, g.scale)
	}
	return nil
}

// halfScales reports whether a type has a float16 scale in each block.
func halfScales(d dtype.DType) bool {
	return d == dtype.TQ1_0 || d == dtype.TQ2_0 || d == dtype.Q2_0
}

// addScale puts a scale into a tensor of its own, for engines to multiply by.
func (p *Plan) addScale(r *checkpoint.Role, o *output, v float32) {
	s := &output{kind: dtype.F32, data: binary.LittleEndian.AppendUint32(nil, math.Float32bits(v))}
	s.Step = Step{Name: r.GGUFScale(), Type: s.kind.String(), Shape: []int{1}, From: o.From, FromType: o.FromType, Action: actionCopy}
	p.outputs = append(p.outputs, s)
}
