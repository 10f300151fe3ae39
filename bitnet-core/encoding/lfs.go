package encoding

import "bytes"

// IsLFSPointer reports whether b is what git leaves in place of a large file
// when its LFS extension is missing: a few lines of text that name the file. It
// is the most common way to have a model that is none.
func IsLFSPointer(b []byte) bool {
	return bytes.HasPrefix(b, []byte("version https://git-lfs.github.com/spec/"))
}
