package device

import "slices"

// feature is a vector extension and whether this machine has it.
type feature struct {
	name string
	has  bool
}

// present returns the sorted names of the features that the machine has.
func present(all []feature) []string {
	var names []string
	for _, f := range all {
		if f.has {
			names = append(names, f.name)
		}
	}
	slices.Sort(names)
	return names
}
