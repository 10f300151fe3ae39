package tokenizer

import (
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/golden"

	"github.com/bitnet-go/bitnet/bitnet-core/encoding/gguf"
	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer/internal/split"
)

// TestStoriesModelAndGGUF: the SentencePiece file and the GGUF made of it agree
// but for spaces, which llama.cpp does not collapse.
func TestStoriesModelAndGGUF(t *testing.T) {
	dir := golden.Path(t, "models", "stories260K")
	spm, err := Open(filepath.Join(dir, "tok512.model"))
	require.NoError(t, err)
	f, err := gguf.Open(filepath.Join(dir, "stories260K.f32.gguf"))
	require.NoError(t, err)
	defer f.Close()
	md, err := LoadGGUF(f, "stories260K")
	require.NoError(t, err)
	require.Equal(t, 512, spm.VocabSize())
	require.Equal(t, 512, md.VocabSize())
	var cases []parityCase
	sharedJSON(t, "tokenizers/parity/cases.json", &cases)
	for _, c := range cases {
		text := collapseSpaces(c.Text, nil)
		got := spm.Encode(nil, text, Options{})
		require.Equal(t, md.Encode(nil, text, Options{}), got, "%q", text)
		if !strings.Contains(text, "▁") && !strings.Contains(text, "<") {
			require.Equal(t, text, spm.Decode(got, true))
		}
		checkStream(t, md, got)
	}
	story := "Once upon a time, there was a little girl named Lily."
	require.Equal(t, []int32{1, 403, 407, 261, 378}, spm.Encode(nil, story, Options{})[:5])
}

// TestCutsAtSpacesChangeNothing: the shortcut of SentencePiece models.
func TestCutsAtSpacesChangeNothing(t *testing.T) {
	llama2, err := Open(golden.Path(t, "tokenizers", "llama2"))
	require.NoError(t, err)
	mistral := loadShared(t, "tokenizers/mistral/tokenizer.json")
	var cases []parityCase
	sharedJSON(t, "tokenizers/parity/cases.json", &cases)
	for _, tok := range []Tokenizer{llama2, mistral} {
		p := tok.(*pipeline)
		require.Len(t, p.steps, 1, "the shortcut is taken")
		for _, c := range cases {
			text := spaceMarks("▁", "▁")(c.Text, nil)
			want := p.model.Append(nil, text, new(scratch))
			require.Equal(t, want, p.words(nil, text, cuts(split.Marked), true, new(scratch)), "%q", text)
		}
	}
}

func TestEveryTokenHasItsName(t *testing.T) {
	for _, file := range []string{"tokenizers/llama3_1/tokenizer.json", "tokenizers/mistral/tokenizer.json", "models/fable-29m/tokenizer.json"} {
		tok := loadShared(t, file)
		for id := range int32(tok.VocabSize()) {
			token, ok := tok.Token(id)
			back, known := tok.ID(token)
			if !ok || !known || back != id {
				t.Fatalf("%s: %d is named %q, which is %d", file, id, token, back)
			}
		}
	}
	fable := loadShared(t, "models/fable-29m/tokenizer.json")
	require.Equal(t, 8192, fable.VocabSize())
	id, ok := fable.ID("<|begin_of_text|>")
	require.True(t, ok && fable.IsSpecial(id))
	token, _ := fable.Token(fable.Encode(nil, " the", Options{NoPostProcess: true})[0])
	require.Equal(t, "Ġthe", token)
}

func TestConcurrentUse(t *testing.T) {
	tok := small(t, nil)
	text := strings.Repeat("the cat the hat ", 100)
	want := tok.Encode(nil, text, Options{})
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 50 {
				got := tok.Encode(nil, text, Options{})
				if len(got) != len(want) || tok.Decode(got, true) != text {
					t.Error("concurrent encodings differ")
					return
				}
			}
		})
	}
	wg.Wait()
}

// TestLongInputs would not end in time if anything were quadratic.
func TestLongInputs(t *testing.T) {
	const n = 1 << 17
	for _, tok := range []Tokenizer{
		loadShared(t, "tokenizers/llama3_1/tokenizer.json"),
		loadShared(t, "tokenizers/mistral/tokenizer.json"),
	} {
		for _, unit := range []string{"a", " ", "1", "日", "\n", "<", "<|", "=-"} {
			text := strings.Repeat(unit, n/len(unit))
			list := tok.Encode(nil, text, Options{NoPostProcess: true})
			require.Equal(t, text, tok.Decode(list, false))
		}
	}
}
