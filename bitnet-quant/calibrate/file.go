package calibrate

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/bitnet-go/bitnet/bitnet-core/convert"
	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/encoding"
	"github.com/bitnet-go/bitnet/bitnet-core/encoding/safetensors"
	"github.com/bitnet-go/bitnet/bitnet-core/memory"
	"github.com/bitnet-go/bitnet/bitnet-core/tensor"
)

// Metadata of a file, and the version that this package writes and reads.
const (
	versionKey = "bitnet.calibrate.version"
	modelKey   = "bitnet.calibrate.model"
	version    = "2"
)

// field is one tensor of an input.
type field struct {
	name  string
	dtype dtype.DType
	n     func(width int) int
}

var fields = [...]field{
	{"counts", dtype.U64, func(int) int { return 3 }}, // Tokens, NotFinite, 1 if Rounded
	{"sum", dtype.F64, func(int) int { return 1 }},
	{"absmax", dtype.F32, func(w int) int { return w }},
	{"sumsq", dtype.F64, func(w int) int { return w }},
	{"magnitudes", dtype.U64, func(int) int { return MagnitudeBins }},
	{"shares", dtype.F64, func(int) int { return ShareBins }},
}

// Save writes the statistics to a file, which it replaces as a whole or, if anything
// fails, leaves as it was.
func (s *Statistics) Save(path string) error {
	return encoding.WriteFile(path, s.Write)
}

// Write writes the statistics as a file to w. The same statistics make the same bytes.
func (s *Statistics) Write(w io.Writer) error {
	var tensors []safetensors.TensorData
	for _, k := range s.Keys() {
		in := s.Inputs[k]
		rounded := uint64(0)
		if in.Rounded {
			rounded = 1
		}
		data := [len(fields)][]byte{
			convert.Bytes([]uint64{in.Tokens, in.NotFinite, rounded}), convert.Bytes([]float64{in.Sum}),
			convert.Bytes(in.AbsMax), convert.Bytes(in.SumSq), convert.Bytes(in.Magnitudes[:]), convert.Bytes(in.Shares[:]),
		}
		for i, f := range fields {
			tensors = append(tensors, safetensors.TensorData{Name: k.String() + "." + f.name, Type: f.dtype, Shape: []int{f.n(in.Width())}, Data: data[i]})
		}
	}
	return safetensors.Write(w, map[string]string{versionKey: version, modelKey: s.Model}, tensors)
}

// Load reads a file that [Statistics.Save] wrote.
func Load(path string) (*Statistics, error) {
	buf, err := memory.MapFile(path)
	if err != nil {
		return nil, err
	}
	defer buf.Release()
	return Parse(buf, path)
}

// ErrForeign says that a file was not made by [Statistics.Save], or is cut off.
var ErrForeign = errors.New("this is no file of activation statistics, or not a whole one: make one with bitnet calibrate -o FILE")

// Parse reads a whole file from memory, of which it keeps nothing; name stands for it in
// messages. Numbers that sums could overflow of, or that are of no use, are an error. The
// result takes about as much memory as the file.
func Parse(buf memory.Buffer, name string) (*Statistics, error) {
	f, err := safetensors.Parse(buf, name)
	if err != nil {
		// Its words are for model files, which can be downloaded again.
		return nil, fmt.Errorf("calibrate: %s: %w", name, ErrForeign)
	}
	defer f.Close()
	s, err := parse(f)
	if err != nil {
		return nil, fmt.Errorf("calibrate: %s: %w", name, err)
	}
	return s, nil
}

func parse(f *safetensors.File) (*Statistics, error) {
	switch v, ok := f.Metadata()[versionKey]; {
	case !ok:
		return nil, ErrForeign
	case v != version:
		return nil, fmt.Errorf("its version is %.20q, and this program reads %s: collect the statistics again", v, version)
	}
	s := &Statistics{Model: f.Metadata()[modelKey], Inputs: map[Key]*Input{}}
	if _, err := hex.DecodeString(s.Model); err != nil || len(s.Model) > 128 {
		return nil, fmt.Errorf("its model is %.20q, want a fingerprint in hexadecimal: the file is damaged", s.Model)
	}
	for _, info := range f.Tensors() {
		k, ok := parseName(info.Name)
		if !ok {
			return nil, fmt.Errorf("tensor %.80q is none of activation statistics: the file is damaged", info.Name)
		}
		if s.Inputs[k] != nil {
			continue
		}
		in, err := readInput(f, k)
		if err == nil {
			err = in.check()
		}
		if err != nil {
			return nil, fmt.Errorf("%v: %w: the file is damaged", k, err)
		}
		s.Inputs[k] = in
	}
	return s, nil
}

