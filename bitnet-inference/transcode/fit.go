package transcode

import (
	"fmt"
	"io"
	"slices"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/encoding"
	"github.com/bitnet-go/bitnet/bitnet-core/encoding/gguf"
	"github.com/bitnet-go/bitnet/bitnet-core/nn"
	"github.com/bitnet-go/bitnet/bitnet-inference/checkpoint"
)

// fit chooses the types of the embedding and of a head of its own by the size of the file:
// the largest that fit. Of two choices of one size that with the larger head counts, for an
// error of the head is in every logit.
func (p *Plan) fit() error {
	if p.opts.TargetSize == 0 {
		return nil
	}
	var embed, head *output
	for _, o := range p.outputs {
		switch o.Name {
		case checkpoint.GGUFEmbedding + ".weight":
			embed = o
		case checkpoint.GGUFHead + ".weight":
			head = o
		}
	}
	embeds, heads := p.smallerTypes(embed, p.opts.Embedding), []dtype.DType{0}
	if head != nil {
		heads = p.smallerTypes(head, p.opts.Head)
	}
	var best, least int64
	var bestHead, bestEmbed dtype.DType
	for _, h := range heads {
		if head != nil {
			head.convertTo(h)
		}
		for _, e := range embeds {
			embed.convertTo(e)
			n, err := p.fileSize()
			if err != nil {
				return err
			}
			if least == 0 || n < least {
				least = n
			}
			if n <= p.opts.TargetSize && n > best {
				best, bestHead, bestEmbed = n, h, e
			}
		}
	}
	if best == 0 {
		return fmt.Errorf("%s cannot have %d bytes: the smallest possible, with projections of the type %v, has %d", p.Target, p.opts.TargetSize, p.tern, least)
	}
	embed.convertTo(bestEmbed)
	if head == nil {
		p.note("the file has %d bytes with an embedding of the type %v", best, bestEmbed)
		return nil
	}
	head.convertTo(bestHead)
	p.note("the file has %d bytes with an embedding of the type %v and a head of the type %v", best, bestEmbed, bestHead)
	return nil
}

// smallerTypes returns the types that a tensor of the vocabulary may have, the best first:
// the one that is asked for or by a rule, or its own and smaller ones.
func (p *Plan) smallerTypes(o *output, asked string) []dtype.DType {
	ruled := slices.ContainsFunc(p.rules, func(r rule) bool { return r.pattern.MatchString(o.Name) })
	if asked != "" || ruled {
		return []dtype.DType{o.kind}
	}
	all := []dtype.DType{o.kind}
	own, _ := nn.RowBytes(o.kind, o.m.cols)
	for _, d := range []dtype.DType{dtype.F16, dtype.Q8_0, dtype.Q6_K, dtype.Q4_0} {
		if n, ok := nn.RowBytes(d, o.m.cols); ok && n < own {
			all = append(all, d)
		}
	}
	return all
}

// fileSize returns the bytes of the GGUF file as it is planned.
func (p *Plan) fileSize() (int64, error) {
	var tensors []encoding.TensorData
	for _, o := range p.outputs {
		never := func(io.Writer) error { return nil }
		tensors = append(tensors, encoding.TensorData{Name: o.Name, Type: o.kind, Shape: o.Shape, Stream: never})
	}
	return gguf.Size(p.kv, tensors)
}
