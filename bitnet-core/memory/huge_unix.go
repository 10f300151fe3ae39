//go:build unix && !linux

package memory

// adviseHuge does nothing: the system chooses its page sizes itself.
func adviseHuge([]byte) {}

func adviseSmall([]byte) {}
