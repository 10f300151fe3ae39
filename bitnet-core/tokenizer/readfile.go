package tokenizer

import (
	"bytes"
	"fmt"
	"io"
	"os"
)

// maxFile bounds the files beside a model's weights. The largest, tokenizers, have some tens
// of MiB.
const maxFile = 256 << 20

// ReadFile reads a file of a tokenizer, or another that lies beside a model's weights. One
// of more than 256 MiB is an error.
func ReadFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var data bytes.Buffer
	if info, err := f.Stat(); err == nil {
		data.Grow(int(min(info.Size(), maxFile)) + bytes.MinRead)
	}
	if _, err := data.ReadFrom(io.LimitReader(f, maxFile+1)); err != nil {
		return nil, err
	}
	if data.Len() > maxFile {
		return nil, fmt.Errorf("%s is larger than %d MiB", path, maxFile>>20)
	}
	return data.Bytes(), nil
}
