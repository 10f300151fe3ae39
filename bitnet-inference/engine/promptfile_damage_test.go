package engine

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"hash/crc32"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/encoding/safetensors"
)

// saved returns a session that holds a prompt, and what SavePrompt writes of it
// once change had its way; the checksum is right for the tensors there are.
func saved(t testing.TB, s *Session, change func(meta map[string]string, tensors *[]safetensors.TensorData)) []byte {
	t.Helper()
	meta, tensors := s.promptMetadata(), s.promptTensors()
	change(meta, &tensors)
	if _, ok := meta[metaChecksum]; !ok {
		sum := crc32.New(castagnoli)
		for i := range tensors {
			_, err := tensors[i].WriteTo(sum)
			require.NoError(t, err)
		}
		meta[metaChecksum] = hex.EncodeToString(sum.Sum(nil))
	}
	var b bytes.Buffer
	require.NoError(t, safetensors.Write(&b, meta, tensors))
	return b.Bytes()
}

type (
	metadata = map[string]string
	tensors  = []safetensors.TensorData
)

// TestPromptFileRefused holds what is said about files that do not suit, and that
// the session is as it was.
func TestPromptFileRefused(t *testing.T) {
	const (
		anew    = ": delete it, and it is made anew"
		another = ": name another file"
		either  = another + ", or delete it, and it is made anew"
	)
	m := open(t, 1)
	s := session(t, m, 0)
	generate(t, s, prompt, Options{MaxTokens: 1})
	other := session(t, openNamed(t, "llama-bitlinear-packed", 1), 0)
	generate(t, other, prompt, Options{MaxTokens: 1})
	f16 := session(t, openWith(t, "bitnet-2b4t-packed", 1, dtype.F16), 0)
	generate(t, f16, prompt, Options{MaxTokens: 1})
	same := func(metadata, *tensors) {}
	whole := saved(t, s, same)
	flipped := bytes.Clone(whole)
	flipped[len(flipped)-1] ^= 1
	path := filepath.Join(t.TempDir(), "saved")

	for name, tt := range map[string]struct {
		file []byte
		want string
	}{
		"whole":       {whole, ""},
		"empty":       {nil, "is damaged or something else" + either},
		"text":        {[]byte("Once upon a time"), "is damaged or something else" + either},
		"truncated":   {whole[:len(whole)-1], "is damaged or something else" + either},
		"other model": {saved(t, other, same), "was made with another model" + either},
		"other type":  {saved(t, f16, same), `has keys and values of type "F16", and here they are F32` + another + ", or choose the same type"},
		"flipped bit": {flipped, "is damaged (its checksum is wrong)" + anew},
		"other format": {
			saved(t, s, func(m metadata, _ *tensors) { m[metaFormat] = "pt" }),
			"is a safetensors file of something else" + another,
		},
		"version": {
			saved(t, s, func(m metadata, _ *tensors) { m[metaVersion] = "2" }),
			`has version "2" of its format, and this program reads version 1` + anew,
		},
		"fingerprint": {
			saved(t, s, func(m metadata, _ *tensors) { m[metaModel] = m[metaModel][1:] + "0" }),
			"was made with another model" + either,
		},
		"checksum": {
			saved(t, s, func(m metadata, _ *tensors) { m[metaChecksum] = "" }),
			"is damaged (its checksum is wrong)" + anew,
		},
		"no tokens": {
			saved(t, s, func(_ metadata, t *tensors) { *t = (*t)[1:] }),
			"is damaged (there is no list of tokens)" + anew,
		},
		"tokens of another type": {
			saved(t, s, func(_ metadata, t *tensors) { (*t)[0].Type = dtype.F32 }),
			"is damaged (there is no tensor tokens of type I32 and shape [6])" + anew,
		},
		"tokens in rows": {
			saved(t, s, func(_ metadata, t *tensors) { (*t)[0].Shape = []int{2, 3} }),
			"is damaged (there is no list of tokens)" + anew,
		},
		"token": {
			saved(t, s, func(_ metadata, t *tensors) { binary.LittleEndian.PutUint32((*t)[0].Data[8:], 600) }),
			"is damaged (token 600 is outside the vocabulary of 600)" + anew,
		},
		"negative token": {
			saved(t, s, func(_ metadata, t *tensors) { (*t)[0].Data[3] = 0xff }),
			"is damaged (token -16777110 is outside the vocabulary of 600)" + anew,
		},
		"fewer tokens": {
			saved(t, s, func(_ metadata, t *tensors) { (*t)[0].Shape, (*t)[0].Data = []int{5}, (*t)[0].Data[:20] }),
			"is damaged (there is no tensor layers.0.value of type F32 and shape [2 5 64])" + anew,
		},
		"no keys": {
			saved(t, s, func(_ metadata, t *tensors) { (*t)[1].Name = "keys" }),
			"is damaged (there is no tensor layers.0.key of type F32 and shape [2 1 64 32])" + anew,
		},
		"no last values": {
			saved(t, s, func(_ metadata, t *tensors) { *t = (*t)[:len(*t)-1] }),
			"is damaged (there is no tensor layers.2.value of type F32 and shape [2 6 64])" + anew,
		},
		"one more": {saved(t, s, func(_ metadata, t *tensors) {
			*t = append(*t, safetensors.TensorData{Name: "more", Type: dtype.U8, Shape: []int{0}})
		}), "is damaged (there are 8 tensors, want 7)" + anew},
	} {
		t.Run(name, func(t *testing.T) {
			require.NoError(t, os.WriteFile(path, tt.file, 0o600))
			to := session(t, m, 0)
			want, _ := generate(t, to, []int32{5, 6, 7}, Options{MaxTokens: 4})
			n, err := to.LoadPrompt(path)
			if tt.want == "" {
				require.NoError(t, err)
				require.Equal(t, len(prompt), n)
				return
			}
			require.EqualError(t, err, "the saved prompt "+path+" "+tt.want)
			var refused *PromptFileError
			require.ErrorAs(t, err, &refused)
			require.Zero(t, n)
			got, r := generate(t, to, []int32{5, 6, 7}, Options{MaxTokens: 4})
			require.Equal(t, want, got)
			require.Equal(t, 2, r.CachedTokens, "the session still has what it had")
		})
	}
	_, err := s.LoadPrompt(filepath.Join(t.TempDir(), "none"))
	require.ErrorIs(t, err, os.ErrNotExist)
	_, err = s.LoadPrompt(t.TempDir())
	require.ErrorContains(t, err, "is a directory, want a file")
}

