package cli

import (
	"context"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
)

// interruptible returns a context that Ctrl-C ends, and so do the signals of a terminal that
// is closed and of a system that wants the program to go: files that are half written are
// removed then. A second one, if the first has no effect soon enough, ends the program.
func interruptible(ctx context.Context) (context.Context, context.CancelFunc) {
	signals := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) { // as below nohup
		signals = append(signals, syscall.SIGHUP)
	}
	return until(ctx, signals...)
}

// answering returns a context that Ctrl-C alone ends: what is typed next goes on.
func answering(ctx context.Context) (context.Context, context.CancelFunc) {
	return until(ctx, os.Interrupt)
}

func until(ctx context.Context, signals ...os.Signal) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	came := make(chan os.Signal, 1)
	signal.Notify(came, signals...)
	go func() {
		select {
		case s := <-came:
			if number, ok := s.(syscall.Signal); ok {
				endedBy.Store(int32(number))
			}
			cancel()
		case <-ctx.Done():
		}
		signal.Stop(came)
	}()
	return ctx, cancel
}

// endedBy is the signal that has ended this process's last context, 0 if none has.
var endedBy atomic.Int32

// interruptedBy returns the exit code of a command that was ended.
func interruptedBy() int {
	if n := endedBy.Load(); n != 0 {
		return 128 + int(n)
	}
	return exitInterrupted
}
