//go:build linux && amd64 && !purego

package isaemu

import (
	"encoding/binary"
	"errors"
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// cpuid returns the values that instruction CPUID gives for eax and ecx.
//
//go:noescape
func cpuid(eaxIn, ecxIn uint32) (eax, ebx, ecx, edx uint32)

// Parts of the XSAVE area of a thread, by byte. Those behind the header, at 576,
// have their place told by CPUID.
const (
	xmmArea    = 160
	headerArea = 512 // begins with the bits of components not in their initial state

	avxComponent   = 2 // bits 128 to 255 of the registers
	upperComponent = 6 // bits 256 to 511 of registers 0 to 15

	noteXState = 0x202 // NT_X86_XSTATE
)

// xstate holds the vector registers of a stopped thread, read when they are first
// asked for.
type xstate struct {
	tid   int
	area  []byte // the whole buffer
	state []byte // of which the kernel filled this; nil until read
	dirty bool
	avx   int // where in area the components are
	upper int // 0 if the CPU does not have them
}

func newXState() (*xstate, error) {
	_, _, size, _ := cpuid(0xd, 0)
	_, avx, _, _ := cpuid(0xd, avxComponent)
	_, upper, _, _ := cpuid(0xd, upperComponent)
	if avx == 0 {
		return nil, errors.New("isaemu: this CPU has no AVX")
	}
	return &xstate{area: make([]byte, size), avx: int(avx), upper: int(upper)}, nil
}

// reset turns to another stopped thread, or to the same one after it ran.
func (x *xstate) reset(tid int) { x.tid, x.state, x.dirty = tid, nil, false }

func (x *xstate) regset(request int, buffer []byte) (int, error) {
	vector := unix.Iovec{Base: &buffer[0]}
	vector.SetLen(len(buffer))
	_, _, errno := unix.Syscall6(unix.SYS_PTRACE, uintptr(request), uintptr(x.tid), noteXState,
		uintptr(unsafe.Pointer(&vector)), 0, 0)
	if errno != 0 {
		return 0, fmt.Errorf("isaemu: vector registers of thread %d: %w", x.tid, errno)
	}
	return int(vector.Len), nil
}

func (x *xstate) fetch() error {
	if x.state != nil {
		return nil
	}
	n, err := x.regset(unix.PTRACE_GETREGSET, x.area)
	if err != nil {
		return err
	}
	if n < x.avx+16*16 {
		return fmt.Errorf("isaemu: the kernel knows %d bytes of vector registers, want %d", n, x.avx+16*16)
	}
	x.state = x.area[:n]
	return nil
}

// flush writes changed registers back.
func (x *xstate) flush() error {
	if !x.dirty {
		return nil
	}
	x.dirty = false
	_, err := x.regset(unix.PTRACE_SETREGSET, x.state)
	return err
}

func (x *xstate) ymm(i int) (v [32]byte, err error) {
	if err := x.fetch(); err != nil {
		return v, err
	}
	copy(v[:16], x.state[xmmArea+16*i:])
	copy(v[16:], x.state[x.avx+16*i:][:16])
	return v, nil
}

func (x *xstate) setYMM(i int, v [32]byte) error {
	if err := x.fetch(); err != nil {
		return err
	}
	x.dirty = true
	copy(x.state[xmmArea+16*i:], v[:16])
	copy(x.state[x.avx+16*i:], v[16:])
	if at := x.upper + 32*i; x.upper != 0 && at+32 <= len(x.state) {
		clear(x.state[at : at+32])
	}
	const sse = 1 << 1
	header := x.state[headerArea:]
	binary.LittleEndian.PutUint64(header, binary.LittleEndian.Uint64(header)|sse|1<<avxComponent)
	return nil
}

// A processMemory is the memory of a process or of one of its threads.
type processMemory int

func (p processMemory) transfer(call func(int, []unix.Iovec, []unix.RemoteIovec, uint) (int, error), b []byte, addr uint64) (int, error) {
	local := []unix.Iovec{{Base: &b[0]}}
	local[0].SetLen(len(b))
	return call(int(p), local, []unix.RemoteIovec{{Base: uintptr(addr), Len: len(b)}}, 0)
}

func (p processMemory) read(b []byte, addr uint64) error {
	if n, err := p.transfer(unix.ProcessVMReadv, b, addr); n < len(b) {
		return protection("reading %d bytes at %#x: %v", len(b), addr, err)
	}
	return nil
}

func (p processMemory) write(b []byte, addr uint64) error {
	if n, err := p.transfer(unix.ProcessVMWritev, b, addr); n < len(b) {
		return protection("writing %d bytes at %#x: %v", len(b), addr, err)
	}
	return nil
}

// code reads up to len(b) bytes: fewer where a page ends behind which there is none.
func (p processMemory) code(b []byte, addr uint64) []byte {
	n, err := p.transfer(unix.ProcessVMReadv, b, addr)
	if err != nil { // all or nothing: the call does not split one part
		inPage := 4096 - int(addr%4096)
		n, err = p.transfer(unix.ProcessVMReadv, b[:min(len(b), inPage)], addr)
	}
	if err != nil {
		return nil
	}
	return b[:n]
}
