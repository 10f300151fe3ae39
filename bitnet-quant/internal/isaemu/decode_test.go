//go:build linux && amd64 && !purego

package isaemu

import (
	"encoding/hex"
	"testing"

	"github.com/stretchr/testify/require"
)

func fromHex(t testing.TB, s string) []byte {
	b, err := hex.DecodeString(s)
	require.NoError(t, err)
	return b
}

// The encodings are those of llvm-mc 14 and GNU as 2.40.
func TestDecode(t *testing.T) {
	const (
		ax = iota
		cx
		dx
		bx
		sp
		bp
		si
		di
	)
	for _, tt := range []struct {
		code string
		want inst
	}{
		// vpdpbusd ymm0, ymm1, ymm2
		{"c4e27550c2", inst{op: vpdpbusd, wide: true, reg: 0, vvvv: 1, rm: 2}},
		// vpdpbusd xmm15, xmm14, xmm13
		{"c4420950fd", inst{op: vpdpbusd, reg: 15, vvvv: 14, rm: 13}},
		// vpdpbusd ymm8, ymm3, [rax]
		{"c462655000", inst{op: vpdpbusd, wide: true, reg: 8, vvvv: 3, mem: true, base: ax, index: none}},
		// vpdpbusd ymm1, ymm9, [r13+8*r12-4]
		{"c48235504ce5fc", inst{op: vpdpbusd, wide: true, reg: 1, vvvv: 9, mem: true, base: 13, index: 12, scale: 8, disp: -4}},
		// vpdpbusd ymm1, ymm9, [rsp+0x12345678]
		{"c4e235508c2478563412", inst{op: vpdpbusd, wide: true, reg: 1, vvvv: 9, mem: true, base: sp, index: none, scale: 1, disp: 0x12345678}},
		// vpdpbusd xmm7, xmm6, [rip-16]
		{"c4e249503df0ffffff", inst{op: vpdpbusd, reg: 7, vvvv: 6, mem: true, base: none, index: none, disp: -16, rip: true}},
		// vpdpbusd ymm7, ymm6, [4*rbp+256]
		{"c4e24d503cad00010000", inst{op: vpdpbusd, wide: true, reg: 7, vvvv: 6, mem: true, base: none, index: bp, scale: 4, disp: 256}},
		// vpdpbusd ymm7, ymm6, [r12]
		{"c4c24d503c24", inst{op: vpdpbusd, wide: true, reg: 7, vvvv: 6, mem: true, base: 12, index: none, scale: 1}},
		// vpdpbusd ymm7, ymm6, [rbp]
		{"c4e24d507d00", inst{op: vpdpbusd, wide: true, reg: 7, vvvv: 6, mem: true, base: bp, index: none}},
		// ldtilecfg [rdi]
		{"c4e2784907", inst{op: ldtilecfg, mem: true, base: di, index: none}},
		// ldtilecfg [r15+2*rcx+64]
		{"c4c27849444f40", inst{op: ldtilecfg, mem: true, base: 15, index: cx, scale: 2, disp: 64}},
		// sttilecfg [rsp-64]
		{"c4e279494424c0", inst{op: sttilecfg, mem: true, base: sp, index: none, scale: 1, disp: -64}},
		// tilerelease
		{"c4e27849c0", inst{op: tilerelease}},
		// tilezero tmm5
		{"c4e27b49e8", inst{op: tilezero, reg: 5}},
		// tileloadd tmm3, [rbx+r9]
		{"c4a27b4b1c0b", inst{op: tileload, reg: 3, mem: true, base: bx, index: 9, scale: 1}},
		// tileloadd tmm7, [r14+4*rsi-128]
		{"c4c27b4b7cb680", inst{op: tileload, reg: 7, mem: true, base: 14, index: si, scale: 4, disp: -128}},
		// tileloadd tmm0, [rcx]
		{"c4e27b4b0421", inst{op: tileload, mem: true, base: cx, index: none, scale: 1}},
		// tileloaddt1 tmm1, [rdx+rax+0x1000]
		{"c4e2794b8c0200100000", inst{op: tileload, reg: 1, mem: true, base: dx, index: ax, scale: 1, disp: 0x1000}},
		// tilestored [r8+8*r15], tmm6
		{"c4827a4b34f8", inst{op: tilestore, reg: 6, mem: true, base: 8, index: 15, scale: 8}},
		// tdpbssd tmm1, tmm2, tmm3
		{"c4e2635eca", inst{op: tdpbssd, reg: 1, rm: 2, vvvv: 3}},
		// tdpbsud tmm4, tmm5, tmm6
		{"c4e24a5ee5", inst{op: tdpbsud, reg: 4, rm: 5, vvvv: 6}},
		// tdpbusd tmm7, tmm0, tmm1
		{"c4e2715ef8", inst{op: tdpbusd, reg: 7, rm: 0, vvvv: 1}},
		// tdpbuud tmm0, tmm6, tmm7
		{"c4e2405ec6", inst{op: tdpbuud, reg: 0, rm: 6, vvvv: 7}},
	} {
		code := fromHex(t, tt.code)
		tt.want.len = len(code)
		got, ok := decode(append(code, 0x90, 0x90))
		require.True(t, ok, tt.code)
		require.Equal(t, tt.want, got, tt.code)
		for n := range code {
			_, ok := decode(code[:n])
			require.False(t, ok, "%s cut after %d bytes", tt.code, n)
		}
	}
}

func TestDecodeRefuses(t *testing.T) {
	for what, code := range map[string]string{
		"nothing":                        "",
		"ud2":                            "0f0b9090909090",
		"EVEX":                           "62f2752850da",
		"the saturating VPDPBUSDS":       "c4e27551c2",
		"VPDPBUSD with another prefix":   "c4e27450c2",
		"VPDPBUSD with W":                "c4e2f550c2",
		"another opcode map":             "c4e17550c2",
		"256 bits of tiles":              "c4e27f49c0",
		"LDTILECFG with a third operand": "c4e2704907",
		"LDTILECFG of something else":    "c4e278490f",
		"TILERELEASE of something else":  "c4e27849c1",
		"TILEZERO of tile 8":             "c4627b49c0",
		"TILELOADD without SIB":          "c4e27b4b01",
		"TILELOADD of a register":        "c4e27b4bc1",
		"TILELOADD from RIP":             "c4e27b4b0500000000",
		"tile 9 as a factor":             "c4c2635eca",
		"tile 11 as a factor":            "c4e2235eca",
		"a product with memory":          "c4e2635e0c24",
	} {
		_, ok := decode(append(fromHex(t, code), make([]byte, 4)...))
		require.False(t, ok, what)
	}
}

func FuzzDecode(f *testing.F) {
	for _, code := range []string{"c4e235508c2478563412", "c4e249503df0ffffff", "c4827a4b34f8", "c4e2635eca", "c4e27849c0"} {
		f.Add(fromHex(f, code))
	}
	f.Fuzz(func(t *testing.T, code []byte) {
		in, ok := decode(code)
		if !ok {
			return
		}
		require.LessOrEqual(t, in.len, len(code))
		again, ok := decode(code[:in.len])
		require.True(t, ok)
		require.Equal(t, in, again)
		require.Less(t, max(in.reg, in.rm, in.vvvv, in.base, in.index), 16)
		if in.op >= tilezero {
			require.Less(t, max(in.reg, in.rm, in.vvvv), 8)
		}
	})
}
