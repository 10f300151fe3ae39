package report

import (
	"cmp"
	"slices"
)

// sortedRules returns the rules that can be drawn, from the top of the range down.
func sortedRules(rules []Rule, e *extent) []Rule {
	kept := slices.DeleteFunc(slices.Clone(rules), func(r Rule) bool { return !e.drawable(r.Value) })
	slices.SortStableFunc(kept, func(a, b Rule) int { return cmp.Compare(b.Value, a.Value) })
	return kept
}
