package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Exit codes.
const (
	exitOK          = 0
	exitError       = 1
	exitUsage       = 2
	exitInterrupted = 128 + int(syscall.SIGINT)
	exitPipeClosed  = 128 + 13 // SIGPIPE, which not every system has by name
)

// A usageError is a command line that cannot be meant as it stands.
type usageError struct{ err error }

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

func usagef(format string, args ...any) error {
	return &usageError{fmt.Errorf(format, args...)}
}

// A statusError is an end with an exit code of its own. Without an err it is no fault,
// and there is nothing to print.
type statusError struct {
	code int
	err  error
}

func (e *statusError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit code %d", e.code)
	}
	return e.err.Error()
}

func (e *statusError) Unwrap() error { return e.err }

// noArguments is for commands that have only flags.
func noArguments(_ *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usagef("%q is one argument too many: this command takes flags only", args[0])
	}
	return nil
}

// flagError says in people's words what the flag package found.
func flagError(cmd *cobra.Command, err error) error {
	// Flags of a verb that does not exist are not known either.
	if cmd.HasSubCommands() {
		if err := cmd.ValidateArgs(cmd.Flags().Args()); err != nil {
			return err
		}
	}
	var unknown *pflag.NotExistError
	if errors.As(err, &unknown) {
		if near := nearestFlag(cmd, unknown.GetSpecifiedName()); near != "" {
			return usagef("%w; did you mean --%s?", err, near)
		}
	}
	var value *pflag.InvalidValueError
	if !errors.As(err, &value) {
		return &usageError{err}
	}
	want := value.GetFlag().Value.Type()
	switch {
	case strings.HasPrefix(want, "int"):
		want = "a whole number"
	case strings.HasPrefix(want, "float"):
		want = "a number"
	case want == "bool":
		want = "true or false"
	}
	name := "--" + value.GetFlag().Name
	if s := value.GetFlag().Shorthand; s != "" {
		name = "-" + s + ", " + name
	}
	return usagef("%s is %q, want %s", name, value.GetValue(), want)
}

// nearestFlag returns the flag of cmd that a misspelt name is likely to mean, "" if there is
// none.
func nearestFlag(cmd *cobra.Command, name string) (near string) {
	least := min(3, len(name)/2+1) // of so many changes it is another word
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if n := editDistance(name, f.Name); n < least && !f.Hidden {
			near, least = f.Name, n
		}
	})
	return near
}

// editDistance is how many bytes must be put in, taken out or replaced to make b of a.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1) // from the part of a so far to each beginning of b
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replaced := diagonal
			if a[i] != b[j] {
				replaced++
			}
			diagonal = row[j+1]
			row[j+1] = min(replaced, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

// report prints err, if it is one to print, and returns the exit code.
func report(s *Streams, cmd *cobra.Command, err error) int {
	var usage *usageError
	var status *statusError
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, context.Canceled):
		return interruptedBy()
	case errors.Is(err, syscall.EPIPE):
		return exitPipeClosed // whoever read has seen enough
	case errors.As(err, &usage):
		fmt.Fprintf(s.Err, "bitnet: %s\nRun '%s --help' for usage.\n", oneLine(err), cmd.CommandPath())
		return exitUsage
	case errors.As(err, &status):
		if status.err != nil {
			fmt.Fprintf(s.Err, "bitnet: %s\n", oneLine(status.err))
		}
		return status.code
	}
	fmt.Fprintf(s.Err, "bitnet: %s\n", oneLine(err))
	return exitError
}

// shownFaults is how many faults of one file a line is to hold: the first ones
// mostly explain the others.
const shownFaults = 3

// oneLine joins the faults that an error lists one a line, and keeps control
// characters, which may come from a file, off the terminal.
func oneLine(err error) string {
	faults := strings.Split(strings.TrimSpace(err.Error()), "\n")
	if len(faults) > shownFaults+1 {
		faults = append(faults[:shownFaults:shownFaults], "and more of the kind")
	}
	return printable(strings.Join(faults, "; "))
}
