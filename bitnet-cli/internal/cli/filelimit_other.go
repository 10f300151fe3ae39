//go:build !unix

package cli

// catchFileLimit does nothing: there is no such limit here.
func catchFileLimit() (undo func()) { return func() {} }
