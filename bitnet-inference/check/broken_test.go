package check

import (
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/encoding/gguf"
	"github.com/bitnet-go/bitnet/bitnet-core/golden"
	"github.com/bitnet-go/bitnet/bitnet-core/golden/contents"
	"github.com/bitnet-go/bitnet/bitnet-core/memory"
	"github.com/bitnet-go/bitnet/bitnet-inference/checkpoint"
	"github.com/bitnet-go/bitnet/bitnet-inference/model"
	"github.com/bitnet-go/bitnet/bitnet-inference/transcode"
	"github.com/bitnet-go/bitnet/bitnet-quant/qtensor"
)

// A ggufFile is a file taken apart, to be broken.
type ggufFile struct {
	kv      []gguf.KV
	tensors []gguf.TensorData
}

func readGGUF(t *testing.T, path string) *ggufFile {
	b := &ggufFile{}
	b.kv, b.tensors = contents.GGUF(t, path)
	return b
}

// set changes an entry, or with nil removes it.
func (b *ggufFile) set(key string, v any) {
	b.kv = slices.DeleteFunc(b.kv, func(e gguf.KV) bool { return e.Key == key })
	if v != nil {
		b.kv = append(b.kv, gguf.KV{Key: key, Value: v})
	}
}

func (b *ggufFile) get(key string) any {
	i := slices.IndexFunc(b.kv, func(e gguf.KV) bool { return e.Key == key })
	return b.kv[i].Value
}

func (b *ggufFile) data(name string) []byte { return b.tensor(name).Data }

func (b *ggufFile) tensor(name string) *gguf.TensorData {
	return &b.tensors[slices.IndexFunc(b.tensors, func(d gguf.TensorData) bool { return d.Name == name })]
}

func (b *ggufFile) write(t *testing.T) string {
	path := filepath.Join(t.TempDir(), "broken.gguf")
	require.NoError(t, gguf.WriteFile(path, b.kv, b.tensors))
	return path
}

// i2sScale returns the bytes of the scale of I2_S data.
func i2sScale(data []byte) []byte { return data[len(data)-32:][:4] }

func putFloat(b []byte, v float64) {
	binary.LittleEndian.PutUint32(b, math.Float32bits(float32(v)))
}

const q0, norm0 = "blk.0.attn_q.weight", "blk.0.attn_norm.weight"

