package transcode

import (
	"context"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/encoding/gguf"
	"github.com/bitnet-go/bitnet/bitnet-core/golden/contents"
	"github.com/bitnet-go/bitnet/bitnet-inference/checkpoint"
)

const helperEnv = "TRANSCODE_TEST_CONVERT" // "SRC\nDST": convert in this process and exit

func TestMain(m *testing.M) {
	if src, dst, ok := strings.Cut(os.Getenv(helperEnv), "\n"); ok {
		p, err := New(context.Background(), src, dst, Options{Replace: true})
		if err == nil {
			err = p.Write(context.Background(), nil)
		}
		if err != nil {
			_, _ = io.WriteString(os.Stderr, err.Error())
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// TestKill kills conversions at any moment: there is no target or the whole one, and
// the next conversion clears away what is left. 200 tries of each kind if BITNET_LONG is set.
func TestKill(t *testing.T) {
	tries := 8
	if os.Getenv("BITNET_LONG") != "" {
		tries = 200
	}
	self, err := os.Executable()
	require.NoError(t, err)
	src := packed(t)
	start := time.Now()
	convertModel(t, src, filepath.Join(t.TempDir(), "m.gguf"), Options{})
	usual := time.Since(start) + 30*time.Millisecond
	for _, name := range []string{"m.gguf", "dir"} {
		dir := t.TempDir()
		dst := filepath.Join(dir, name)
		from := src
		if name == "dir" {
			from = filepath.Join(t.TempDir(), "from.gguf")
			convertModel(t, src, from, Options{})
		}
		var complete, killed int
		for range tries {
			require.NoError(t, os.RemoveAll(dst))
			cmd := exec.Command(self)
			cmd.Env = append(os.Environ(), helperEnv+"="+from+"\n"+dst)
			require.NoError(t, cmd.Start())
			time.Sleep(time.Duration(rand.Int64N(int64(usual))))
			_ = cmd.Process.Kill() // it may be done
			if cmd.Wait() != nil {
				killed++
			}
			entries, err := os.ReadDir(dir)
			require.NoError(t, err)
			require.LessOrEqual(t, len(entries), 3, "what is left does not pile up: %v", entries)
			ck, err := checkpoint.Open(dst)
			if err != nil {
				require.NoFileExists(t, dst)
				require.NoDirExists(t, dst)
				continue
			}
			_, err = ck.Weights()
			require.NoError(t, err)
			require.NoError(t, ck.Close())
			complete++
		}
		t.Logf("%s: %d killed, %d complete", name, killed, complete)
		require.NoError(t, os.RemoveAll(dst))
		convertModel(t, from, dst, Options{})
		entries, err := os.ReadDir(dir)
		require.NoError(t, err)
		require.Len(t, entries, 1, "the next conversion clears up")
	}
}

// TestTargets refuses targets with a line that says why.
func TestTargets(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "m.gguf")
	convertModel(t, packed(t), file, Options{})
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	made := filepath.Join(dir, "made")
	convertModel(t, file, made, Options{})
	link := filepath.Join(dir, "link.gguf")
	require.NoError(t, os.Link(file, link))

	kv, all := contents.GGUF(t, file)
	parts, err := gguf.WriteSplit(filepath.Join(dir, "split"), kv, all, 40_000)
	require.NoError(t, err)
	require.Greater(t, len(parts), 1)

	for _, tt := range []struct {
		src, dst string
		o        Options
		want     string
	}{
		{file, file, Options{Replace: true}, "is the source and the target"},
		{file, link, Options{Replace: true}, "is the source and the target"},
		{made, made, Options{}, "is the source and the target"},
		{parts[0], parts[1], Options{Replace: true}, "is the source and the target"},
		{parts[1], parts[0], Options{Replace: true}, "is the source and the target"},
		{packed(t), file, Options{}, "is there already: remove it, name another file, or replace it with --force"},
		{packed(t), made, Options{}, "is there already: remove it or name another"},
		{packed(t), made + "/", Options{}, "is there already: remove it or name another"},
		{packed(t), file + "/", Options{}, "is there already: remove it, name another file, or replace it with --force"},
		{packed(t), ".", Options{}, "the directory . is there already"},
		{packed(t), "", Options{}, "the target has no name"},
		{file, filepath.Join(dir, "none", "m.gguf"), Options{}, "there is no directory"},
		{file, filepath.Join(dir, "a.gguf"), Options{Type: "hf"}, "is not one of a .gguf file"},
		{file, filepath.Join(dir, "a"), Options{Type: "i2_s"}, "ends in .gguf"},
		{file, filepath.Join(dir, "a"), Options{Embedding: "q6_k"}, "cannot be made here"},
		{file, filepath.Join(dir, "a.gguf"), Options{Tensors: []string{"nothing=f16"}}, `no tensor has a name that "nothing=f16" matches`},
		{file, filepath.Join(dir, "a.gguf"), Options{Tensors: []string{"ffn=f16", "ffn_down=f32"}}, `no tensor has a name that "ffn_down=f32" matches, or earlier patterns take all that it matches`},
		{file, filepath.Join(dir, "a.gguf"), Options{Tensors: []string{"ffn_(=f16"}}, `the tensor type "ffn_(=f16": error parsing regexp: missing closing ): ` + "`ffn_(`"},
		{file, filepath.Join(dir, "a.gguf"), Options{Tensors: []string{"f16"}}, `the tensor type "f16" is not PATTERN=TYPE, such as ffn_down=f16`},
		{file, filepath.Join(dir, "a.gguf"), Options{Tensors: []string{"ffn_up=hf"}}, `the tensor type "ffn_up=hf": "hf" is not one of a .gguf file (i2_s, tq1_0, tq2_0, q2_0, f32, f16, bf16, q8_0, q6_k, q4_0)`},
		{file, filepath.Join(dir, "a"), Options{Tensors: []string{"up_proj=tq2_0"}}, `the tensor type "up_proj=tq2_0": "tq2_0" is not one of a directory (hf, f32, f16, bf16)`},
		{file, filepath.Join(dir, "a.gguf"), Options{Tensors: []string{"ffn_up=q6_k"}}, "cannot have the type Q6_K"},
		{file, filepath.Join(dir, "a.gguf"), Options{Set: []string{"bitnet-b1.58.block_count=x"}}, "the value is no u32"},
		{filepath.Join(dir, "none.gguf"), filepath.Join(dir, "a.gguf"), Options{}, "no such file"},
	} {
		_, err := New(t.Context(), tt.src, tt.dst, tt.o)
		require.ErrorContains(t, err, tt.want)
	}
	same, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, data, same)

	p := convertModel(t, packed(t), file, Options{Replace: true})
	require.Equal(t, p.Target, file)
}

// TestCancel leaves nothing behind, and neither does a result that would not open.
func TestCancel(t *testing.T) {
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	p, err := New(ctx, packed(t), filepath.Join(dir, "m.gguf"), Options{})
	require.NoError(t, err)
	err = p.Write(ctx, func(done, total int64) {
		require.LessOrEqual(t, done, total)
		if done > total/2 {
			cancel()
		}
	})
	require.ErrorIs(t, err, context.Canceled)
	require.NoError(t, p.Close())

	p, err = New(t.Context(), packed(t), filepath.Join(dir, "m.gguf"), Options{Set: []string{"general.architecture=other"}})
	require.NoError(t, err)
	require.ErrorContains(t, p.Write(t.Context(), nil), "so it is not kept")
	require.NoError(t, p.Close())
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, entries)
}

// TestTrailingSlash: a directory may be named as shells complete it.
func TestTrailingSlash(t *testing.T) {
	dst := filepath.Join(t.TempDir(), "made")
	p := convertModel(t, packed(t), dst+string(filepath.Separator), Options{})
	require.Equal(t, dst, p.Target)
	requireSameTensors(t, packed(t), dst)
}

// TestWriteAfterCancel: what was begun and given up is no fault of what is asked next.
func TestWriteAfterCancel(t *testing.T) {
	dst := filepath.Join(t.TempDir(), "m.gguf")
	floats := copyModel(t, master2B4T(t), map[string]any{"quantization_config": nil})
	p, err := New(t.Context(), floats, dst, Options{AllowLossy: true})
	require.NoError(t, err)
	defer p.Close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, p.Check(ctx), context.Canceled)
	require.NoError(t, p.Write(t.Context(), nil))
}
