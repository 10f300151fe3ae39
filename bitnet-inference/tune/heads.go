package tune

import (
	"context"
	"errors"
	"fmt"
	"unsafe"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/nn"
	"github.com/bitnet-go/bitnet/bitnet-inference/transformer"
)

// A Part says which matrices of the vocabulary are of another type.
type Part string

const (
	PartHead      Part = "head"      // the output head alone
	PartEmbedding Part = "embedding" // the embedding alone
	PartBoth      Part = "both"      // the embedding that is the head, too
)

// A HeadChoice is a type that output head or embedding might have.
type HeadChoice struct {
	Part  Part   `json:"part"`
	Type  string `json:"type"`
	Bytes int64  `json:"bytes"` // of the matrix
	// Effect is nil for the type that it has.
	Effect *Effect `json:"effect"`
}

// fileTypes are those that both files and kernels take, the largest first.
var fileTypes = []dtype.DType{dtype.F16, dtype.Q8_0, dtype.Q6_K, dtype.Q4_0}

// Heads measures what other types of the output head and of the embedding do, each
// together where they are one matrix, which is what files can store, and the head alone,
// which a model can then round while it is loaded: [transformer.HeadTypes].
// The first choice of each part is the type that it has. Matrices of blocks, which
// rounding once more would only harm, have no other.
func (b *Bench) Heads(ctx context.Context) ([]HeadChoice, error) {
	w := b.model.Weights
	tied := unsafe.SliceData(w.Embed.Data) == unsafe.SliceData(w.Head.Data)
	parts := []Part{PartHead, PartEmbedding}
	if tied {
		parts[1] = PartBoth
	}
	var all []HeadChoice
	for _, part := range parts {
		src := &w.Head
		if part == PartEmbedding {
			src = &w.Embed
		}
		types := fileTypes
		if tied && part == PartHead {
			types = transformer.HeadTypes()
		}
		all = append(all, HeadChoice{Part: part, Type: src.Type.String(), Bytes: int64(len(src.Data))})
		for _, d := range types {
			c, err := b.head(ctx, part, src, d)
			if err != nil {
				return nil, err
			}
			if c != nil {
				all = append(all, *c)
			}
		}
	}
	return all, nil
}

// head measures one choice; nil is none, because the matrix cannot have the type, or has
// it, or has blocks.
func (b *Bench) head(ctx context.Context, part Part, src *nn.Matrix, d dtype.DType) (*HeadChoice, error) {
	stride, ok := nn.RowBytes(d, src.Cols)
	if blocks, _ := src.Type.Block(); !ok || d == src.Type || blocks > 1 {
		return nil, nil
	}
	what := string(part)
	if part == PartBoth {
		what = "embedding and head"
	}
	b.progress(fmt.Sprintf("%v for the %s", d, what))
	buf, err := b.model.alloc(src.Rows * stride)
	if err != nil {
		return nil, err
	}
	defer buf.Release()
	m := nn.Matrix{Rows: src.Rows, Cols: src.Cols, Type: d, Data: buf.Bytes()}
	if err := m.SetRows(b.model.Pool, src, 0); errors.Is(err, nn.ErrRange) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	w := *b.model.Weights
	if part != PartEmbedding {
		w.Head = m
	}
	if part != PartHead {
		w.Embed = m
	}
	c := &HeadChoice{Part: part, Type: d.String(), Bytes: int64(len(m.Data))}
	c.Effect, err = b.effect(ctx, &w, nil)
	return c, err
}
