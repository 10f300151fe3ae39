package gguf

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// Extension is what the names of GGUF files end in, in letters of either case.
const Extension = ".gguf"

// CutExtension returns a name without the extension of GGUF files, and whether it has that.
func CutExtension(name string) (stem string, ok bool) {
	if i := len(name) - len(Extension); i >= 0 && strings.EqualFold(name[i:], Extension) {
		return name[:i], true
	}
	return name, false
}

// A PartName is the name or path of a file of a split model, such as model-00002-of-00003.gguf.
type PartName struct {
	Stem      string // what the names of all parts begin with: "model"
	No, Count int    // of the part, from 0, and of all
	end       string // behind the number, as it is written
}

var partName = regexp.MustCompile(`^(?is)(.*)-(\d{5})(-of-(\d{5})\.gguf)$`)

// ParsePartName reads the name of a part; ok is false for names of other files.
func ParsePartName(name string) (p PartName, ok bool) {
	m := partName.FindStringSubmatch(name)
	if m == nil {
		return PartName{}, false
	}
	no, _ := strconv.Atoi(m[2]) // digits
	count, _ := strconv.Atoi(m[4])
	return PartName{m[1], no - 1, count, m[3]}, true
}

// newPartName returns the name of part no, from 0.
func newPartName(stem string, no, count int) PartName {
	return PartName{stem, no, count, fmt.Sprintf("-of-%05d%s", count, Extension)}
}

// Other is the name of another part of the same model, which differs in the number alone.
func (p PartName) Other(no int) PartName {
	p.No = no
	return p
}

func (p PartName) String() string { return fmt.Sprintf("%s-%05d%s", p.Stem, p.No+1, p.end) }
