package inference

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/golden"
	"github.com/bitnet-go/bitnet/bitnet-core/memory"
	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer"
	"github.com/bitnet-go/bitnet/bitnet-inference/checkpoint"
	"github.com/bitnet-go/bitnet/bitnet-inference/embed"
	"github.com/bitnet-go/bitnet/bitnet-inference/engine"
	"github.com/bitnet-go/bitnet/bitnet-inference/transformer"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// collect joins the pieces of one text.
func collect(t *testing.T, m *Model, prompt string, o engine.Options) string {
	t.Helper()
	var b strings.Builder
	for piece, err := range m.Continue(context.Background(), prompt, o) {
		require.NoError(t, err)
		b.WriteString(piece)
	}
	return b.String()
}

// TestContinueStories reproduces the published greedy text of a known model.
func TestContinueStories(t *testing.T) {
	alloc := memory.NewChecked(memory.Mapped())
	m, err := Open(golden.Path(t, "models", "stories260K", "stories260K.f32.gguf"), Options{Memory: alloc})
	require.NoError(t, err)
	defer func() {
		require.NoError(t, m.Close())
		require.Empty(t, alloc.Leaks())
	}()
	card, err := os.ReadFile(golden.Path(t, "models", "stories260K", "stories260K.md"))
	require.NoError(t, err)
	_, rest, ok := strings.Cut(string(card), "-t 0.0\n")
	require.True(t, ok)
	want, _, ok := strings.Cut(rest, "\n```")
	require.True(t, ok)
	require.Equal(t, want, collect(t, m, "", engine.Options{MaxTokens: 256}))

	// The caller may stop at any piece, and begin another text after it.
	for range m.Continue(context.Background(), "", engine.Options{}) {
		break
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for piece, err := range m.Continue(ctx, "Lily", engine.Options{}) {
		require.Empty(t, piece)
		require.ErrorIs(t, err, context.Canceled)
	}
}

func TestOpenErrors(t *testing.T) {
	_, err := Open(filepath.Join(t.TempDir(), "none.gguf"), Options{})
	require.ErrorContains(t, err, "no such file")
	// A model directory without a tokenizer cannot turn text into tokens.
	_, err = Open(golden.Committed(t, "golden", "transformers", "bitnet-2b4t-packed"), Options{})
	require.ErrorContains(t, err, "tokenizer")

	ck, err := checkpoint.Open(golden.Path(t, "models", "fable-29m"))
	require.NoError(t, err)
	_, err = New(ck, Options{ContextLength: 513})
	require.ErrorContains(t, err, "1 to 512")
}

// TestHeads: the head is as the options say.
func TestHeads(t *testing.T) {
	path := golden.Path(t, "models", "fable-29m")
	m, err := Open(path, Options{HeadType: dtype.Q8_0})
	require.NoError(t, err)
	require.Equal(t, dtype.Q8_0, m.Transformer.Head().Type)
	require.NotEmpty(t, collect(t, m, "Once", engine.Options{MaxTokens: 20}))
	require.NoError(t, m.Close())
	m, err = Open(path, Options{Head: transformer.HeadFull})
	require.NoError(t, err)
	require.Equal(t, dtype.BF16, m.Transformer.Head().Type)
	require.Nil(t, m.Transformer.Screen())
	require.NoError(t, m.Close())
	_, err = Open(path, Options{HeadType: dtype.Q8_0, Head: transformer.HeadScreened})
	require.ErrorContains(t, err, "not screened")
}

// TestStreamEqualsDecode: the pieces of a continuation are the decoded whole.
func TestStreamEqualsDecode(t *testing.T) {
	m, err := Open(golden.Path(t, "models", "fable-29m"), Options{Threads: 1})
	require.NoError(t, err)
	defer m.Close()
	const prompt = "Once upon a time"
	text := collect(t, m, prompt, engine.Options{MaxTokens: 50})
	var ids []int32
	start := m.Tokenizer.Encode(nil, prompt, tokenizer.Options{})
	_, err = m.Session.Generate(context.Background(), start, engine.Options{MaxTokens: 50}, func(id int32) bool {
		ids = append(ids, id)
		return true
	})
	require.NoError(t, err)
	require.Equal(t, m.Tokenizer.Decode(ids, true), text)
}

// TestReadmeExample: the README shows the example program as it is, and it runs.
func TestReadmeExample(t *testing.T) {
	readme, err := os.ReadFile(filepath.Join(golden.Committed(t), "..", "README.md"))
	require.NoError(t, err)
	program, err := os.ReadFile("examples/continue/main.go")
	require.NoError(t, err)
	_, code, _ := strings.Cut(string(program), "\n") // without its doc comment
	require.Contains(t, string(readme), "```go\n"+code+"```\n")

	out, err := exec.Command("go", "run", "./examples/continue", golden.Path(t, "models", "fable-29m")).Output()
	require.NoError(t, err)
	require.Contains(t, string(out), "there was a little")
}

// TestEmbed: a text's vector does not depend on the texts around it, and a text is most
// like itself.
func TestEmbed(t *testing.T) {
	m, err := Open(golden.Path(t, "models", "fable-29m"), Options{})
	require.NoError(t, err)
	defer func() { require.NoError(t, m.Close()) }()
	texts := []string{"The fox saw the crow.", "A king lived by the sea.", "The fox saw the crow."}
	vectors, err := m.Embed(context.Background(), texts, embed.Options{})
	require.NoError(t, err)
	require.Equal(t, vectors[0], vectors[2])
	require.NotEqual(t, vectors[0], vectors[1])
	alone, err := m.Embed(context.Background(), texts[1:2], embed.Options{})
	require.NoError(t, err)
	require.Equal(t, vectors[1], alone[0])
	_, err = m.Embed(context.Background(), texts, embed.Options{Pooling: "first"})
	require.ErrorContains(t, err, `pooling is "first"`)
	_, err = m.Embed(context.Background(), []string{"a", strings.Repeat("so long ", 9000)}, embed.Options{})
	require.ErrorContains(t, err, "text 2: the text has")
}
