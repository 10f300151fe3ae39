package hub

import (
	_ "embed"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// A Known is a model with a short name. What could not be confirmed is empty.
type Known struct {
	Name    string // "2b4t"
	Repo    string // "microsoft/bitnet-b1.58-2B-4T-gguf"
	Choice  string // file or quantization, "" if the repository has one model
	Rev     string // revision, "" for main
	Licence string // as the model's page says
	Bytes   int64  // of the weights, in three digits; 0 if not known
	Convert string // the command that saves making its masters ternary at each start, "" if it has none
	Note    string
}

// Ref is what the name stands for.
func (k Known) Ref() Ref {
	r := Ref{Repo: k.Repo, Revision: k.Rev}
	if isGGUF(k.Choice) {
		r.File = k.Choice
	} else {
		r.Quant = k.Choice
	}
	return r
}

//go:embed known.tsv
var knownTable string

var known = sync.OnceValue(func() []Known {
	var models []Known
	for line := range strings.Lines(knownTable) {
		line = strings.TrimRight(line, "\r\n")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		f := strings.Split(line, "\t")
		for len(f) < 8 {
			f = append(f, "")
		}
		k := Known{Name: f[0], Repo: f[1], Choice: f[2], Rev: f[3], Licence: f[4], Convert: f[6], Note: f[7]}
		k.Bytes, _ = strconv.ParseInt(f[5], 10, 64) // a test reads the column
		models = append(models, k)
	}
	return models
})

// KnownModels lists the models with short names.
func KnownModels() []Known { return slices.Clone(known()) }

// Lookup finds a short name, in letters of either case.
func Lookup(name string) (Known, bool) {
	for _, k := range known() {
		if strings.EqualFold(k.Name, name) {
			return k, true
		}
	}
	return Known{}, false
}
