package memory

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// childEnv names what a child, which is this test program started again, is to do.
const childEnv = "BITNET_MEMORY_TEST_CHILD"

var children = map[string]func(path string) error{
	"update":  updateShared,
	"inherit": updateInherited,
	"map":     mapAndWait,
}

func TestMain(m *testing.M) {
	if run, ok := children[os.Getenv(childEnv)]; ok {
		if err := run(os.Args[1]); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// child returns the command that starts this program to do what is named.
func child(t *testing.T, name, path string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.Command(self, path)
	cmd.Env = append(os.Environ(), childEnv+"="+name)
	return cmd
}

// skipUnstarted skips the test if err says that this program cannot be started: in an
// emulator of another processor, which ends at the boundary of the process.
func skipUnstarted(t *testing.T, err error) {
	t.Helper()
	if errors.Is(err, syscall.ENOEXEC) {
		t.Skip("this CPU is emulated, and the system starts no other program for it")
	}
}

func updateShared(path string) error {
	b, err := OpenShared(path, ReadWrite)
	if err != nil {
		return err
	}
	return update(b)
}

func updateInherited(string) error {
	f := os.NewFile(3, "inherited")
	b, err := MapShared(f, ReadWrite)
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return update(b)
}

// update answers what the parent wrote.
func update(b Buffer) error {
	if text := string(b.Bytes()[:8]); text != "question" {
		return fmt.Errorf("%d bytes begin with %q", b.Len(), text)
	}
	copy(b.Bytes()[b.Len()-6:], "answer")
	b.Release()
	return nil
}

// mapAndWait reads a file through a mapping, says so, and keeps it until its standard
// input ends.
func mapAndWait(path string) error {
	b, err := MapFile(path)
	if err != nil {
		return err
	}
	sum := 0
	for i := 0; i < b.Len(); i += os.Getpagesize() {
		sum += int(b.Bytes()[i])
	}
	fmt.Println("mapped", sum)
	_, err = io.Copy(io.Discard, os.Stdin)
	b.Release()
	return err
}

func newShared(t *testing.T, n int) *Shared {
	t.Helper()
	s, err := NewShared(n)
	if errors.Is(err, errors.ErrUnsupported) {
		t.Skip(err)
	}
	require.NoError(t, err)
	return s
}

// TestShared: another process that opens the path, and one that inherits the file,
// see what is written here, and the other way round.
func TestShared(t *testing.T) {
	for _, name := range []string{"update", "inherit"} {
		t.Run(name, func(t *testing.T) {
			const n = 3<<20 + 5
			s := newShared(t, n)
			data := s.Buffer().Bytes()
			require.Equal(t, make([]byte, n), data)
			copy(data, "question")
			cmd := child(t, name, s.Path())
			if name == "inherit" {
				if runtime.GOOS == "windows" {
					t.Skip("children inherit no files there")
				}
				cmd.ExtraFiles = []*os.File{s.File()}
			}
			out, err := cmd.CombinedOutput()
			skipUnstarted(t, err)
			require.NoError(t, err, string(out))
			require.Equal(t, "answer", string(data[n-6:]))
			require.NoError(t, s.Close())
		})
	}
}

// TestSharedOutlives: mappings stay when the memory they are of is closed.
func TestSharedOutlives(t *testing.T) {
	s := newShared(t, 100)
	reader, err := OpenShared(s.Path(), ReadOnly)
	require.NoError(t, err)
	writer, err := OpenShared(s.Path(), ReadWrite)
	require.NoError(t, err)
	own := s.Buffer().Retain()
	path := s.Path()
	if runtime.GOOS != "windows" { // which keeps a mapped file from being removed
		require.NoError(t, s.Close())
		_, err = OpenShared(path, ReadOnly)
		require.ErrorIs(t, err, os.ErrNotExist)
	}
	writer.Bytes()[7] = 42
	require.Equal(t, byte(42), reader.Bytes()[7])
	require.Equal(t, byte(42), own.Bytes()[7])
	for _, b := range []Buffer{reader, writer, own} {
		b.Release()
	}
	if runtime.GOOS == "windows" {
		require.NoError(t, s.Close())
	}
}

func TestSharedEmpty(t *testing.T) {
	s := newShared(t, 0)
	require.Zero(t, s.Buffer().Len())
	require.NoError(t, s.Close())
}

func TestSharedRefuses(t *testing.T) {
	require.PanicsWithValue(t, "memory: NewShared negative size", func() { NewShared(-1) })
	_, err := NewShared(math.MaxInt)
	require.ErrorContains(t, err, "more than this machine can address")
	_, err = OpenShared(t.TempDir(), ReadOnly)
	require.ErrorContains(t, err, "is a directory, want a file")
	_, err = OpenShared(filepath.Join(t.TempDir(), "none"), ReadWrite)
	require.ErrorIs(t, err, os.ErrNotExist)
}

// TestOpenSharedFile: a file is changed by what is written to its shared mapping, and
// only if that was asked for.
func TestOpenSharedFile(t *testing.T) {
	newShared(t, 1).Close() // or skip
	path := filepath.Join(t.TempDir(), "f")
	require.NoError(t, os.WriteFile(path, []byte("before"), 0o600))
	b, err := OpenShared(path, ReadWrite)
	require.NoError(t, err)
	copy(b.Bytes(), "after ")
	b.Forget(b.Bytes())
	require.Equal(t, "after ", string(b.Bytes()))
	b.Release()
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "after ", string(data))

	f, err := os.Open(path)
	require.NoError(t, err)
	defer f.Close()
	_, err = MapShared(f, ReadWrite)
	require.ErrorIs(t, err, os.ErrPermission, "it is open for reading")
	b, err = MapShared(f, ReadOnly)
	require.NoError(t, err)
	require.Equal(t, "after ", string(b.Bytes()))
	b.Release()
}

// startMapping starts a process that maps the file at path and returns it when it has
// read all of it. It ends with the test.
func startMapping(t *testing.T, path string) *exec.Cmd {
	t.Helper()
	cmd := child(t, "map", path)
	stdin, err := cmd.StdinPipe()
	require.NoError(t, err)
	stdout, err := cmd.StdoutPipe()
	require.NoError(t, err)
	err = cmd.Start()
	skipUnstarted(t, err)
	require.NoError(t, err)
	t.Cleanup(func() {
		require.NoError(t, stdin.Close())
		require.NoError(t, cmd.Wait())
	})
	line, err := bufio.NewReader(stdout).ReadString('\n')
	require.NoError(t, err)
	require.Contains(t, line, "mapped")
	return cmd
}
