//go:build unix && !linux

package memory

// forgetPages leaves the choice to the system.
func forgetPages([]byte) {}
