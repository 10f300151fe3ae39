package engine

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"slices"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/encoding"
	"github.com/bitnet-go/bitnet/bitnet-core/encoding/safetensors"
	"github.com/bitnet-go/bitnet/bitnet-core/memory"
)

// A saved prompt is a safetensors file: the tensor "tokens", I32 (n), and of every
// layer N "layers.N.key" and "layers.N.value" in the cache's type and the shapes of
// kvcache.Shape.SavedKeys and SavedValues. The metadata say what it is, whose, and
// the CRC-32C of all tensors, tokens first, then keys and values layer by layer.
const (
	promptFormat  = "bitnet prompt"
	promptVersion = "1"

	metaFormat   = "format"
	metaVersion  = "version"
	metaModel    = "model" // transformer.Model.Fingerprint
	metaType     = "cache_type"
	metaChecksum = "crc32c"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// A PromptFileError reports a file that cannot be used as a saved prompt of this
// session.
type PromptFileError struct {
	Path   string
	Reason string // and what to do
}

func (e *PromptFileError) Error() string {
	return fmt.Sprintf("the saved prompt %s %s", e.Path, e.Reason)
}

// SavePrompt writes the tokens that the session holds, with their keys and values,
// to a file from which [Session.LoadPrompt] takes them back: after Generate those
// of prompt and answer, in [Options.Prefilled] those of the prompt. The file takes
// the place of an old one as a whole or, after an error, not at all, and only its
// owner may read it, as it holds the text.
func (s *Session) SavePrompt(path string) error {
	tensors := s.promptTensors()
	sum := crc32.New(castagnoli)
	for i := range tensors {
		if _, err := tensors[i].WriteTo(sum); err != nil {
			return fmt.Errorf("cannot save the prompt to %s: %w", path, err)
		}
	}
	metadata := s.promptMetadata()
	metadata[metaChecksum] = hex.EncodeToString(sum.Sum(nil))
	// Whoever asked for a text does not wait for the disk: the checksum tells what was
	// lost.
	err := encoding.WriteCache(path, func(w io.Writer) error { return safetensors.Write(w, metadata, tensors) })
	var temporary *fs.PathError
	if errors.As(err, &temporary) {
		err = temporary.Err // under a name that nobody chose
	}
	if err != nil {
		return fmt.Errorf("cannot save the prompt to %s: %w", path, err)
	}
	return nil
}

// promptMetadata returns the metadata of this session's files but the checksum.
func (s *Session) promptMetadata() map[string]string {
	model := s.model.Fingerprint()
	return map[string]string{
		metaFormat:  promptFormat,
		metaVersion: promptVersion,
		metaModel:   hex.EncodeToString(model[:]),
		metaType:    s.state.Cache().Type().String(),
	}
}

// promptTensors returns the tensors of a file in the order of the checksum. They
// are written from where they lie.
func (s *Session) promptTensors() []safetensors.TensorData {
	tokens, cache := s.seen.Tokens(), s.state.Cache()
	n, shape := len(tokens), cache.Shape()
	ids := make([]byte, 0, 4*n)
	for _, id := range tokens {
		ids = binary.LittleEndian.AppendUint32(ids, uint32(id))
	}
	tensors := []safetensors.TensorData{{Name: "tokens", Type: dtype.I32, Shape: []int{n}, Data: ids}}
	for i := range shape.Layers {
		tensors = append(tensors, safetensors.TensorData{
			Name: keyName(i), Type: shape.SavedType(), Shape: shape.SavedKeys(n),
			Stream: func(w io.Writer) error { return cache.WriteKeys(w, i, n) },
		}, safetensors.TensorData{
			Name: valueName(i), Type: shape.SavedType(), Shape: shape.SavedValues(n),
			Stream: func(w io.Writer) error { return cache.WriteValues(w, i, n) },
		})
	}
	return tensors
}

func keyName(layer int) string   { return fmt.Sprintf("layers.%d.key", layer) }
func valueName(layer int) string { return fmt.Sprintf("layers.%d.value", layer) }

// LoadPrompt takes back what [Session.SavePrompt] of a session of the same model
// wrote, in place of what this session holds, and returns the number of tokens:
// as many of the first ones as the context has room for. The next Generate reuses
// them as it would its own, and its tokens and logits are the bits that computing
// the prompt gives on the CPU that saved it (kernels for other vector instructions
// may round sums differently).
//
// A file that does not exist is an error that wraps os.ErrNotExist, one that does
// not suit this session is a [PromptFileError]. After an error the session is as it
// was. The file is checked against damage; who may write it can make the model
// say anything.
func (s *Session) LoadPrompt(path string) (tokens int, err error) {
	buf, err := memory.MapFile(path)
	if err != nil {
		return 0, fmt.Errorf("cannot load the saved prompt: %w", err)
	}
	defer buf.Release()
	ids, parts, err := s.readPrompt(buf, path)
	if err != nil {
		return 0, err
	}
	n := min(len(ids), s.state.Cap())
	s.seen.Truncate(0)
	s.state.Truncate(0)
	cache := s.state.Cache()
	for i := range cache.Shape().Layers {
		cache.Restore(i, n, parts[1+2*i], parts[2+2*i], len(ids))
	}
	cache.Extend(n)
	s.seen.Append(ids[:n]...)
	return n, nil
}

const (
	another = "name another file"
	anew    = "delete it, and it is made anew"
)

// readPrompt checks a whole file and returns its tokens and the bytes of all its
// tensors, in the order of the checksum.
func (s *Session) readPrompt(buf memory.Buffer, path string) (ids []int32, parts [][]byte, err error) {
	fail := func(format string, args ...any) error {
		return &PromptFileError{path, fmt.Sprintf(format, args...)}
	}
	f, err := safetensors.Parse(buf, path)
	if err != nil {
		return nil, nil, fail("is damaged or something else: %s, or %s", another, anew)
	}
	defer f.Close()
	got, want := f.Metadata(), s.promptMetadata()
	switch {
	case got[metaFormat] != promptFormat:
		return nil, nil, fail("is a safetensors file of something else: %s", another)
	case got[metaVersion] != promptVersion:
		return nil, nil, fail("has version %.20q of its format, and this program reads version %s: %s", got[metaVersion], promptVersion, anew)
	case got[metaType] != want[metaType]:
		return nil, nil, fail("has keys and values of type %.20q, and here they are %s: %s, or choose the same type", got[metaType], want[metaType], another)
	case got[metaModel] != want[metaModel]:
		return nil, nil, fail("was made with another model: %s, or %s", another, anew)
	}
	if parts, err = s.promptParts(f, buf.Bytes()); err != nil {
		return nil, nil, fail("is damaged (%v): %s", err, anew)
	}
	sum := crc32.New(castagnoli)
	for _, part := range parts {
		_, _ = sum.Write(part) // a hash returns no errors
	}
	if got[metaChecksum] != hex.EncodeToString(sum.Sum(nil)) {
		return nil, nil, fail("is damaged (its checksum is wrong): %s", anew)
	}
	vocab := s.model.Config().VocabSize
	ids = make([]int32, len(parts[0])/4)
	for i := range ids {
		ids[i] = int32(binary.LittleEndian.Uint32(parts[0][4*i:]))
		if ids[i] < 0 || int(ids[i]) >= vocab {
			return nil, nil, fail("is damaged (token %d is outside the vocabulary of %d): %s", ids[i], vocab, anew)
		}
	}
	return ids, parts, nil
}

// promptParts returns the bytes of every tensor, which must have the types and
// shapes that a prompt of so many tokens has.
func (s *Session) promptParts(f *safetensors.File, data []byte) (parts [][]byte, err error) {
	add := func(name string, t dtype.DType, shape ...int) {
		info, _ := f.Info(name)
		if err != nil {
			return
		}
		if info.Type != t || !slices.Equal(info.Shape, shape) {
			err = fmt.Errorf("there is no tensor %s of type %v and shape %v", name, t, shape)
			return
		}
		parts = append(parts, data[info.Offset:][:info.Size])
	}
	tokens, _ := f.Info("tokens")
	if len(tokens.Shape) != 1 {
		return nil, errors.New("there is no list of tokens")
	}
	add("tokens", dtype.I32, tokens.Shape...)
	if err != nil {
		return nil, err
	}
	n, shape := tokens.Shape[0], s.state.Cache().Shape()
	for i := range shape.Layers {
		add(keyName(i), shape.SavedType(), shape.SavedKeys(n)...)
		add(valueName(i), shape.SavedType(), shape.SavedValues(n)...)
	}
	if err == nil && len(f.Tensors()) != len(parts) {
		err = fmt.Errorf("there are %d tensors, want %d", len(f.Tensors()), len(parts))
	}
	return parts, err
}
