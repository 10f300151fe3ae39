//go:build linux && amd64 && !purego

// Command isaemu runs a program with the instructions of package isaemu, for
// go test -exec. With -probe it runs nothing and reports whether it could.
package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"github.com/bitnet-go/bitnet/bitnet-quant/internal/isaemu"
)

func main() {
	status, err := run(os.Args[1:])
	if errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.ENOSYS) {
		err = fmt.Errorf("ptrace is not permitted here: %w", err)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "isaemu: %v\n", err)
		os.Exit(125)
	}
	os.Exit(status)
}

func run(args []string) (int, error) {
	if len(args) == 0 {
		return 0, errors.New("usage: isaemu program [argument…] | isaemu -probe")
	}
	if args[0] == "-probe" {
		args = []string{"/proc/self/exe", "-exit"}
	}
	if args[0] == "-exit" {
		return 0, nil
	}
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr

	// What asks this process to end is for the program, which reports more: its
	// goroutines in the case of SIGQUIT, which go test sends when time is up.
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, syscall.SIGQUIT, syscall.SIGTERM)
	// A terminal sends it to both, and this process ends with the program. Ignored
	// here it would be ignored there, too.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGINT)
	return isaemu.Run(cmd, os.Stderr, signals)
}