// brokenFiles has one file of each kind that GGUF can be broken in. The repair of those
// that have one mends it.
var brokenFiles = map[string]struct {
	broken   func(b *ggufFile)
	severity Severity
	kind     Kind
	where    string
	what     string
	repaired bool
}{
	"tensor missing": {func(b *ggufFile) { b.tensor(q0).Name = "blk.0.attn_other.weight" }, Error, Structure, "", "attn_q", false},
	"norm of another length": {func(b *ggufFile) {
		d := b.tensor(norm0)
		d.Shape, d.Data = []int{d.Shape[0] - 1}, d.Data[:len(d.Data)-4]
	}, Error, Structure, "", "attention norm has", false},
	"tensor of no use": {func(b *ggufFile) {
		b.tensors = append(b.tensors, b.tensors[1])
		b.tensors[len(b.tensors)-1].Name = "blk.0.attn_q.bias"
	}, Error, Structure, "blk.0.attn_q.bias", "no place", false},
	"architecture":       {func(b *ggufFile) { b.set("general.architecture", "mamba") }, Error, Structure, "", `"mamba"`, false},
	"code 3":             {func(b *ggufFile) { b.data(q0)[77] = 0xff }, Error, Ternary, q0, "not -1, 0 or +1", false},
	"scale 0":            {func(b *ggufFile) { putFloat(i2sScale(b.data(q0)), 0) }, Error, Scale, q0, "the scale 0", false},
	"scale negative":     {func(b *ggufFile) { putFloat(i2sScale(b.data(q0)), -1) }, Error, Scale, q0, "the scale -1", false},
	"scale infinite":     {func(b *ggufFile) { putFloat(i2sScale(b.data(q0)), math.Inf(1)) }, Error, Ternary, q0, "Inf", false},
	"scale NaN":          {func(b *ggufFile) { putFloat(i2sScale(b.data(q0)), math.NaN()) }, Error, Ternary, q0, "NaN", false},
	"NaN in a norm":      {func(b *ggufFile) { putFloat(b.data(norm0)[8:], math.NaN()) }, Error, NotFinite, norm0, "NaN", false},
	"infinite embedding": {func(b *ggufFile) { binary.LittleEndian.PutUint16(b.data("token_embd.weight")[4096:], 0xff80) }, Error, NotFinite, "token_embd.weight", "1 of ", false},
	"norm of zeros":      {func(b *ggufFile) { clear(b.data(norm0)) }, Error, ZeroRows, norm0, "zeros only", false},
	"row of zeros": {func(b *ggufFile) {
		d := b.tensor(q0)
		for i := range d.Data[:d.Shape[1]/4] {
			d.Data[i] = 0x55
		}
	}, Warning, ZeroRows, q0, "1 of 512 rows, row 0 first", false},
	"matrix of zeros": {func(b *ggufFile) {
		d := b.data(q0)
		for i := range d[:len(d)-32] {
			d[i] = 0x55
		}
	}, Error, ZeroRows, q0, "zeros only", false},
	"reciprocal scales": {func(b *ggufFile) {
		for _, d := range b.tensors {
			if d.Type == dtype.I2_S {
				s := i2sScale(d.Data)
				putFloat(s, 1/float64(math.Float32frombits(binary.LittleEndian.Uint32(s))))
			}
		}
	}, Error, SwappedScale, "", "the other way round", false},
	"order of ARM": {toARM, Error, I2SOrder, "", "ARM", true},
	"head repeated": {func(b *ggufFile) {
		d := *b.tensor("token_embd.weight")
		d.Name = "output.weight"
		b.tensors = append(b.tensors, d)
	}, Warning, DuplicateHead, "output.weight", "repeats token_embd.weight", true},
	"tokens twice": {func(b *ggufFile) {
		tokens := slices.Clone(b.get("tokenizer.ggml.tokens").([]string))
		tokens[400] = tokens[401]
		b.set("tokenizer.ggml.tokens", tokens)
	}, Error, Tokenizer, "tokenizer.ggml.tokens", "has two ids, 400 and 401", false},
	"tokens without rows": {func(b *ggufFile) {
		b.set("tokenizer.ggml.tokens", append(slices.Clone(b.get("tokenizer.ggml.tokens").([]string)), "[NEW1]", "[NEW2]"))
		b.set("tokenizer.ggml.token_type", append(slices.Clone(b.get("tokenizer.ggml.token_type").([]int32)), 1, 1))
	}, Error, Tokenizer, "tokenizer.ggml.tokens", "the last tokens have no vector", false},
	"rows without tokens": {func(b *ggufFile) {
		d := b.tensor("token_embd.weight")
		d.Data = append(d.Data, d.Data[:len(d.Data)/d.Shape[0]]...)
		d.Shape = []int{d.Shape[0] + 1, d.Shape[1]}
	}, Warning, Tokenizer, "tokenizer.ggml.tokens", "refuse the file", false},
	"tokenizer of no kind":  {func(b *ggufFile) { b.set("tokenizer.ggml.model", "rwkv") }, Error, Tokenizer, "tokenizer.ggml.tokens", "does not load", false},
	"end outside":           {func(b *ggufFile) { b.set("tokenizer.ggml.eos_token_id", uint32(1<<20)) }, Error, SpecialTokens, "tokenizer.ggml.eos_token_id", "is 1048576, which is no token", true},
	"begin outside":         {func(b *ggufFile) { b.set("tokenizer.ggml.bos_token_id", int64(-1)) }, Error, SpecialTokens, "tokenizer.ggml.bos_token_id", "is -1, which is no token", false},
	"end that is no number": {func(b *ggufFile) { b.set("tokenizer.ggml.eos_token_id", "</s>") }, Error, SpecialTokens, "tokenizer.ggml.eos_token_id", "is </s>, which is no token", true},
	"no end": {func(b *ggufFile) {
		for _, name := range []string{"eos", "eot", "eom"} {
			b.set("tokenizer.ggml."+name+"_token_id", nil)
		}
	}, Warning, SpecialTokens, "tokenizer.ggml.eos_token_id", "nothing ends a text", true},
	"no pre-tokenizer": {func(b *ggufFile) { b.set("tokenizer.ggml.pre", nil) }, Warning, PreTokenizer, "tokenizer.ggml.pre", "is missing", true},
	"template placeholder": {func(b *ggufFile) {
		b.set("tokenizer.chat_template", "{% for m in messages %}{{ m }}BITNETAssistant: {% endfor %}")
	}, Warning, ChatTemplate, "tokenizer.chat_template", "placeholder", true},
	"template unclosed":   {func(b *ggufFile) { b.set("tokenizer.chat_template", "{% for m in messages %}") }, Warning, ChatTemplate, "tokenizer.chat_template", "does not work", false},
	"template that fails": {func(b *ggufFile) { b.set("tokenizer.chat_template", "{{ raise_exception('no') }}") }, Warning, ChatTemplate, "tokenizer.chat_template", "does not work", false},
}

