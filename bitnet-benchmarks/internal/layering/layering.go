package layering

import (
	"fmt"
	"slices"
	"strings"
)

// prefix begins the path of every module.
const prefix = "github.com/bitnet-go/bitnet/"

// mayImport lists the modules that each module's packages may import, besides
// its own.
var mayImport = map[string][]string{
	"bitnet-core":       {},
	"bitnet-quant":      {"bitnet-core"},
	"bitnet-inference":  {"bitnet-core", "bitnet-quant"},
	"bitnet-training":   {"bitnet-core", "bitnet-quant"},
	"bitnet-metal":      {"bitnet-core"},
	"bitnet-cli":        {"bitnet-core", "bitnet-quant", "bitnet-inference", "bitnet-training", "bitnet-metal"},
	"bitnet-benchmarks": {"bitnet-core", "bitnet-quant", "bitnet-inference", "bitnet-training", "bitnet-metal"},
}

// exceptions are packages that may import one more module.
var exceptions = map[string]string{
	"bitnet-training/eval": "bitnet-inference",
}

// A Package is what go list says of one; its field names are go list's.
type Package struct {
	ImportPath                         string
	Imports, TestImports, XTestImports []string
	CgoFiles                           []string
}

// Violations describes every import in pkgs that goes against the directions,
// and every use of cgo in core. Packages of other projects are ignored.
func Violations(pkgs []Package) []string {
	var faults []string
	for _, p := range pkgs {
		from, module, ours := split(p.ImportPath)
		if !ours {
			continue
		}
		allowed, known := mayImport[module]
		if !known {
			faults = append(faults, fmt.Sprintf("module %s is not in the list of modules", module))
			continue
		}
		if module == "bitnet-core" && len(p.CgoFiles) > 0 {
			faults = append(faults, fmt.Sprintf("%s uses cgo in %s", from, strings.Join(p.CgoFiles, ", ")))
		}
		for _, path := range slices.Concat(p.Imports, p.TestImports, p.XTestImports) {
			to, target, ours := split(path)
			if !ours || target == module || slices.Contains(allowed, target) || exceptions[from] == target {
				continue
			}
			faults = append(faults, fmt.Sprintf("%s imports %s", from, to))
		}
	}
	return faults
}

// split returns an import path without the project's prefix, the module it is
// in, and whether it is the project's at all.
func split(path string) (short, module string, ours bool) {
	short, ours = strings.CutPrefix(path, prefix)
	module, _, _ = strings.Cut(short, "/")
	return short, module, ours
}
