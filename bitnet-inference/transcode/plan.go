package transcode

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/encoding/gguf"
	"github.com/bitnet-go/bitnet/bitnet-core/memory"
	"github.com/bitnet-go/bitnet/bitnet-inference/checkpoint"
	"github.com/bitnet-go/bitnet/bitnet-quant/qtensor"
)

// Options say what to make. The zero value makes what the target's name says: I2_S
// in a .gguf file, packed weights in a directory.
type Options struct {
	// Source says what the files of the source leave open.
	Source checkpoint.Options
	// Data, unless it is zero, is a GGUF file in memory to be read, and the path of the source
	// only its name. A Plan has a reference of its own until it is closed.
	Data memory.Buffer
	// Type of the projections: i2_s, tq1_0, tq2_0, q2_0, f32, f16 or bf16 in a GGUF file;
	// hf (packed), hf-f32, hf-f16 or hf-bf16 in a Hugging Face directory. "" is i2_s or
	// hf, by the name of the target. "keep" leaves each in the type that it has where the
	// target has it, too, and is "" for others.
	Type string
	// Embedding and Head are the types of the embedding and of an output head of its
	// own: f32, f16 or bf16, in GGUF files q8_0, q6_k and q4_0, too. "" keeps
	// what the source has, or F32 where the target has no such type.
	Embedding, Head string
	// Tensors override types: "PATTERN=TYPE", the pattern a regular expression that
	// matches somewhere in the name of a tensor of the target. The first that matches
	// counts.
	Tensors []string
	// Set changes metadata: KEY=VALUE or KEY=TYPE:VALUE with a TYPE of u8, i8, u16, i16, u32,
	// i32, u64, i64, f32, f64, bool or str. Without one the value gets the type that the entry
	// has; a new one is a truth value, an i32 or i64, an f32 or a string by how it is written,
	// and in config.json JSON if it is written so, else a string. Arrays of GGUF files cannot
	// be set.
	Set []string
	// I2SOrder is the order of the weights in the source's I2_S tensors, which nothing
	// in a file says: "x86" or "" (see qtensor.I2S), or "arm" (qtensor.I2SARM). Results
	// are in the order of x86.
	I2SOrder string
	// WeightScale says what a packed directory's weight_scale does where its
	// linear_class says otherwise: "multiply" or "divide".
	WeightScale string
	// AllowLossy permits steps that change weights.
	AllowLossy bool
	// Ternarize makes ternary weights of all projections, which have to be floats, whatever
	// is lost, as if AllowLossy were set: see [Plan.Survey]. The Type is a ternary one then.
	Ternarize bool
	// Scale says which weights share a scale when floats become TQ1_0, TQ2_0 or Q2_0:
	// those of a "tensor" or "", of a "row", or of a "group", which is a block. Other types
	// have one for a tensor.
	Scale string
	// Importance, unless it is nil, is asked once how much an error in each column of a
	// projection matters, such as the mean of x² of the inputs that it meets: (cols) numbers of
	// at least 0 by the projection's name in GGUF files, such as "blk.0.attn_q". Scales of
	// floats that are made ternary are then those with the least error of outputs (package
	// calibrate, ScaleSearch) and not mean magnitudes, whatever Scale says that they serve.
	// It is for Ternarize.
	Importance func() (map[string][]float64, error)
	// TargetSize, unless it is 0, is the most bytes that a GGUF file may have. The types of
	// the embedding and the head that no option names are the largest that fit, none
	// larger than the source's.
	TargetSize int64
	// NoTokenizer leaves the tokenizer and the chat template out.
	NoTokenizer bool
	// Replace permits a GGUF file to take the place of another file.
	Replace bool
}

// What a step does with a tensor.
const (
	actionCopy       = "copy"       // the same bytes
	actionRepack     = "repack"     // ternary weights in another layout
	actionConvert    = "convert"    // another float or block type
	actionQuantize   = "quantize"   // floats to ternary
	actionDequantize = "dequantize" // ternary to floats
)

// A Step is a tensor of the result.
type Step struct {
	Name     string `json:"name"`
	Type     string `json:"type"`
	Shape    []int  `json:"shape"`
	Bytes    int64  `json:"bytes"`
	From     string `json:"from"`
	FromType string `json:"from_type"`
	Action   string `json:"action"`
	Permuted bool   `json:"permuted,omitempty"` // rows of heads are in the other order
	Loss     *Loss  `json:"loss,omitempty"`     // of a step that was looked at for it
}

// A Plan is a conversion before it happens. It keeps the source open; Close it.
type Plan struct {
	Source string   `json:"source"`
	Target string   `json:"target"`
	Format string   `json:"format"` // "GGUF" or "safetensors"
	Bytes  int64    `json:"bytes"`  // of all tensors of the result
	Steps  []Step   `json:"steps"`
	Notes  []string `json:"notes"` // what was repaired, left out, or should be known

	opts       Options
	src        *source
	tern       dtype.DType         // type of the projections
	kept       map[dtype.DType]int // how many keep a type, nil if none is to
	rules      []rule
	outputs    []*output
	kv         []gguf.KV            // of a GGUF file
	files      map[string][]byte    // of a directory, beside the weights
	meant      []string             // what settings change in the graph of config.json, as model.Difference names it
	importance map[string][]float64 // of columns, by projection
	workers    *workers             // for what has to be read to plan
	scales     []*packedScale       // of a directory; they are among outputs, too
	divisors   map[string]float32
}

