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
	info, err := f.Stat()
	if err == nil && info.Size() <= maxFile {
		data.Grow(int(info.Size()) + bytes.MinRead)
		_, err = data.ReadFrom(io.LimitReader(f, maxFile+1))
	}
	if err != nil {
		return nil, err
	}
	if info.Size() > maxFile || data.Len() > maxFile { // a pipe has no size
		return nil, fmt.Errorf("%s is larger than %d MiB", path, maxFile>>20)
	}
	return data.Bytes(), nil
}
