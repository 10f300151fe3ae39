package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"
)

func TestScaled(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1.00 K", 29_360_000: "29.4 M", 2_400_000_000: "2.40 B", 123_456_789: "123 M"} {
		require.Equal(t, want, count(n))
	}
	for n, want := range map[int64]string{0: "0 B", 1023: "1023 B", 1024: "1.00 KiB", 14_680_064: "14.0 MiB", 1 << 40: "1.00 TiB", 1 << 52: "4096 TiB"} {
		require.Equal(t, want, size(n))
	}
	require.Equal(t, 1.235, milliseconds(1234567*time.Nanosecond))
	require.Equal(t, 200.0, perSecond(20, 100*time.Millisecond))
	require.Zero(t, perSecond(20, 0))
}

func TestShorten(t *testing.T) {
	require.Equal(t, "größer", shorten("größer", 6))
	require.Equal(t, "größ…", shorten("größer", 5))
	require.Equal(t, "größer", shorten("größer", 0))
	require.Equal(t, "…", shorten("größer", 1))
	require.Equal(t, "…ößer", shortenFront("größer", 5, 0))
	require.Equal(t, "gr…er", shortenFront("größer", 5, 2))
	require.Equal(t, "größ…", shortenFront("größer", 5, 9))
	require.Equal(t, "größer", shortenFront("größer", 0, 1))
	require.Equal(t, "größer", shortenFront("größer", 6, 1))
	require.Equal(t, "…", shortenFront("größer", 1, 1))
}

func TestPrintableKeepsEscapesOffTheTerminal(t *testing.T) {
	require.Equal(t, "a\uFFFD[31mb\uFFFDc", printable("a\x1b[31mb\xffc"))
	require.Equal(t, "1; 2; 3; 4", oneLine(errors.New("1\n2\n3\n4")))
	require.Equal(t, "1; 2; 3; and more of the kind", oneLine(errors.New("1\n2\n3\n4\n5")))
	require.Equal(t, "first; second\uFFFDx", oneLine(errors.Join(errors.New("first"), errors.New("second\tx"))))
}

func TestPrintTable(t *testing.T) {
	var b bytes.Buffer
	columns := []column{{name: "tensor", cut: true}, {name: "n", right: true}}
	rows := [][]string{{"blk.0.attn_q.weight", "5"}, {"größe", "1234"}}
	require.NoError(t, printTable(&b, 0, columns, rows))
	require.Equal(t, "tensor                  n\nblk.0.attn_q.weight     5\ngröße                1234\n", b.String())

	b.Reset()
	require.NoError(t, printTable(&b, 20, columns, rows))
	for line := range strings.Lines(b.String()) {
		require.LessOrEqual(t, len([]rune(strings.TrimSuffix(line, "\n"))), 20, line)
	}
	require.Contains(t, b.String(), "blk.0.attn_q.…")

	b.Reset()
	columns[0].front = true
	require.NoError(t, printTable(&b, 20, columns, rows))
	require.Contains(t, b.String(), "…attn_q.weight     5\n")

	b.Reset()
	columns[1].spare = true
	require.NoError(t, printTable(&b, 20, columns, rows))
	require.Equal(t, "tensor\nblk.0.attn_q.weight\ngröße\n", b.String())
	require.Len(t, rows[0], 2, "the caller's")
}

func TestReport(t *testing.T) {
	cmd := &cobra.Command{Use: "bitnet"}
	for name, tt := range map[string]struct {
		err  error
		code int
		want string
	}{
		"success":     {nil, 0, ""},
		"error":       {errors.New("what and where\nand more"), 1, "bitnet: what and where; and more\n"},
		"usage":       {usagef("what"), 2, "bitnet: what\nRun 'bitnet --help' for usage.\n"},
		"interrupted": {fmt.Errorf("x: %w", context.Canceled), 130, ""},
		"closed pipe": {fmt.Errorf("x: %w", syscall.EPIPE), 141, ""},
	} {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			require.Equal(t, tt.code, report(&Streams{Err: &b}, cmd, tt.err))
			require.Equal(t, tt.want, b.String())
		})
	}
}

func TestReportPanic(t *testing.T) {
	t.Setenv("BITNET_DEBUG", "")
	var b bytes.Buffer
	s := &Streams{Err: &b}
	reportPanic(s, "tensor: Slice range", false)
	require.Equal(t, "bitnet: internal error: tensor: Slice range; please report it with the command line (BITNET_DEBUG=1 shows where)\n", b.String())

	b.Reset()
	reportPanic(s, "x", true)
	require.Contains(t, b.String(), "TestReportPanic")
	b.Reset()
	t.Setenv("BITNET_DEBUG", "1")
	reportPanic(s, "x", false)
	require.Contains(t, b.String(), "TestReportPanic")
}

func TestProgress(t *testing.T) {
	var b bytes.Buffer
	silent := newProgress(&Streams{Err: &b})
	silent.start = time.Now().Add(-time.Hour)
	silent.set("%d", 1)
	silent.later("x")
	silent.done()
	require.Empty(t, b.String(), "nothing goes to a file or pipe")

	p := newProgress(&Streams{Err: &b, ErrTTY: true})
	p.set("too early")
	require.Empty(t, b.String())
	p.start = time.Now().Add(-patience)
	p.set("token %d", 1)
	p.set("too soon after the last")
	require.Equal(t, "\r\x1b[Ktoken 1", b.String())
	p.done()
	require.Equal(t, "\r\x1b[Ktoken 1\r\x1b[K", b.String())
	p.done()
	require.Equal(t, "\r\x1b[Ktoken 1\r\x1b[K", b.String(), "there is nothing left to take away")
}

// TestFullDisk: what cannot be printed is an error of every command, also of those that print
// line by line.
func TestFullDisk(t *testing.T) {
	for _, c := range []struct {
		args []string
		code int
	}{
		{[]string{"version"}, exitError},
		{[]string{"--help"}, exitError},
		{[]string{"show", "fable", "--tensors"}, exitError},
		{[]string{"diff", "fable", "fable"}, exitTrouble},
	} {
		var errs bytes.Buffer
		code := execute(t.Context(), c.args, &Streams{In: strings.NewReader(""), Out: full{}, Err: &errs})
		require.Equal(t, c.code, code, c.args)
		require.Equal(t, "bitnet: no space left on device\n", errs.String())
	}
}

// full is a disk without room.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }
