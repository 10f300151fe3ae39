package cli

import (
	"context"
	"fmt"
	"os"
	"runtime/debug"
	"slices"

	"github.com/bitnet-go/bitnet/bitnet-core/simd"
)

// Main runs the command line of this process and returns its exit code.
func Main() int { return execute(context.Background(), os.Args[1:], standard()) }

// execute runs one command line.
func execute(ctx context.Context, args []string, s *Streams) (code int) {
	defer func() {
		if fault := recover(); fault != nil {
			code = exitError
			reportPanic(s, fault, slices.Contains(args, "--verbose"))
		}
	}()
	if err := simd.Err(); err != nil {
		fmt.Fprintf(s.Err, "bitnet: %v; going on with %s\n", err, simd.Best())
	}
	watched := *s
	watched.Out = &output{Writer: s.Out}
	s = &watched
	root := newRoot(s)
	root.SetArgs(args)
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil {
		err = s.failed()
	}
	return report(s, cmd, err)
}

// reportPanic prints what must not happen in a form that someone can send us.
func reportPanic(s *Streams, fault any, verbose bool) {
	fmt.Fprintf(s.Err, "bitnet: internal error: %s; please report it with the command line (BITNET_DEBUG=1 shows where)\n", oneLine(fmt.Errorf("%v", fault)))
	if verbose || os.Getenv("BITNET_DEBUG") == "1" {
		fmt.Fprintf(s.Err, "%s", debug.Stack())
	}
}