// TestPromptFileDamaged cuts a file everywhere and changes each of its bytes:
// nothing of that goes unnoticed, but for the header's blanks.
func TestPromptFileDamaged(t *testing.T) {
	m := open(t, 1)
	from, s := session(t, m, 0), session(t, m, 0)
	generate(t, from, prompt[:2], Options{MaxTokens: 1})
	whole := saved(t, from, func(metadata, *tensors) {})
	path := filepath.Join(t.TempDir(), "saved")
	for at := 0; at < len(whole); at += 1 + at/128 {
		for name, data := range map[string][]byte{"cut": whole[:at], "changed": bytes.Clone(whole)} {
			if name == "changed" {
				data[at] ^= 0x20
			}
			require.NoError(t, os.WriteFile(path, data, 0o600))
			_, err := s.LoadPrompt(path)
			require.Error(t, err, "%s at %d of %d: %q", name, at, len(whole), whole[at])
		}
	}
}

// TestPromptFileAllocates: what a file says does not make memory be taken that
// the file itself does not.
func TestPromptFileAllocates(t *testing.T) {
	s := session(t, open(t, 1), 0)
	path := filepath.Join(t.TempDir(), "saved")
	meta := s.promptMetadata()
	var b bytes.Buffer
	require.NoError(t, safetensors.Write(&b, meta, []safetensors.TensorData{{Name: "tokens", Type: dtype.I32, Shape: []int{1}, Data: make([]byte, 4)}}))
	for old, lie := range map[string]string{
		`"shape":[1]`:          `"shape":[1073741824]`,
		`"data_offsets":[0,4]`: `"data_offsets":[0,4294967296]`,
	} {
		file := bytes.Replace(b.Bytes(), []byte(old), []byte(lie), 1)
		require.NotEqual(t, b.Len(), len(file))
		binary.LittleEndian.PutUint64(file, uint64(len(file)-8-4))
		require.NoError(t, os.WriteFile(path, file, 0o600))
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := s.LoadPrompt(path)
		runtime.ReadMemStats(&after)
		require.Error(t, err)
		require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(1<<18))
	}
}

// FuzzLoadPrompt: a file with any header and any tokens is refused, or can be gone
// on from. The checksum is made right, so that what is behind it is tried, too.
func FuzzLoadPrompt(f *testing.F) {
	m := open(f, 1)
	from := session(f, m, 64)
	generate(f, from, prompt, Options{MaxTokens: 1})
	same := func(metadata, *tensors) {}
	whole := saved(f, from, same)
	// Keys and values, of type F32, come before the tokens.
	header, body := whole[8:8+binary.LittleEndian.Uint64(whole)], whole[8+binary.LittleEndian.Uint64(whole):]
	cache, ids := body[:len(body)-4*len(prompt)], body[len(body)-4*len(prompt):]
	require.Equal(f, whole, assemble(header, cache, ids))
	f.Add(header, ids)
	f.Add(header, ids[:7])
	f.Add(header[:len(header)/2], ids)
	f.Add(bytes.Replace(header, []byte(`"version":"1"`), []byte(`"version":"0"`), 1), ids)
	f.Add(bytes.Replace(header, []byte(`"shape":[6]`), []byte(`"shape":[5]`), 1), ids)
	f.Add(header, bytes.Repeat([]byte{0xff, 0}, 12))
	f.Add([]byte(`{}`), []byte{})
	path := filepath.Join(f.TempDir(), "saved")
	s := session(f, m, 32)
	f.Fuzz(func(t *testing.T, header, ids []byte) {
		require.NoError(t, os.WriteFile(path, assemble(header, cache, ids), 0o600))
		n, err := s.LoadPrompt(path)
		if err != nil {
			return
		}
		require.Equal(t, n, s.seen.Len())
		if n > 0 {
			generate(t, s, append([]int32(nil), s.seen.Tokens()[:min(n, 16)]...), Options{MaxTokens: 2})
		}
	})
}

// assemble makes a file, with the right checksum if the header has a place for it.
func assemble(header, cache, ids []byte) []byte {
	header = bytes.Clone(header)
	const key = `"crc32c":"`
	if at := bytes.Index(header, []byte(key)) + len(key); at >= len(key) && at+8 <= len(header) {
		sum := crc32.Update(crc32.Checksum(ids, castagnoli), castagnoli, cache)
		hex.Encode(header[at:], binary.BigEndian.AppendUint32(nil, sum))
	}
	return slices.Concat(binary.LittleEndian.AppendUint64(nil, uint64(len(header))), header, cache, ids)
}
