package compare

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/bitnet-go/bitnet/bitnet-inference/checkpoint"
	"github.com/bitnet-go/bitnet/bitnet-inference/model"
)

// A fieldList collects the values that differ.
type fieldList []Field

func (l *fieldList) add(name string, a, b any) {
	x, y := fmt.Sprint(a), fmt.Sprint(b)
	if x != y {
		*l = append(*l, Field{name, &x, &y})
	}
}

func (l fieldList) sorted() []Field {
	slices.SortFunc(l, func(x, y Field) int { return cmp.Compare(x.Name, y.Name) })
	return l
}

// graph returns what differs of the numbers that fix what is computed.
func graph(a, b *model.Config) []Field {
	l := fieldList{}
	for _, d := range a.Differences(b) {
		l = append(l, Field{d.Name, &d.A, &d.B})
	}
	return l.sorted()
}

// settings returns what differs of what does not change the logits.
func settings(a, b *checkpoint.Checkpoint) []Field {
	l := fieldList{}
	l.add("architecture", a.Config.Architecture, b.Config.Architecture)
	l.add("context length", a.Config.ContextLength, b.Config.ContextLength)
	l.add("rotation of pairs", rotationName(&a.Config), rotationName(&b.Config))
	l.add("bos token", a.Generation.BOS, b.Generation.BOS)
	l.add("eos tokens", a.Generation.EOS, b.Generation.EOS)
	l.add("sampling", sampling(a.Generation.Sampling), sampling(b.Generation.Sampling))
	l.add("pooling", a.Pooling, b.Pooling)
	l.add("chat bos text", a.Chat.BOS, b.Chat.BOS)
	l.add("chat eos text", a.Chat.EOS, b.Chat.EOS)
	if x, y := templates(a.Chat.Template, b.Chat.Template); x != y {
		l.add("chat template", x, y)
	}
	return l.sorted()
}

func rotationName(c *model.Config) string {
	if c.RopeAdjacent {
		return "adjacent rows"
	}
	return "halves of a head"
}

func sampling(s *checkpoint.Sampling) string {
	if s == nil {
		return "none"
	}
	return fmt.Sprintf("temperature %v, top-k %d, top-p %v, min-p %v, repetition penalty %v", s.Temperature, s.TopK, s.TopP, s.MinP, s.Repeat)
}

// templates describes two chat templates by the first line that differs, or as equal.
func templates(a, b string) (x, y string) {
	if a == b {
		return "", ""
	}
	p, q := strings.Split(a, "\n"), strings.Split(b, "\n")
	i := 0
	for i < len(p) && i < len(q) && p[i] == q[i] {
		i++
	}
	line := func(all []string, source string) string {
		switch {
		case source == "":
			return "none"
		case i == len(all):
			return fmt.Sprintf("ends after line %d", i)
		}
		return fmt.Sprintf("line %d: %s", i+1, all[i])
	}
	return line(p, a), line(q, b)
}

// metadata returns the entries that differ or that one file has, if both files are of
// one format; else nil.
func metadata(a, b *checkpoint.Checkpoint) []Field {
	if a.IsGGUF() != b.IsGGUF() {
		return nil
	}
	in := map[string]string{}
	for _, p := range b.Metadata() {
		in[p.Key] = p.Value
	}
	l := fieldList{}
	for _, p := range a.Metadata() {
		v, ok := in[p.Key]
		delete(in, p.Key)
		switch {
		case !ok:
			l = append(l, Field{Name: p.Key, A: &p.Value})
		case !sameNumber(p.Value, v):
			l.add(p.Key, p.Value, v)
		}
	}
	for k, v := range in {
		l = append(l, Field{Name: k, B: &v})
	}
	return l.sorted()
}

// sameNumber reports whether two texts are one number in two spellings, as JSON may
// have it: 0.0 and 0.
func sameNumber(a, b string) bool {
	x, err := strconv.ParseFloat(a, 64)
	if err != nil {
		return false
	}
	y, err := strconv.ParseFloat(b, 64)
	return err == nil && x == y
}
