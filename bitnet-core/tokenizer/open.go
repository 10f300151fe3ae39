package tokenizer

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Open reads the tokenizer at path, which is a tokenizer.json, a tiktoken file
// of Llama 3 or a SentencePiece model, whatever its name, or a directory that
// holds tokenizer.json or tokenizer.model. To a SentencePiece model in a directory
// come the tokens that added_tokens.json, special_tokens_map.json and
// tokenizer_config.json add. (The tokenizer of a GGUF file is read with LoadGGUF from its
// metadata.)
func Open(path string) (Tokenizer, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("tokenizer: %w", err)
	}
	if !info.IsDir() {
		return openFile(path, "")
	}
	for _, name := range []string{"tokenizer.json", "tokenizer.model"} {
		file := filepath.Join(path, name)
		if _, err := os.Stat(file); err == nil {
			return openFile(file, path)
		} else if !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("tokenizer: %w", err)
		}
	}
	return nil, fmt.Errorf("tokenizer: %s holds neither tokenizer.json nor tokenizer.model", path)
}

// openFile looks at the start of a file before it reads the rest, which may be
// gigabytes of something else. dir is where files with added tokens are, or "".
func openFile(path, dir string) (Tokenizer, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("tokenizer: %w", err)
	}
	defer f.Close()
	head := make([]byte, 4096)
	n, err := io.ReadFull(f, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("tokenizer: %w", err)
	}
	head = head[:n]
	var load func(data []byte, name string) (Tokenizer, error)
	switch {
	case n == 0:
		return nil, fmt.Errorf("tokenizer: %s is empty", path)
	case bytes.HasPrefix(head, []byte("GGUF")):
		return nil, fmt.Errorf("tokenizer: %s is a GGUF model, not a tokenizer file", path)
	case firstIs(head, '{'):
		load = LoadJSON
	case looksLikeTiktoken(head):
		load = func(data []byte, name string) (Tokenizer, error) { return LoadTiktoken(data, name, TiktokenSpec{}) }
	case head[0] == modelPieces<<3|2:
		load = func(data []byte, name string) (Tokenizer, error) {
			t, err := LoadSentencePiece(data, name)
			if err != nil || dir == "" {
				return t, err
			}
			return addFromFiles(t, dir)
		}
	default:
		return nil, fmt.Errorf("tokenizer: %s is neither a tokenizer.json, a tiktoken file nor a SentencePiece model", path)
	}
	data, err := ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("tokenizer: %w", err)
	}
	return load(data, path)
}

func firstIs(data []byte, c byte) bool {
	data = bytes.TrimLeft(data, " \t\r\n")
	return len(data) > 0 && data[0] == c
}

// looksLikeTiktoken reports whether the first line is a word in base64, a space
// and a number.
func looksLikeTiktoken(data []byte) bool {
	line, _, _ := bytes.Cut(data, []byte{'\n'})
	word, rank, found := bytes.Cut(bytes.TrimRight(line, "\r"), []byte{' '})
	if !found || len(word) == 0 || len(rank) == 0 {
		return false
	}
	for _, c := range word {
		letter := c|0x20 >= 'a' && c|0x20 <= 'z'
		if !letter && c-'0' > 9 && c != '+' && c != '/' && c != '=' {
			return false
		}
	}
	return len(bytes.Trim(rank, "0123456789")) == 0
}
