package check

import (
	"path/filepath"
	"strings"
)

// gguf reports whether the model is a GGUF file.
func (c *checker) gguf() bool { return strings.HasPrefix(c.ck.Format, "GGUF") }

// repair returns the command that writes the model anew, with more flags, in the types
// that it has.
func (c *checker) repair(flags ...string) string {
	src := filepath.Clean(c.ck.Name)
	dst := src + "-repaired"
	if c.gguf() {
		dst = strings.TrimSuffix(src, ".gguf") + "-repaired.gguf"
	}
	return c.convert(src, dst, flags...)
}

// toGGUF is repair for what only the conversion of a directory to GGUF repairs.
func (c *checker) toGGUF(flags ...string) string {
	src := filepath.Clean(c.ck.Name)
	return c.convert(src, src+".gguf", flags...)
}

func (c *checker) convert(src, dst string, flags ...string) string {
	words := []string{"bitnet", "convert", src, dst}
	if t := c.projectionType(dst); t != "" {
		words = append(words, "--type", t)
	}
	for i, w := range words {
		words[i] = quote(w)
	}
	for _, w := range flags {
		words = append(words, quote(w))
	}
	return strings.Join(words, " ")
}

// projectionType returns what --type keeps the projections as they are, "" for the
// default.
func (c *checker) projectionType(dst string) string {
	if c.ck.Masters() {
		return "" // as floats they would be the weights of a dense model
	}
	seen, best := map[string]int{}, ""
	for _, t := range c.ck.Tensors() {
		if _, ok := projectionOf(t.Name); ok {
			if seen[t.Type]++; best == "" || seen[t.Type] > seen[best] {
				best = t.Type
			}
		}
	}
	toGGUF := strings.HasSuffix(dst, ".gguf")
	switch best {
	case "TQ1_0", "TQ2_0":
		return strings.ToLower(best)
	case "F32", "F16", "BF16":
		if !toGGUF {
			return "hf-" + strings.ToLower(best)
		}
		return strings.ToLower(best)
	}
	return ""
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
