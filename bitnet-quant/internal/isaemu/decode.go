//go:build linux && amd64 && !purego

package isaemu

import "encoding/binary"

type op uint8

const (
	vpdpbusd op = iota
	ldtilecfg
	sttilecfg
	tilerelease
	tilezero
	tileload
	tilestore
	tdpbuud
	tdpbusd
	tdpbsud
	tdpbssd
)

var opNames = [...]string{
	"VPDPBUSD", "LDTILECFG", "STTILECFG", "TILERELEASE", "TILEZERO", "TILELOADD", "TILESTORED",
	"TDPBUUD", "TDPBUSD", "TDPBSUD", "TDPBSSD",
}

func (o op) String() string { return opNames[o] }

// amx reports whether o belongs to AMX, the other extension being AVX-VNNI.
func (o op) amx() bool { return o != vpdpbusd }

// none stands for a base or index register that an address does not have.
const none = -1

// An inst is a decoded instruction. Registers are numbered as encoded: 0 to 15
// are AX, CX, DX, BX, SP, BP, SI, DI, R8 to R15.
type inst struct {
	op   op
	len  int  // bytes
	wide bool // 256 bits, of VPDPBUSD

	reg, rm, vvvv int // register operands; rm only if !mem
	mem           bool
	base, index   int
	scale         int // of the index: 1, 2, 4, 8
	disp          int64
	rip           bool // disp counts from the next instruction
}

// decode decodes the instruction at the start of code. It reports false for what
// the package does not emulate, invalid forms of its instructions included.
func decode(code []byte) (in inst, ok bool) {
	// C4, then ~R ~X ~B and the opcode map (2: 0F38), then W ~vvvv L pp.
	if len(code) < 5 || code[0] != 0xc4 || code[1]&0x1f != 2 || code[2]&0x80 != 0 {
		return in, false
	}
	r, x, b := ^code[1]>>7&1, ^code[1]>>6&1, ^code[1]>>5&1
	pp, opcode, modrm := code[2]&3, code[3], code[4]
	in.vvvv = int(^code[2] >> 3 & 15)
	in.wide = code[2]&4 != 0
	in.reg = int(modrm>>3&7 | r<<3)
	in.mem = modrm < 0xc0
	in.len = 5
	if in.mem {
		if !in.address(code, x, b) {
			return in, false
		}
	} else {
		in.rm = int(modrm&7 | b<<3)
	}
	if opcode == 0x50 {
		in.op = vpdpbusd
		return in, pp == pp66
	}
	return in, in.tileOp(opcode, pp) && !in.wide
}

// The mandatory prefix that field pp stands for.
const (
	ppNone = iota
	pp66
	ppF3
	ppF2
)

// tileOp sets op, of the instructions whose operands are tiles.
func (in *inst) tileOp(opcode, pp byte) bool {
	sib := in.mem && !in.rip && in.len > 5 && in.scale > 0
	switch opcode {
	case 0x49:
		switch {
		case in.vvvv != 0:
			return false
		case in.mem && in.reg == 0 && pp == ppNone:
			in.op = ldtilecfg
		case in.mem && in.reg == 0 && pp == pp66:
			in.op = sttilecfg
		case !in.mem && in.reg == 0 && in.rm == 0 && pp == ppNone:
			in.op = tilerelease
		case !in.mem && in.reg < 8 && in.rm == 0 && pp == ppF2:
			in.op = tilezero
		default:
			return false
		}
		return true
	case 0x4b:
		in.op = tileload // pp66 is TILELOADDT1, the same but for a hint
		if pp == ppF3 {
			in.op = tilestore
		}
		return sib && in.reg < 8 && in.vvvv == 0 && pp != ppNone
	case 0x5e:
		in.op = [...]op{ppNone: tdpbuud, pp66: tdpbusd, ppF3: tdpbsud, ppF2: tdpbssd}[pp]
		return !in.mem && in.reg < 8 && in.rm < 8 && in.vvvv < 8
	}
	return false
}

// address decodes the memory operand that begins with the ModRM byte code[4].
// scale stays 0 if there is no SIB byte.
func (in *inst) address(code []byte, x, b byte) bool {
	mod, rm := code[4]>>6, code[4]&7
	in.base, in.index = int(rm|b<<3), none
	if rm == 4 {
		if len(code) < 6 {
			return false
		}
		sib := code[5]
		in.len, in.scale = 6, 1<<(sib>>6)
		if in.index = int(sib>>3&7 | x<<3); in.index == 4 {
			in.index = none
		}
		rm = sib & 7
		in.base = int(rm | b<<3)
	}
	size := [...]int{0, 1, 4}[mod]
	if mod == 0 && rm == 5 {
		size, in.base, in.rip = 4, none, in.scale == 0
	}
	if len(code) < in.len+size {
		return false
	}
	switch tail := code[in.len:]; size {
	case 1:
		in.disp = int64(int8(tail[0]))
	case 4:
		in.disp = int64(int32(binary.LittleEndian.Uint32(tail)))
	}
	in.len += size
	return true
}
