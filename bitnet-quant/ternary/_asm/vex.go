package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mmcloughlin/avo/ir"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/pass"
	"github.com/mmcloughlin/avo/reg"
)

// The Go assembler knows VPDPBUSD with the EVEX prefix of AVX-512 only, and
// nothing of AMX. Such instructions are written like any other here, and once
// their registers are known this pass replaces them by their bytes.
func init() {
	pass.Compile = pass.Concat(pass.Compile, pass.FunctionPass(encodeFunction))
}

// onlyVEX marks, by their names, the functions for CPUs without AVX-512.
const onlyVEX = "AVXVNNI"

func encodeFunction(fn *ir.Function) error {
	for _, i := range fn.Instructions() {
		code, ok := opcodes[i.Opcode]
		if !ok || i.Opcode == "VPDPBUSD" && !strings.Contains(fn.Name, onlyVEX) {
			continue
		}
		ops, err := parse(i.Operands)
		if err == nil {
			err = encode(i, code, ops)
		}
		if err != nil {
			return fmt.Errorf("%s: %s: %w", fn.Name, i.Opcode, err)
		}
	}
	return nil
}

// An opcode is an instruction of opcode map 0F38: mandatory prefix, opcode byte,
// and what the fields of its operands are called in the manual.
type opcode struct {
	pp, op byte
	fields string // of the operands in Go's order: r ModRM.reg, m ModRM.rm, v VEX.vvvv
}

const (
	ppNone = iota
	pp66
	ppF3
	ppF2
)

var opcodes = map[string]opcode{
	"VPDPBUSD":    {pp66, 0x50, "mvr"},
	"LDTILECFG":   {ppNone, 0x49, "m"},
	"TILERELEASE": {ppNone, 0x49, ""},
	"TILEZERO":    {ppF2, 0x49, "r"},
	"TILELOADD":   {ppF2, 0x4b, "mr"},
	"TILESTORED":  {ppF3, 0x4b, "rm"},
	"TDPBSSD":     {ppF2, 0x5e, "vmr"},
}

// A field is an operand: a register, by number, or memory.
type field struct {
	reg  byte
	wide bool // 256 bits
	mem  *operand.Mem
	name string
}

func parse(ops []operand.Op) (fields []field, err error) {
	for _, op := range ops {
		var f field
		switch op := op.(type) {
		case operand.Mem:
			f = field{mem: &op, name: op.Asm()}
		case operand.U8: // a tile
			f = field{reg: byte(op), name: fmt.Sprintf("TMM%d", op)}
		case reg.Register:
			var n int
			if _, err := fmt.Sscanf(op.Asm(), "Y%d", &n); err != nil || n > 15 {
				return nil, fmt.Errorf("operand %s has no VEX encoding", op.Asm())
			}
			f = field{reg: byte(n), wide: true, name: op.Asm()}
		default:
			return nil, fmt.Errorf("operand %T", op)
		}
		fields = append(fields, f)
	}
	return fields, nil
}

func encode(i *ir.Instruction, code opcode, fields []field) error {
	if len(fields) != len(code.fields) {
		return fmt.Errorf("%d operands, want %d", len(fields), len(code.fields))
	}
	var r, v byte
	var m field
	var names []string
	wide := byte(0)
	for n, f := range fields {
		switch code.fields[n] {
		case 'r':
			r = f.reg
		case 'v':
			v = f.reg
		case 'm':
			m = f
		}
		if f.wide {
			wide = 1
		}
		names = append(names, f.name)
	}
	modrm, x, b, err := modRM(m)
	if err != nil {
		return err
	}
	modrm[0] |= r & 7 << 3
	bytes := slices.Concat([]byte{
		0xc4,
		^(r>>3<<7|x<<6|b<<5)&0xe0 | 2,
		^v&15<<3 | wide<<2 | code.pp,
		code.op,
	}, modrm)
	var out []string
	for _, c := range bytes {
		out = append(out, fmt.Sprintf("BYTE $0x%02x", c))
	}
	comment := strings.TrimSpace(i.Opcode + " " + strings.Join(names, ", "))
	i.Opcode, i.Operands = strings.Join(out, "; ")+" // "+comment, nil
	return nil
}

// modRM encodes a register or memory operand: the ModRM byte without its reg
// field, SIB, displacement, and the bits that extend index and base.
func modRM(m field) (code []byte, x, b byte, err error) {
	if m.mem == nil {
		return []byte{0xc0 | m.reg&7}, 0, m.reg >> 3, nil
	}
	if m.mem.Symbol.Name != "" || m.mem.Base == nil {
		return nil, 0, 0, fmt.Errorf("address %s", m.name)
	}
	base, index, scale := number(m.mem.Base), byte(4), byte(0) // 4: no index
	if m.mem.Index != nil {
		index = number(m.mem.Index)
		scale = map[uint8]byte{1: 0, 2: 1, 4: 2, 8: 3}[m.mem.Scale]
	}
	mod, disp := byte(2), m.mem.Disp // a displacement of 32 bits is always right
	if disp >= -128 && disp < 128 {
		mod = 1
	}
	code = []byte{mod<<6 | 4, scale<<6 | index&7<<3 | base&7, byte(disp)}
	if mod == 2 {
		code = append(code, byte(disp>>8), byte(disp>>16), byte(disp>>24))
	}
	return code, index >> 3, base >> 3, nil
}

// number is that of a 64-bit general register in encodings.
func number(r reg.Register) byte {
	names := []string{
		"AX", "CX", "DX", "BX", "SP", "BP", "SI", "DI",
		"R8", "R9", "R10", "R11", "R12", "R13", "R14", "R15",
	}
	n := slices.Index(names, r.Asm())
	if n < 0 {
		panic("register " + r.Asm() + " in an address")
	}
	return byte(n)
}
