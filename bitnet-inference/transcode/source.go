package transcode

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/encoding/gguf"
	"github.com/bitnet-go/bitnet/bitnet-core/encoding/safetensors"
	"github.com/bitnet-go/bitnet/bitnet-core/memory"
	"github.com/bitnet-go/bitnet/bitnet-inference/checkpoint"
)

// A source is the model to read: the checkpoint for what it means, and its file for
// the bytes. One of gguf and hf is set.
type source struct {
	path string
	ck   *checkpoint.Checkpoint
	gguf *gguf.File
	hf   *safetensors.File
	json hfSource // of a Hugging Face directory
	tied bool
	arm  bool // I2_S data is in the order of ARM builds
}

// hfSource is what the conversion needs of config.json beyond the graph.
type hfSource struct {
	config map[string]json.RawMessage // all entries
	quant  *struct {
		Class string `json:"linear_class"`
	}
	// scales is how weight_scale is to be read, "multiply" or "divide"; "" as quant says.
	scales string
}

// maxJSON bounds the small files of a model directory.
const maxJSON = 64 << 20

// openSource opens a model with everything that is needed to write it anew.
func openSource(path string, o *Options) (*source, error) {
	if !o.Data.IsZero() {
		return parseSource(path, o.Data)
	}
	ck, err := checkpoint.OpenWith(path, o.Source)
	if err != nil {
		return nil, err
	}
	s := &source{path: path, ck: ck, tied: ck.Tied()}
	if info, statErr := os.Stat(path); statErr == nil && info.IsDir() {
		err = s.openHF()
	} else {
		s.gguf, err = gguf.Open(path)
	}
	if err != nil {
		_ = s.close() // the first error is the one to show
		return nil, err
	}
	return s, nil
}

// parseSource opens a GGUF file in memory.
func parseSource(name string, data memory.Buffer) (*source, error) {
	data.Retain() // for the checkpoint, which releases it
	ck, err := checkpoint.Parse(data, name)
	if err != nil {
		return nil, err
	}
	s := &source{path: name, ck: ck, tied: ck.Tied()}
	if s.gguf, err = gguf.Parse(data, name); err != nil {
		_ = s.close() // the first error is the one to show
		return nil, err
	}
	return s, nil
}

func (s *source) openHF() error {
	data, ok, err := readSmall(s.path, "config.json")
	if err != nil {
		return err
	}
	if !ok {
		return fmt.Errorf("%s has no config.json", s.path)
	}
	if err := json.Unmarshal(data, &s.json.config); err != nil {
		return fmt.Errorf("%s: %w", filepath.Join(s.path, "config.json"), err)
	}
	if v, ok := s.json.config["quantization_config"]; ok {
		if err := json.Unmarshal(v, &s.json.quant); err != nil {
			return fmt.Errorf("%s: quantization_config: %w", filepath.Join(s.path, "config.json"), err)
		}
	}
	s.hf, err = safetensors.Open(s.path)
	return err
}

// readSmall reads a small file of a directory. ok is false if there is none.
func readSmall(dir, name string) (data []byte, ok bool, err error) {
	path := filepath.Join(dir, name)
	info, err := os.Stat(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	if info.Size() > maxJSON {
		return nil, false, fmt.Errorf("%s is larger than %d MiB", path, maxJSON>>20)
	}
	data, err = os.ReadFile(path)
	return data, err == nil, err
}

func (s *source) close() error {
	err := s.ck.Close()
	if s.gguf != nil {
		err = errors.Join(err, s.gguf.Close())
	}
	if s.hf != nil {
		err = errors.Join(err, s.hf.Close())
	}
	return err
}

// name returns what the source calls the weight of a role.
func (s *source) name(r *checkpoint.Role) string {
	if s.hf != nil {
		return r.HF + ".weight"
	}
	return r.GGUF + ".weight"
}

// has reports whether the file has a tensor.
func (s *source) has(name string) bool {
	_, _, ok := s.info(name)
	return ok
}

func (s *source) info(name string) (d dtype.DType, shape []int, ok bool) {
	if s.hf != nil {
		info, ok := s.hf.Info(name)
		return info.Type, info.Shape, ok
	}
	info, ok := s.gguf.Info(name)
	return info.Type, info.Shape, ok
}

// bytes returns a tensor's bytes: of the mapping, but for the odd tensor that a
// file keeps at an address or in an order that has to be mended.
func (s *source) bytes(name string) ([]byte, error) {
	if s.hf != nil {
		t, err := s.hf.Tensor(name)
		if err != nil {
			return nil, err
		}
		return t.Bytes(), nil
	}
	t, err := s.gguf.Tensor(name)
	if err != nil {
		return nil, err
	}
	return t.Bytes(), nil
}

// forget lets go of pages that have been read.
func (s *source) forget(data []byte) {
	if s.hf != nil {
		s.hf.Forget(data)
	} else {
		s.gguf.Forget(data)
	}
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
		return fmt.Errorf("%s has no I2_S tensors, whose order could be %s", s.path, i2sOrder)
	case weightScale != "" && (s.hf == nil || !stored(dtype.U8)):
		return fmt.Errorf("%s has no packed weights, whose weight_scale could %s", s.path, weightScale)
	}
	s.arm, s.json.scales = i2sOrder == "arm", weightScale
	return nil
}

// divides reports whether scales are stored as 1/mean|W|.
func (s *source) divides() bool {
	if s.json.scales != "" {
		return s.json.scales == "divide"
	}
	return s.json.quant != nil && s.json.quant.Class != "autobitlinear"
}
