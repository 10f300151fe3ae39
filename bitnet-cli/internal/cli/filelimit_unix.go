//go:build unix

package cli

import (
	"os"
	"os/signal"
	"syscall"
)

// catchFileLimit turns the signal of a file that has become larger than the process'
// limit allows (ulimit -f) into an error of the write; call the result to undo it.
func catchFileLimit() (undo func()) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGXFSZ)
	return func() { signal.Stop(c) }
}
