package tokenizer

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Open reads the tokenizer at path, which is a tokenizer.json, a tiktoken file
// of Llama 3 or a SentencePiece model, whatever its name, or a directory that
// holds tokenizer.json or tokenizer.model. (The tokenizer of a GGUF file is
// read with LoadGGUF from its metadata.)
func Open(path string) (Tokenizer, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("tokenizer: %w", err)
	}
	if !info.IsDir() {
		return openFile(path)
	}
	for _, name := range []string{"tokenizer.json", "tokenizer.model"} {
		file := filepath.Join(path, name)
		if _, err := os.Stat(file); err == nil {
			return openFile(file)
		} else if !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("tokenizer: %w", err)
		}
	}
	return nil, fmt.Errorf("tokenizer: %s holds neither tokenizer.json nor tokenizer.model", path)
}

func openFile(path string) (Tokenizer, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("tokenizer: %w", err)
	}
	switch {
	case len(data) == 0:
		return nil, fmt.Errorf("tokenizer: %s is empty", path)
	case bytes.HasPrefix(data, []byte("GGUF")):
		return nil, fmt.Errorf("tokenizer: %s is a GGUF model, not a tokenizer file", path)
	case firstIs(data, '{'):
		return LoadJSON(data, path)
	case looksLikeTiktoken(data):
		return LoadTiktoken(data, path, TiktokenSpec{})
	case data[0] == modelPieces<<3|2:
		return LoadSentencePiece(data, path)
	}
	return nil, fmt.Errorf("tokenizer: %s is neither a tokenizer.json, a tiktoken file nor a SentencePiece model", path)
}

func firstIs(data []byte, c byte) bool {
	data = bytes.TrimLeft(data, " \t\r\n")
	return len(data) > 0 && data[0] == c
}

// looksLikeTiktoken reports whether the first line is a word in base64, a space
// and a number.
func looksLikeTiktoken(data []byte) bool {
	line, _, _ := bytes.Cut(data[:min(len(data), 4096)], []byte{'\n'})
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
