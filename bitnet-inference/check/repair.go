package check

import (
	"path/filepath"
	"strings"

	"github.com/bitnet-go/bitnet/bitnet-core/encoding/gguf"
)

// repair returns the command that writes the model anew, with more flags, in the types
// that it has.
func (c *checker) repair(flags ...string) string {
	src := filepath.Clean(c.ck.Name)
	dst := src + "-repaired"
	if c.ck.IsGGUF() {
		stem, _ := gguf.CutExtension(src)
		dst = stem + "-repaired" + gguf.Extension
	}
	return c.convert(src, dst, flags...)
}

// toGGUF is repair for what only the conversion of a directory to GGUF repairs.
func (c *checker) toGGUF(flags ...string) string {
	src := filepath.Clean(c.ck.Name)
	return c.convert(src, src+gguf.Extension, flags...)
}

func (c *checker) convert(src, dst string, flags ...string) string {
	words := []string{"bitnet", "convert", src, dst, "--type", "keep"}
	if c.opts.Read.Online {
		words = append(words, "--quantization", "online")
	}
	words = append(words, flags...)
	for i, w := range words {
		words[i] = quote(w)
	}
	return strings.Join(words, " ")
}

// quote makes one word of a shell's command line of a word.
func quote(w string) string {
	if w != "" && !strings.ContainsFunc(w, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./=:,+@%", r) || r == filepath.Separator)
	}) {
		return w
	}
	return "'" + strings.ReplaceAll(w, "'", `'\''`) + "'"
}
