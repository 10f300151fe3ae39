//go:build linux && amd64 && !purego

package isaemu

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Levels are the names of package simd for what is emulated. A program that runs
// under Run finds them in the environment variable BITNET_SIMD_EMULATED.
const Levels = "avxvnni,amx"

// Run starts cmd, emulates for it until it ends, and returns its exit status, 128
// and the signal's number if a signal ended it. The reasons of faults go to log,
// and what signals yields, if it is not nil, is sent to the program.
//
// It uses the calling thread for all of it. The caller has no other children.
func Run(cmd *exec.Cmd, log io.Writer, signals <-chan os.Signal) (status int, err error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	x, err := newXState()
	if err != nil {
		return 0, err
	}
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Ptrace = true
	cmd.Env = append(cmd.Environ(), "BITNET_SIMD_EMULATED="+Levels)
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	root := cmd.Process.Pid
	var ws unix.WaitStatus
	if _, err := unix.Wait4(root, &ws, 0, nil); err != nil {
		return 0, fmt.Errorf("isaemu: waiting for process %d to start: %w", root, err)
	}
	if !ws.Stopped() {
		return 0, fmt.Errorf("isaemu: process %d was not stopped at its start", root)
	}
	const options = unix.PTRACE_O_EXITKILL | unix.PTRACE_O_TRACECLONE | unix.PTRACE_O_TRACEFORK |
		unix.PTRACE_O_TRACEVFORK | unix.PTRACE_O_TRACEEXEC
	if err := unix.PtraceSetOptions(root, options); err != nil {
		return 0, fmt.Errorf("isaemu: tracing process %d: %w", root, err)
	}
	ended := make(chan struct{})
	defer close(ended)
	go forward(cmd.Process, signals, ended)
	t := tracer{x: x, log: log, threads: map[int]*thread{root: {started: true}}}
	if err := t.resume(root, 0); err != nil {
		return 0, err
	}
	return t.loop(root)
}

func forward(p *os.Process, signals <-chan os.Signal, ended <-chan struct{}) {
	for {
		select {
		case <-ended:
			return
		case s := <-signals:
			_ = p.Signal(s) // it fails if the program has just ended
		}
	}
}

type thread struct {
	started bool // the stop of a new thread has been seen
	tiles   tiles
}

type tracer struct {
	x       *xstate
	log     io.Writer
	threads map[int]*thread
}

// loop handles the stops of all threads until process root ends.
func (t *tracer) loop(root int) (status int, err error) {
	for {
		var ws unix.WaitStatus
		tid, err := unix.Wait4(-1, &ws, unix.WALL, nil)
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case err != nil:
			return 0, fmt.Errorf("isaemu: waiting: %w", err)
		case !ws.Stopped():
			delete(t.threads, tid)
			switch {
			case tid != root:
			case ws.Signaled():
				return 128 + int(ws.Signal()), nil
			default:
				return ws.ExitStatus(), nil
			}
			continue
		}
		th := t.threads[tid]
		if th == nil {
			th = &thread{}
			t.threads[tid] = th
		}
		signal := ws.StopSignal()
		switch {
		case signal == unix.SIGTRAP && ws.TrapCause() > 0: // news of clone, fork or exec
			signal = 0
			if ws.TrapCause() == unix.PTRACE_EVENT_EXEC {
				th.tiles = tiles{}
			}
		case signal == unix.SIGSTOP && !th.started: // how a new thread begins
			signal, th.started = 0, true
		case signal == unix.SIGILL:
			signal, err = t.emulate(tid, th)
			if errors.Is(err, unix.ESRCH) {
				continue // killed while it was stopped
			}
			if err != nil {
				return 0, err
			}
		}
		if err := t.resume(tid, signal); err != nil {
			return 0, err
		}
	}
}

// resume lets a thread go on. That it was killed meanwhile is no error.
func (t *tracer) resume(tid int, signal unix.Signal) error {
	if err := unix.PtraceCont(tid, int(signal)); err != nil && !errors.Is(err, unix.ESRCH) {
		return fmt.Errorf("isaemu: resuming thread %d: %w", tid, err)
	}
	return nil
}

// emulate handles a thread that was stopped by SIGILL and returns the signal that
// it gets: none if the instruction was emulated. Instructions of the same
// extension that follow directly are done in one go, since every stop costs more
// than they do.
func (t *tracer) emulate(tid int, th *thread) (unix.Signal, error) {
	if sent, err := sentByProcess(tid); err != nil || sent {
		return unix.SIGILL, err
	}
	var regs unix.PtraceRegs
	if err := unix.PtraceGetRegs(tid, &regs); err != nil {
		return 0, fmt.Errorf("isaemu: registers of thread %d: %w", tid, err)
	}
	mem := processMemory(tid)
	t.x.reset(tid)
	c := processor{gpr: general(&regs), vec: t.x, mem: mem, tiles: &th.tiles}
	var buffer [128]byte
	code := mem.code(buffer[:], regs.Rip)
	first, ok := decode(code)
	if !ok {
		return unix.SIGILL, nil
	}
	signal := unix.Signal(0)
	for in := first; ok && in.op.amx() == first.op.amx(); in, ok = decode(code) {
		c.next = regs.Rip + uint64(in.len)
		if err := c.exec(in); err != nil {
			var f *fault
			if !errors.As(err, &f) {
				return 0, err
			}
			fmt.Fprintf(t.log, "isaemu: %v at %#x: %v\n", in.op, regs.Rip, err)
			signal = f.signal
			break
		}
		regs.Rip, code = c.next, code[in.len:]
	}
	if err := t.x.flush(); err != nil {
		return 0, err
	}
	if err := unix.PtraceSetRegs(tid, &regs); err != nil {
		return 0, fmt.Errorf("isaemu: registers of thread %d: %w", tid, err)
	}
	return signal, nil
}

// sentByProcess reports whether the signal that stopped a thread comes from a
// system call and not from the processor.
func sentByProcess(tid int) (bool, error) {
	var info [128]byte // siginfo_t: si_signo, si_errno, si_code, …
	_, _, errno := unix.Syscall6(unix.SYS_PTRACE, unix.PTRACE_GETSIGINFO, uintptr(tid), 0,
		uintptr(unsafe.Pointer(&info)), 0, 0)
	if errno != 0 {
		return false, fmt.Errorf("isaemu: signal of thread %d: %w", tid, errno)
	}
	return *(*int32)(unsafe.Pointer(&info[8])) <= 0, nil
}

// general lists the general registers by their numbers in instructions.
func general(r *unix.PtraceRegs) [16]uint64 {
	return [16]uint64{
		r.Rax, r.Rcx, r.Rdx, r.Rbx, r.Rsp, r.Rbp, r.Rsi, r.Rdi,
		r.R8, r.R9, r.R10, r.R11, r.R12, r.R13, r.R14, r.R15,
	}
}