// maxGroup is how long the name of a group may be, which is printed in tables.
const maxGroup = 32

// parseName returns the key of a tensor's name as Write writes it.
func parseName(name string) (k Key, ok bool) {
	parts := strings.Split(name, ".")
	if len(parts) != 4 {
		return k, false
	}
	layer, err := strconv.ParseUint(parts[1], 10, 31)
	k = Key{Layer: int(layer), Group: parts[2]}
	known := false
	for _, f := range fields {
		known = known || f.name == parts[3]
	}
	return k, err == nil && known && k.String()+"."+parts[3] == name && len(k.Group) > 0 && len(k.Group) <= maxGroup && strings.Trim(k.Group, "abcdefghijklmnopqrstuvwxyz_") == ""
}

// readInput copies the tensors of an input, once all of them are known to have the type
// and the length they should.
func readInput(f *safetensors.File, k Key) (*Input, error) {
	prefix := k.String() + "."
	info, _ := f.Info(prefix + "absmax")
	if len(info.Shape) != 1 || info.Shape[0] < 1 || info.Shape[0] > maxWidth {
		return nil, fmt.Errorf("there is no list of 1 to %d channels in absmax", maxWidth)
	}
	width := info.Shape[0]
	var t [len(fields)]*tensor.Tensor
	for i, field := range fields {
		info, ok := f.Info(prefix + field.name)
		if !ok || info.Type != field.dtype || len(info.Shape) != 1 || info.Shape[0] != field.n(width) {
			return nil, fmt.Errorf("%s is not %d values of type %v", field.name, field.n(width), field.dtype)
		}
		var err error
		if t[i], err = f.Tensor(prefix + field.name); err != nil {
			return nil, err
		}
	}
	in := newInput(width)
	counts := tensor.Values[uint64](t[0])
	in.Tokens, in.NotFinite, in.Rounded = counts[0], counts[1], counts[2] == 1
	if counts[2] > 1 {
		return nil, fmt.Errorf("it is rounded or not by %d, want 0 or 1", counts[2])
	}
	in.Sum = tensor.Values[float64](t[1])[0]
	copy(in.AbsMax, tensor.Values[float32](t[2]))
	copy(in.SumSq, tensor.Values[float64](t[3]))
	copy(in.Magnitudes[:], tensor.Values[uint64](t[4]))
	copy(in.Shares[:], tensor.Values[float64](t[5]))
	return in, nil
}

// check reports numbers that no rows could have added up to, as far as merging and searching
// would have to fear overflows or NaN of them.
func (in *Input) check() error {
	if in.Tokens > maxTokens || in.NotFinite > maxTokens {
		return fmt.Errorf("it has more than %d tokens", uint64(maxTokens))
	}
	const slack = 1 + 1e-6 // for rounded sums
	tokens := float64(in.Tokens)
	peak := float64(0)
	for c, v := range in.AbsMax {
		most := float64(v)
		if !(v >= 0) || math.IsInf(most, 0) {
			return fmt.Errorf("absmax of channel %d is %v", c, v)
		}
		peak = max(peak, most)
		if !(in.SumSq[c] >= 0 && in.SumSq[c] <= tokens*most*most*slack) {
			return fmt.Errorf("sumsq of channel %d is %v, and absmax is %v", c, in.SumSq[c], v)
		}
	}
	all := tokens * float64(in.Width())
	if !(math.Abs(in.Sum) <= all*peak*slack) {
		return fmt.Errorf("sum is %v, and the largest magnitude is %v", in.Sum, peak)
	}
	var n uint64
	for i, v := range in.Magnitudes {
		if n += v; v > maxTokens*maxWidth || n > maxTokens*maxWidth {
			return fmt.Errorf("magnitudes of bin %d is %d", i, v)
		}
	}
	if n != in.Tokens*uint64(in.Width()) {
		return fmt.Errorf("magnitudes are %d in all, want %d", n, in.Tokens*uint64(in.Width()))
	}
	var sum float64
	for i, v := range in.Shares {
		if sum += v; !(v >= 0) || !(sum <= all*peak*peak*slack) {
			return fmt.Errorf("shares of bin %d is %v", i, v)
		}
	}
	return nil
}
