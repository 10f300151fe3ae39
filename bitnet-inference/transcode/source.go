package transcode

import (
	"fmt"
	"slices"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-inference/checkpoint"
)

// A source is the model to read. What its files say is where [source.readAs] begins.
type source struct {
	ck      *checkpoint.Checkpoint
	tied    bool
	arm     bool // I2_S data is in the order of ARM builds
	divides bool // weight_scale is 1/mean|W|
}

// openSource opens a model.
func openSource(path string, o *Options) (*source, error) {
	var ck *checkpoint.Checkpoint
	var err error
	if o.Data.IsZero() {
		ck, err = checkpoint.OpenWith(path, o.Source)
	} else {
		o.Data.Retain() // for the checkpoint, which releases it
		ck, err = checkpoint.Parse(o.Data, path)
	}
	if err != nil {
		return nil, err
	}
	return &source{ck: ck, tied: ck.Tied(), divides: ck.ScalesDivide()}, nil
}

// name returns what the source calls the weight of a role.
func (s *source) name(r *checkpoint.Role) string { return s.ck.Stored(r) + ".weight" }

// bytes returns a tensor's bytes: of the mapping, but for the odd tensor that a
// file keeps at an address or in an order that has to be mended.
func (s *source) bytes(name string) ([]byte, error) {
	t, err := s.ck.Tensor(name)
	if err != nil {
		return nil, err
	}
	return t.Bytes(), nil
}

// readAs sets conventions that the source does not tell, or tells wrongly.
func (s *source) readAs(i2sOrder, weightScale string) error {
	stored := func(kind dtype.DType) bool {
		return slices.ContainsFunc(s.ck.Tensors(), func(t checkpoint.TensorInfo) bool { return t.Type == kind.String() })
	}
	switch {
	case !slices.Contains([]string{"", "x86", "arm"}, i2sOrder):
		return fmt.Errorf("the order of I2_S is %q, want x86 or arm", i2sOrder)
	case !slices.Contains([]string{"", "multiply", "divide"}, weightScale):
		return fmt.Errorf("weight_scale is to %q, want multiply or divide", weightScale)
	case i2sOrder != "" && !stored(dtype.I2_S):
		return fmt.Errorf("%s has no I2_S tensors, whose order could be %s", s.ck.Name, i2sOrder)
	case weightScale != "" && (s.ck.IsGGUF() || !stored(dtype.U8)):
		return fmt.Errorf("%s has no packed weights, whose weight_scale could %s", s.ck.Name, weightScale)
	}
	s.arm = i2sOrder == "arm"
	if weightScale != "" {
		s.divides = weightScale == "divide"
	}
	return nil
}