// toARM puts the weights into the other order.
func toARM(b *ggufFile) {
	for _, d := range b.tensors {
		if d.Type != dtype.I2_S {
			continue
		}
		rows, cols := d.Shape[0], d.Shape[1]
		q, err := qtensor.Parse(qtensor.I2S, d.Data, rows, cols)
		if err != nil {
			panic(err)
		}
		codes := make([]int8, rows*cols)
		q.Decode(codes, 0, rows)
		data, err := qtensor.Pack(qtensor.I2SARM, codes, rows, cols, q.Scale...)
		if err != nil {
			panic(err)
		}
		copy(d.Data, data)
	}
}

func transcodeModel(t *testing.T, src, dst string, o transcode.Options) {
	p, err := transcode.New(t.Context(), src, dst, o)
	require.NoError(t, err)
	defer func() { require.NoError(t, p.Close()) }()
	require.NoError(t, p.Write(t.Context(), nil))
}

// run runs the command of a repair and returns what it makes.
func run(t *testing.T, command string) string {
	words := strings.Fields(command)
	require.Equal(t, []string{"bitnet", "convert"}, words[:2])
	var o transcode.Options
	for i := 4; i < len(words); i += 2 {
		v := words[i+1]
		switch words[i] {
		case "--type":
			o.Type = v
		case "--set":
			o.Set = append(o.Set, v)
		case "--i2s-order":
			o.I2SOrder = v
		case "--weight-scale":
			o.WeightScale = v
		case "--quantization":
			require.Equal(t, "online", v)
			o.Source.Online = true
		default:
			require.Fail(t, "no flag of convert", words[i])
		}
	}
	transcodeModel(t, words[2], words[3], o)
	return words[3]
}

func check(t *testing.T, path string) []Finding {
	r, err := File(t.Context(), path, Options{})
	require.NoError(t, err)
	return r.Findings
}

func TestBroken(t *testing.T) {
	good := filepath.Join(t.TempDir(), "good.gguf")
	transcodeModel(t, golden.Path(t, "models", "fable-29m"), good, transcode.Options{})
	require.Empty(t, check(t, good))
	for name, tt := range brokenFiles {
		t.Run(name, func(t *testing.T) {
			b := readGGUF(t, good)
			tt.broken(b)
			path := b.write(t)
			found := check(t, path)
			require.Len(t, found, 1, "%+v", found)
			f := found[0]
			require.Equal(t, tt.severity, f.Severity)
			require.Equal(t, tt.kind, f.Kind)
			if tt.where != "" {
				require.Equal(t, tt.where, f.Where)
			}
			require.Contains(t, f.What, tt.what)
			require.Equal(t, tt.repaired, f.Repair != "", f.Repair)
			if tt.repaired {
				require.Empty(t, check(t, run(t, f.Repair)))
			}
			require.Equal(t, f.Severity == Error && slices.Contains([]Kind{Structure, Ternary, Scale}, f.Kind), !loads(t, path))
		})
	}
	whole, err := os.ReadFile(good)
	require.NoError(t, err)
	for _, n := range []int{0, 3, 100, len(whole) / 2, len(whole) - 1} {
		path := filepath.Join(t.TempDir(), "short.gguf")
		require.NoError(t, os.WriteFile(path, whole[:n], 0o600))
		found := check(t, path)
		require.NotEmpty(t, found, n)
		require.Equal(t, Structure, found[0].Kind)
		require.Equal(t, path, found[0].Where)
		require.NotContains(t, found[0].What, path, "Where says it")
	}
}

// copyDir copies a model directory, with changes to the text of its files.
func copyDir(t *testing.T, src string, change map[string]func(string) string) string {
	dst := filepath.Join(t.TempDir(), "model")
	require.NoError(t, os.Mkdir(dst, 0o700))
	entries, err := os.ReadDir(src)
	require.NoError(t, err)
	for _, e := range entries {
		data, err := os.ReadFile(filepath.Join(src, e.Name()))
		require.NoError(t, err)
		if f := change[e.Name()]; f != nil {
			data = []byte(f(string(data)))
		}
		require.NoError(t, os.WriteFile(filepath.Join(dst, e.Name()), data, 0o600))
	}
	return dst
}

