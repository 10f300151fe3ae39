package osinfo

import "os"

// Memory returns the physical memory of the machine and the part of it that can be
// had without swapping, in bytes.
func Memory() (total, available uint64, err error) { return Tree{os.DirFS("/")}.Memory() }
