package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/encoding/gguf"
	"github.com/bitnet-go/bitnet/bitnet-inference/model"
	"github.com/bitnet-go/bitnet/bitnet-inference/synthetic"
)

// peerModel is a model of random weights that both engines compute alike: in
// llama.cpp's architecture bitnet the activation function is SiLU.
func peerModel(shape string) (*synthetic.Model, error) {
	s, ok := synthetic.Named(shape)
	if !ok {
		return nil, fmt.Errorf("--synthetic is %q, want fable, large, 2b4t or 8b", shape)
	}
	if s.Config.Activation != model.SiLU {
		s.Name += "-silu"
		s.Config.Activation = model.SiLU
	}
	m := &synthetic.Model{Shape: s, Type: dtype.TQ2_0, Seed: 1}
	if err := m.Validate(); err != nil {
		return nil, fmt.Errorf("--synthetic %s: %w", shape, err)
	}
	return m, nil
}

// makeModel returns the path of m's file, which it writes into dir if it is not there.
func makeModel(ctx context.Context, dir string, m *synthetic.Model, show *progress) (string, error) {
	path := filepath.Join(dir, m.FileName())
	if m.Matches(path) {
		return path, nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("cannot make the cache directory: %w; set XDG_CACHE_HOME to one that can be written", err)
	}
	err := m.WriteFile(ctx, path, func(done, total int64) {
		show.set("making %s: %d of %d MB", filepath.Base(path), done/1e6, total/1e6)
	})
	return path, err
}

// A modelFile is the file that both engines are given, as it was at the beginning.
type modelFile struct {
	path        string
	info        os.FileInfo
	vocab       int
	squaredReLU bool // where llama.cpp computes SiLU
}

func identify(path string) (*modelFile, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	g, err := gguf.Open(path)
	if err != nil {
		return nil, fmt.Errorf("both engines read GGUF files, and %s is none: %w", path, err)
	}
	defer g.Close()
	f := &modelFile{path: path, info: info}
	embedding, ok := g.Info("token_embd.weight")
	if !ok || len(embedding.Shape) != 2 {
		return nil, fmt.Errorf("%s has no matrix token_embd.weight: it is no language model", path)
	}
	f.vocab = embedding.Shape[0]
	activation, _ := g.String("bitnet.hidden_activation")
	f.squaredReLU = activation == string(model.ReLU2)
	return f, nil
}

// unchanged fails if the file is not the one that was there in the beginning.
func (f *modelFile) unchanged() error {
	now, err := os.Stat(f.path)
	if err != nil {
		return err
	}
	if !os.SameFile(f.info, now) || f.info.Size() != now.Size() || !f.info.ModTime().Equal(now.ModTime()) {
		return fmt.Errorf("%s was changed at %v, so the engines did not load the same file; start again when nobody writes to it",
			f.path, now.ModTime().Format(time.TimeOnly))
	}
	return nil
}

// prompt returns ids from all over the vocabulary, for the engines to agree on.
func (f *modelFile) prompt() []int32 {
	const length = 12
	ids := make([]int32, length)
	for i := range ids {
		ids[i] = int32((int64(i)*7919*7919 + 1) % int64(f.vocab))
	}
	return ids
}