// A rule gives tensors of a name a type.
type rule struct {
	pattern *regexp.Regexp
	text    string
	kind    dtype.DType
	used    bool
}

// New opens the model src and plans its conversion to dst, which is a directory
// unless its name ends in .gguf. The work that a plan does is proportional to the
// metadata but for matrices whose scale decides how they are stored, those of TQ1_0, TQ2_0
// and Q2_0 in graphs with sub-norms, and for a head that might repeat the embedding.
func New(ctx context.Context, src, dst string, o Options) (p *Plan, err error) {
	if p, err = prepare(src, dst, o); err != nil {
		return nil, err
	}
	p.workers = newWorkers(ctx)
	if p.src, err = openSource(src, &o); err != nil {
		return nil, err
	}
	if err = p.src.ck.Structure(); err == nil {
		err = p.src.readAs(o.I2SOrder, o.WeightScale)
	}
	if err == nil {
		err = p.plan()
	}
	if err != nil {
		_ = p.Close() // the first error is the one to show
		return nil, err
	}
	return p, nil
}

// prepare makes a plan of options that are possible, whatever the source is.
func prepare(src, dst string, o Options) (*Plan, error) {
	if dst == "" {
		return nil, errors.New("the target has no name")
	}
	o.AllowLossy = o.AllowLossy || o.Ternarize
	p := &Plan{Source: src, Target: filepath.Clean(dst), opts: o, Notes: []string{}}
	for _, text := range o.Set {
		if _, _, _, err := cutSetting(text); err != nil {
			return nil, err
		}
	}
	return p, p.chooseTypes()
}

// Check says what [New] would refuse of options and of a target for a source that is not
// here yet, if so.
func (o Options) Check(dst string) error {
	p, err := prepare("", dst, o)
	if err != nil {
		return err
	}
	return p.checkTarget()
}

// Close closes the source.
func (p *Plan) Close() error { return p.src.ck.Close() }

func (p *Plan) note(format string, args ...any) {
	p.Notes = append(p.Notes, fmt.Sprintf(format, args...))
}

// toGGUF reports which format is made.
func (p *Plan) toGGUF() bool { return p.Format == "GGUF" }

var ggufTypes = map[string]dtype.DType{
	"i2_s": dtype.I2_S, "tq1_0": dtype.TQ1_0, "tq2_0": dtype.TQ2_0, "q2_0": dtype.Q2_0, "f32": dtype.F32, "f16": dtype.F16, "bf16": dtype.BF16,
	"q8_0": dtype.Q8_0, "q6_k": dtype.Q6_K, "q4_0": dtype.Q4_0,
}

var (
	hfTypes     = map[string]dtype.DType{"hf": dtype.U8, "hf-f32": dtype.F32, "hf-f16": dtype.F16, "hf-bf16": dtype.BF16}
	hfRuleTypes = map[string]dtype.DType{"hf": dtype.U8, "f32": dtype.F32, "f16": dtype.F16, "bf16": dtype.BF16}
)

// chooseTypes reads the options that name types.
func (p *Plan) chooseTypes() error {
	_, isGGUF := gguf.CutExtension(p.Target)
	name := strings.ToLower(p.opts.Type)
	p.Format = "safetensors"
	if isGGUF {
		p.Format = "GGUF"
	}
	if name == keep {
		name, p.kept = "", map[dtype.DType]int{}
	}
	if name == "" {
		if name = "hf"; isGGUF {
			name = "i2_s"
		}
	}
	var ok bool
	switch {
	case isGGUF:
		if p.tern, ok = ggufTypes[name]; !ok || !forLinear(p.tern) {
			return fmt.Errorf("the type %q is not one of a .gguf file (i2_s, tq1_0, tq2_0, q2_0, f32, f16, bf16, keep)", p.opts.Type)
		}
	default:
		if p.tern, ok = hfTypes[name]; !ok {
			return fmt.Errorf("the type %q is not one of a Hugging Face directory (hf, hf-f32, hf-f16, hf-bf16, keep); to make a GGUF file give it a name that ends in .gguf", p.opts.Type)
		}
	}
	if err := p.chooseScale(); err != nil {
		return err
	}
	for _, v := range []string{p.opts.Embedding, p.opts.Head} {
		if v == "" {
			continue
		}
		if d, ok := ggufTypes[strings.ToLower(v)]; !ok || !p.forVocab(d) {
			return fmt.Errorf("an embedding or head of type %q cannot be made here (f32, f16, bf16, and q8_0, q6_k, q4_0 in .gguf files)", v)
		}
	}
	return p.chooseRules()
}

