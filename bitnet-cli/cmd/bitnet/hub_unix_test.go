//go:build unix

package main_test

import (
	"bytes"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-inference/hub/hubtest"
)

// TestPullInterrupted: Ctrl-C keeps what came, says how to go on, and the next pull asks for the rest only.
func TestPullInterrupted(t *testing.T) {
	data := make([]byte, 20<<20)
	rand.NewChaCha8([32]byte{2}).Read(data)
	p := newPlace(t, hubtest.Repo{Name: "org/model", Licence: "mit", Files: []hubtest.File{{Path: "model.gguf", Data: data, LFS: true}}})
	p.Inject(hubtest.Fault{Host: "cdn", File: "*", StallAfter: 2 << 20})
	cmd := command(t, "pull", "hf.co/org/model")
	cmd.Env = append(cmd.Env, p.env...)
	var errs bytes.Buffer
	cmd.Stderr = &errs
	require.NoError(t, cmd.Start())
	part := filepath.Join(p.store, "models--org--model", "blobs", "*.part")
	require.Eventually(t, func() bool { // three parts of 8 MiB begin, and of each come two
		found, err := filepath.Glob(part)
		if err != nil || len(found) != 1 {
			return false
		}
		var file syscall.Stat_t
		return syscall.Stat(found[0], &file) == nil && file.Blocks*512 >= 6<<20
	}, time.Minute, 50*time.Millisecond)
	time.Sleep(300 * time.Millisecond) // what was written is counted
	require.NoError(t, cmd.Process.Signal(os.Interrupt))
	require.Error(t, cmd.Wait())
	require.Equal(t, 130, cmd.ProcessState.ExitCode())
	require.Equal(t, "bitnet: stopped with 6.00 MiB of 20.0 MiB; bitnet pull hf.co/org/model goes on from there\n", errs.String())
	require.Equal(t, "[]\n", p.succeeds(t, "list", "--json"))

	p.Forget()
	require.Regexp(t, `(?m)^model.gguf +20.0 MiB +6.00 MiB$`, p.succeeds(t, "pull", "hf.co/org/model"))
	require.Equal(t, int64(14<<20), p.Sent("model.gguf"))
}

// TestPullPermission: a store that may not be written is one line.
func TestPullPermission(t *testing.T) {
	p := newPlace(t, models(t)...)
	require.NoError(t, os.WriteFile(p.store, nil, 0o644))
	failsInOneLine(t, p.bitnet(t, nil, "pull", tinyRepo), p.store, syscall.ENOTDIR.Error())
	cmd := command(t, "pull", tinyRepo, "--json")
	if os.Getuid() == 0 { // to whom nothing is forbidden, but for this
		setpriv, err := exec.LookPath("setpriv")
		if err != nil {
			t.Skip("nothing is forbidden to root, and there is no setpriv")
		}
		cmd.Args = append([]string{setpriv, "--bounding-set=-dac_override", cmd.Path}, cmd.Args[1:]...)
		cmd.Path = setpriv
	}
	require.NoError(t, os.Remove(p.store))
	require.NoError(t, os.Mkdir(p.store, 0o555))
	r := p.run(cmd, nil)
	failsInOneLine(t, r, p.store, syscall.EACCES.Error())
	requireRow(t, "a store that may not be written", "`"+strings.TrimSpace(p.plain(r.err))+"`")
}
