// Command makefable packs the checkpoint of the built-in model into the file
// that package fable embeds. The checkpoint is not in this repository; its place
// is given by -src.
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"

	"github.com/klauspost/compress/zstd"

	"github.com/bitnet-go/bitnet/bitnet-core/encoding/gguf"
	"github.com/bitnet-go/bitnet/bitnet-core/memory"
	"github.com/bitnet-go/bitnet/bitnet-inference/checkpoint"
)

func main() {
	src := flag.String("src", "../../../shared/models/fable-29m", "Hugging Face directory of the model")
	out := flag.String("o", "fable.gguf.zst", "file to write")
	flag.Parse()
	if err := run(*src, *out); err != nil {
		fmt.Fprintln(os.Stderr, "makefable:", err)
		os.Exit(1)
	}
}

func run(src, out string) error {
	ck, err := checkpoint.Open(src)
	if err != nil {
		return err
	}
	defer ck.Close()
	tensors, err := pack(ck)
	if err != nil {
		return err
	}
	kv, err := metadata(ck, src)
	if err != nil {
		return err
	}
	var file bytes.Buffer
	if err := gguf.Write(&file, kv, tensors); err != nil {
		return err
	}
	pieces, err := split(file.Bytes())
	if err != nil {
		return err
	}
	var packed []byte
	for _, p := range pieces {
		if packed, err = p.appendFrame(packed); err != nil {
			return err
		}
	}
	fmt.Printf("%s: GGUF of %d bytes, in frames of together %d\n", out, file.Len(), len(packed))
	return os.WriteFile(out, packed, 0o644)
}

// A piece is a range of the file that becomes one frame.
type piece struct {
	data  []byte
	store bool
}

// weightPieces is into how many frames the ternary weights go, for as many
// threads to unpack them.
const weightPieces = 8

// split cuts the file before and after the embedding, which is to be stored, and
// what follows it into equal parts.
func split(file []byte) ([]piece, error) {
	f, err := gguf.Parse(memory.Wrap(file), "the new file")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	embedding, ok := f.Info("token_embd.weight")
	if !ok {
		return nil, errors.New("the new file has no embedding")
	}
	begin, end := embedding.Offset, embedding.Offset+embedding.Size
	pieces := []piece{{data: file[:begin]}, {data: file[begin:end], store: true}}
	rest := file[end:]
	size := (len(rest) + weightPieces - 1) / weightPieces
	for part := range slices.Chunk(rest, size) {
		pieces = append(pieces, piece{data: part})
	}
	return pieces, nil
}

func (p piece) appendFrame(dst []byte) ([]byte, error) {
	level := zstd.SpeedBestCompression
	if p.store {
		// This level sees that matches are not to be had and stores the bytes.
		level = zstd.SpeedDefault
	}
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(level), zstd.WithEncoderCRC(!p.store), zstd.WithEncoderConcurrency(1))
	if err != nil {
		return nil, err
	}
	return enc.EncodeAll(p.data, dst), nil
}