func TestBrokenDirectory(t *testing.T) {
	replace := func(old, to string) func(string) string {
		return func(s string) string {
			require.Contains(t, s, old)
			return strings.Replace(s, old, to, 1)
		}
	}
	fable := golden.Path(t, "models", "fable-29m")
	require.Empty(t, check(t, fable))
	for _, tt := range []struct {
		file     string
		change   func(string) string
		severity Severity
		kind     Kind
		what     string
		repaired bool
	}{
		{"config.json", replace(`"autobitlinear"`, `"bitlinear"`), Error, SwappedScale, `the class should be "autobitlinear", whose scales multiply`, true},
		{"config.json", replace(`{`, `[`), Error, Structure, "", false},
		{"tokenizer.json", replace(`{`, `[`), Error, Tokenizer, "does not load", false},
		{"tokenizer_config.json", replace(`"eos_token": "`, `"eos_token": "no`), Warning, SpecialTokens, "which the tokenizer does not have", false},
		{"tokenizer_config.json", replace(`{`, `{"chat_template": "{{ x }}BITNETAssistant", `), Warning, ChatTemplate, "placeholder", true},
		{"model.safetensors", func(s string) string { return s[:len(s)-1] }, Error, Structure, "", false},
	} {
		dir := copyDir(t, fable, map[string]func(string) string{tt.file: tt.change})
		found := check(t, dir)
		require.Len(t, found, 1, "%s: %+v", tt.file, found)
		require.Equal(t, tt.severity, found[0].Severity)
		require.Equal(t, tt.kind, found[0].Kind)
		require.Contains(t, found[0].What, tt.what)
		require.Equal(t, tt.repaired, found[0].Repair != "")
		if tt.repaired {
			require.Empty(t, check(t, run(t, found[0].Repair)))
		}
	}
}

// TestSwappedDivisor: scales that multiply under a class that divides.
func TestSwappedDivisor(t *testing.T) {
	src := golden.Committed(t, "golden", "transformers", "llama-bitlinear-packed")
	dir := copyDir(t, src, map[string]func(string) string{"config.json": func(s string) string {
		return strings.Replace(s, `"quant_method": "bitnet"`, `"quant_method": "bitnet", "linear_class": "autobitlinear"`, 1)
	}})
	found := check(t, dir)
	require.Equal(t, SwappedScale, found[0].Kind, "%+v", found)
	require.Contains(t, found[0].Repair, "--weight-scale divide")
	for _, f := range check(t, run(t, found[0].Repair)) {
		require.Equal(t, Note, f.Severity, "%+v", f)
	}
}

// FuzzGGUF: no file makes a check fail, and what loads has no faults of structure.
func FuzzGGUF(f *testing.F) {
	data, err := os.ReadFile(golden.Committed(f, "golden", "families", "1bitllm-3b.gguf"))
	require.NoError(f, err)
	for _, at := range []int{0, 40, 500, 2000, 9000, 50000, len(data) - 1} {
		f.Add(at, byte(0xff))
	}
	f.Fuzz(func(t *testing.T, at int, by byte) {
		changed := slices.Clone(data)
		changed[uint(at)%uint(len(data))] ^= by
		buf, err := memory.Heap().Alloc(len(changed), 0)
		require.NoError(t, err)
		copy(buf.Bytes(), changed)
		ck, err := checkpoint.Parse(buf, "fuzz")
		if err != nil {
			return
		}
		defer func() { require.NoError(t, ck.Close()) }()
		r, err := Checkpoint(t.Context(), ck, Options{})
		require.NoError(t, err)
		if _, err := ck.Weights(); err != nil {
			require.Positive(t, r.Count(Error), "%v", err)
		}
	})
}

func TestActivation(t *testing.T) {
	ck, err := checkpoint.Open(golden.Committed(t, "golden", "families", "1bitllm-3b.gguf"))
	require.NoError(t, err)
	defer func() { require.NoError(t, ck.Close()) }()
	activation := func() []Finding {
		r, err := Checkpoint(t.Context(), ck, Options{})
		require.NoError(t, err)
		return slices.DeleteFunc(r.Findings, func(f Finding) bool { return f.Kind != Activation })
	}
	require.Empty(t, activation())
	c := &ck.Config
	c.Dim, c.FFN, c.Layers, c.Heads, c.KVHeads, c.HeadDim, c.VocabSize = 2560, 6912, 30, 20, 5, 128, 128256
	found := activation()
	require.Len(t, found, 1)
	require.Equal(t, "bitnet.hidden_activation", found[0].Where)
	require.Contains(t, found[0].What, "the file does not say so")
	require.Contains(t, found[0].Repair, "1bitllm-3b-repaired.gguf")
	c.Activation = model.ReLU2
	require.Empty(t, activation())
}
