//go:build linux && amd64 && !purego

package isaemu

import (
	"encoding/binary"
	"fmt"

	"golang.org/x/sys/unix"
)

// A processor is what instructions work on: one thread of the traced program.
type processor struct {
	gpr   [16]uint64
	next  uint64 // address of the instruction behind the one at hand
	vec   vectors
	mem   memory
	tiles *tiles
}

// vectors gives the low 256 bits of the vector registers.
type vectors interface {
	ymm(i int) ([32]byte, error)

	// setYMM zeroes the bits of register i above 256, as VEX instructions do.
	setYMM(i int, v [32]byte) error
}

// memory is the program's. Both fail if the program itself could not.
type memory interface {
	read(p []byte, addr uint64) error
	write(p []byte, addr uint64) error
}

// A fault is a signal that the program gets in place of the instruction's result.
type fault struct {
	signal unix.Signal
	reason string
}

func (f *fault) Error() string { return f.reason }

func undefined(format string, args ...any) error {
	return &fault{unix.SIGILL, fmt.Sprintf(format, args...)}
}

func protection(format string, args ...any) error {
	return &fault{unix.SIGSEGV, fmt.Sprintf(format, args...)}
}

// address is the memory operand's, without its index if that is a stride.
func (c *processor) address(in inst, indexed bool) uint64 {
	addr := uint64(in.disp)
	if in.rip {
		addr += c.next
	}
	if in.base != none {
		addr += c.gpr[in.base]
	}
	if indexed {
		addr += c.stride(in)
	}
	return addr
}

// stride is the index, scaled: the distance of a tile's rows in memory.
func (c *processor) stride(in inst) uint64 {
	if in.index == none {
		return 0
	}
	return c.gpr[in.index] * uint64(in.scale)
}

// exec does what in does. If it fails with a fault, nothing has changed but
// perhaps memory.
func (c *processor) exec(in inst) error {
	switch in.op {
	case vpdpbusd:
		return c.vpdpbusd(in)
	case ldtilecfg:
		var config [64]byte
		if err := c.mem.read(config[:], c.address(in, true)); err != nil {
			return err
		}
		return c.tiles.configure(&config)
	case sttilecfg:
		config := c.tiles.configuration()
		return c.mem.write(config[:], c.address(in, true))
	case tilerelease:
		*c.tiles = tiles{}
		return nil
	case tilezero:
		return c.tiles.zero(in.reg)
	case tileload:
		return c.tiles.load(in.reg, c.mem, c.address(in, false), c.stride(in))
	case tilestore:
		return c.tiles.store(in.reg, c.mem, c.address(in, false), c.stride(in))
	case tdpbuud, tdpbusd, tdpbsud, tdpbssd:
		return c.tiles.dot(in.op, in.reg, in.rm, in.vvvv)
	}
	panic("isaemu: exec op")
}

// vpdpbusd adds to each 32-bit lane of reg the four products of unsigned bytes of
// vvvv and signed bytes of rm, wrapping.
func (c *processor) vpdpbusd(in inst) error {
	n := 16
	if in.wide {
		n = 32
	}
	acc, err := c.vec.ymm(in.reg)
	if err != nil {
		return err
	}
	u, err := c.vec.ymm(in.vvvv)
	if err != nil {
		return err
	}
	var s [32]byte
	if in.mem {
		err = c.mem.read(s[:n], c.address(in, true))
	} else {
		s, err = c.vec.ymm(in.rm)
	}
	if err != nil {
		return err
	}
	var dst [32]byte
	for i := 0; i < n; i += 4 {
		sum := int32(binary.LittleEndian.Uint32(acc[i:]))
		for j := i; j < i+4; j++ {
			sum += int32(u[j]) * int32(int8(s[j]))
		}
		binary.LittleEndian.PutUint32(dst[i:], uint32(sum))
	}
	return c.vec.setYMM(in.reg, dst)
}