// chooseRules reads the types of tensors by name.
func (p *Plan) chooseRules() error {
	types, where := ggufTypes, ".gguf file (i2_s, tq1_0, tq2_0, q2_0, f32, f16, bf16, q8_0, q6_k, q4_0)"
	if !p.toGGUF() {
		types, where = hfRuleTypes, "directory (hf, f32, f16, bf16)"
	}
	for _, text := range p.opts.Tensors {
		pattern, name, ok := cutLast(text, "=")
		if !ok || pattern == "" {
			return fmt.Errorf("the tensor type %q is not PATTERN=TYPE, such as ffn_down=f16", text)
		}
		re, err := regexp.Compile(pattern)
		if err != nil {
			return fmt.Errorf("the tensor type %q: %w", text, err)
		}
		d, known := types[strings.ToLower(name)]
		if !known {
			return fmt.Errorf("the tensor type %q: %q is not one of a %s", text, name, where)
		}
		p.rules = append(p.rules, rule{pattern: re, text: text, kind: d})
	}
	return nil
}

func cutLast(s, sep string) (before, after string, ok bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

func forLinear(d dtype.DType) bool {
	_, ternary := qtensor.LayoutOf(d)
	return ternary || checkpoint.IsFloat(d)
}

// forVocab reports whether an embedding of the target can have a type.
func (p *Plan) forVocab(d dtype.DType) bool {
	blocks := d == dtype.Q8_0 || d == dtype.Q6_K || d == dtype.Q4_0
	return checkpoint.IsFloat(d) || blocks && p.toGGUF()
}

// plan decides on every tensor and all metadata.
func (p *Plan) plan() error {
	if err := p.checkTarget(); err != nil {
		return err
	}
	if err := p.checkFloats(); err != nil {
		return err
	}
	if err := p.weigh(); err != nil {
		return err
	}
	if err := p.planTensors(); err != nil {
		return err
	}
	if p.src.ck.LacksActivation() {
		p.note("the file did not say that BitNet b1.58 2B-4T computes relu²: set")
	}
	var err error
	if p.toGGUF() {
		err = p.planMetadata()
	} else {
		err = p.planFiles()
	}
	if err == nil {
		err = p.fit()
	}
	if err != nil {
		return err
	}
	for _, o := range p.outputs {
		o.Bytes, _ = o.kind.TensorSize(o.Shape) // writers refuse a tensor that has no size
		p.Bytes += o.Bytes
	}
	p.refresh()
	return nil
}

// refresh copies what the outputs know to Steps.
func (p *Plan) refresh() {
	p.Steps = p.Steps[:0]
	for _, o := range p.outputs {
		p.Steps = append(p.Steps, o.Step)
	}
}

// checkTarget refuses targets that would be overwritten or cannot be made.
func (p *Plan) checkTarget() error {
	if parent, err := os.Stat(filepath.Dir(p.Target)); err != nil || !parent.IsDir() {
		return fmt.Errorf("there is no directory %s to put %s in: make it first", filepath.Dir(p.Target), filepath.Base(p.Target))
	}
	target, err := os.Stat(p.Target)
	if errors.Is(err, os.ErrNotExist) { // or is a link that leads nowhere
		if target, err = os.Lstat(p.Target); errors.Is(err, os.ErrNotExist) {
			return nil
		}
	}
	if err != nil {
		return err
	}
	for _, path := range p.sourceFiles() {
		if source, err := os.Stat(path); err == nil && os.SameFile(source, target) {
			return fmt.Errorf("%s is the source and the target: give the result another name", p.Target)
		}
	}
	switch {
	case target.IsDir() && p.toGGUF():
		return fmt.Errorf("%s is a directory: name a file", p.Target)
	case target.IsDir():
		return fmt.Errorf("the directory %s is there already: remove it or name another", p.Target)
	case !p.toGGUF():
		return fmt.Errorf("%s is a file: a Hugging Face model is a directory (a GGUF file's name ends in .gguf)", p.Target)
	case !p.opts.Replace:
		return fmt.Errorf("%s is there already: remove it, name another file, or replace it with --force", p.Target)
	}
	return nil
}

// sourceFiles returns the paths that the source is read from: a directory, a file, or the
// parts of a split one; none of one that is in memory, or not open.
func (p *Plan) sourceFiles() []string {
	if !p.opts.Data.IsZero() || p.src == nil {
		return nil
	}
	if f := p.src.ck.GGUF(); f != nil {
		return f.Paths()
	}
	return []string{p.Source}
}

// Check reads every tensor whose conversion may lose something, but for those whose loss is
// known, and fills in what would be lost. Unless losses are allowed they are a [LossyError].
func (p *Plan) Check(ctx context.Context) error {
	w := newWorkers(ctx)
	var lossy []Step
	for _, o := range p.outputs {
		if o.check && o.Loss == nil {
			loss, err := o.emit(w, io.Discard)
			if err != nil {
				return err
			}
			o.Loss = loss
		}
		if o.lossy() {
			lossy = append(lossy, o.Step)
		}
	}
	p.refresh()
	if len(lossy) > 0 && !p.opts.AllowLossy {
		return &LossyError{lossy}
	}
	return nil
}
