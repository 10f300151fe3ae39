package cli

import (
	"context"
	"os"
	"os/signal"
)

// interruptible returns a context that Ctrl-C ends. A second Ctrl-C, if the
// first has no effect soon enough, ends the program.
func interruptible(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt)
	context.AfterFunc(ctx, stop)
	return ctx, stop
}
