//go:build linux && amd64 && !purego

package isaemu

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/cpu"
	"golang.org/x/sys/unix"
)

// Pieces of programs, as GNU as 2.40 assembles them. Input is at 0x410000 (rbx),
// what is written at 0x420000 (rbp).
const (
	readInput = "31c0" + // xor eax, eax
		"31ff" + // xor edi, edi
		"be00004100" + // mov esi, 0x410000
		"ba00100000" + // mov edx, 4096
		"0f05" + // syscall
		"bb00004100" + // mov ebx, 0x410000
		"bd00004200" // mov ebp, 0x420000
	writeOutput = "b801000000" + // mov eax, 1
		"bf01000000" + // mov edi, 1
		"be00004200" + // mov esi, 0x420000
		"ba00150000" + // mov edx, 5376
		"0f05" // syscall
	exit7 = "b8e7000000" + // mov eax, 231
		"bf07000000" + // mov edi, 7
		"0f05" // syscall
	everything = "c57e6f03" + // vmovdqu ymm8, [rbx]
		"c57e6f4b20" + // vmovdqu ymm9, [rbx+32]
		"c57e6f5340" + // vmovdqu ymm10, [rbx+64]
		"c4417d6fd8" + // vmovdqa ymm11, ymm8
		"c4417d6fe0" + // vmovdqa ymm12, ymm8
		"c4423550c2" + // {vex} vpdpbusd ymm8, ymm9, ymm10
		"c46235505b40" + // {vex} vpdpbusd ymm11, ymm9, [rbx+64]
		"c4423150e2" + // {vex} vpdpbusd xmm12, xmm9, xmm10
		"c57e7f4500" + // vmovdqu [rbp], ymm8
		"c57e7f5d20" + // vmovdqu [rbp+32], ymm11
		"c57e7f6540" + // vmovdqu [rbp+64], ymm12
		"c4e278498380000000" + // ldtilecfg [rbx+128]
		"b940000000" + // mov ecx, 64
		"c4e27b4b840b00010000" + // tileloadd tmm0, [rbx+rcx+256]
		"c4e27b4b8c0b00050000" + // tileloadd tmm1, [rbx+rcx+1280]
		"c4e2794b940b00090000" + // tileloaddt1 tmm2, [rbx+rcx+2304]
		"c4e26b5ec1" + // tdpbssd tmm0, tmm1, tmm2
		"c4e27a4b840d80000000" + // tilestored [rbp+rcx+128], tmm0
		"c4e26a5ec1" + // tdpbsud tmm0, tmm1, tmm2
		"c4e27a4b840d80040000" + // tilestored [rbp+rcx+1152], tmm0
		"c4e2695ec1" + // tdpbusd tmm0, tmm1, tmm2
		"c4e27a4b840d80080000" + // tilestored [rbp+rcx+2176], tmm0
		"c4e2685ec1" + // tdpbuud tmm0, tmm1, tmm2
		"c4e27a4b840d800c0000" + // tilestored [rbp+rcx+3200], tmm0
		"c4e27b49c0" + // tilezero tmm0
		"c4e27a4b840d80100000" + // tilestored [rbp+rcx+4224], tmm0
		"c4e279498580140000" + // sttilecfg [rbp+5248]
		"c4e27849c0" + // tilerelease
		"c4e2794985c0140000" // sttilecfg [rbp+5312]
	bothEncodings = "62f1fe486f03" + // vmovdqu64 zmm0, [rbx]
		"62f1fe486f1b" + // vmovdqu64 zmm3, [rbx]
		"c5fe6f4b40" + // vmovdqu ymm1, [rbx+64]
		"c5fe6f5360" + // vmovdqu ymm2, [rbx+96]
		"c4e27550c2" + // {vex} vpdpbusd ymm0, ymm1, ymm2
		"62f2752850da" + // {evex} vpdpbusd ymm3, ymm1, ymm2
		"62f1fe487f4500" + // vmovdqu64 [rbp], zmm0
		"62f1fe487f5d01" // vmovdqu64 [rbp+64], zmm3
)

// runProgram runs code under the emulator, as the smallest file that Linux runs:
// one segment from 0x400000 on, readable, writable and executable.
func runProgram(t *testing.T, code string, input []byte) (status int, output []byte, log string) {
	t.Helper()
	const headers = 64 + 56
	machine := fromHex(t, code)
	put := binary.LittleEndian.AppendUint64
	half := func(b []byte, v ...uint16) []byte {
		for _, v := range v {
			b = binary.LittleEndian.AppendUint16(b, v)
		}
		return b
	}
	elf := append([]byte("\x7fELF\x02\x01\x01"), make([]byte, 9)...)
	elf = half(elf, 2, 62, 1, 0) // executable, amd64, version 1
	elf = put(elf, 0x400000+headers)
	elf = put(elf, 64)
	elf = put(elf, 0)
	elf = half(elf, 0, 0, 64, 56, 1, 64, 0, 0)
	elf = half(elf, 1, 0, 7, 0) // load; all rights
	elf = put(elf, 0)
	elf = put(elf, 0x400000)
	elf = put(elf, 0x400000)
	elf = put(elf, uint64(headers+len(machine)))
	elf = put(elf, 0x30000)
	elf = put(elf, 0x1000)
	require.Len(t, elf, headers)

	dir := t.TempDir()
	path := filepath.Join(dir, "program")
	require.NoError(t, os.WriteFile(path, append(elf, machine...), 0o700))
	in := filepath.Join(dir, "in")
	require.NoError(t, os.WriteFile(in, input, 0o600))
	stdin, err := os.Open(in)
	require.NoError(t, err)
	defer stdin.Close()
	stdout, err := os.Create(filepath.Join(dir, "out"))
	require.NoError(t, err)
	defer stdout.Close()
	cmd := exec.Command(path)
	cmd.Stdin, cmd.Stdout = stdin, stdout
	var messages bytes.Buffer
	status, err = Run(cmd, &messages, nil)
	if errors.Is(err, unix.EPERM) || errors.Is(err, unix.ENOSYS) {
		t.Skipf("ptrace is not permitted here: %v", err)
	}
	require.NoError(t, err)
	output, err = os.ReadFile(stdout.Name())
	require.NoError(t, err)
	return status, output, messages.String()
}

func needAVX2(t *testing.T) {
	if !cpu.X86.HasAVX2 {
		t.Skip("not supported by this CPU")
	}
}

func TestProgram(t *testing.T) {
	needAVX2(t)
	const rows, columns, depth = 5, 7, 24 // sums 5×7 of products of 24 bytes
	in := random(rand.New(rand.NewPCG(1, 2)), make([]byte, 4096))
	var config [64]byte
	shape(&config, 0, rows, 4*columns)
	shape(&config, 1, rows, depth)
	shape(&config, 2, depth/4, 4*columns)
	copy(in[128:], config[:])
	status, out, log := runProgram(t, readInput+everything+writeOutput+exit7, in)
	require.Empty(t, log)
	require.Equal(t, 7, status)
	require.Len(t, out, 5376)

	sums := make([]byte, 32)
	for i := range sums {
		if i%4 == 0 {
			sum := binary.LittleEndian.Uint32(in[i:])
			for j := i; j < i+4; j++ {
				sum += uint32(int32(in[32+j]) * int32(int8(in[64+j])))
			}
			binary.LittleEndian.PutUint32(sums[i:], sum)
		}
	}
	require.Equal(t, sums, out[:32])
	require.Equal(t, sums, out[32:64])
	require.Equal(t, append(sums[:16:16], make([]byte, 16)...), out[64:96])

	c := in[256:]
	for i, signed := range [][2]bool{{true, true}, {true, false}, {false, true}, {false, false}} {
		number := func(b byte, signed bool) int32 {
			if signed {
				return int32(int8(b))
			}
			return int32(b)
		}
		want := make([]byte, 1024)
		for m := range rows {
			for n := range columns {
				sum := int32(binary.LittleEndian.Uint32(c[64*m+4*n:]))
				for k := range depth {
					sum += number(in[1280+64*m+k], signed[0]) * number(in[2304+64*(k/4)+4*n+k%4], signed[1])
				}
				binary.LittleEndian.PutUint32(want[64*m+4*n:], uint32(sum))
			}
		}
		require.Equal(t, want, out[128+1024*i:][:1024], "product %d", i)
		c = want
	}
	require.Equal(t, make([]byte, 1024), out[4224:5248])
	require.Equal(t, config[:], out[5248:5312])
	require.Equal(t, make([]byte, 64), out[5312:])
}

// TestSameAsProcessor compares VPDPBUSD as emulated with the same of AVX-512, in
// registers whose upper bits were not zero.
func TestSameAsProcessor(t *testing.T) {
	if !cpu.X86.HasAVX512VNNI || !cpu.X86.HasAVX512VL {
		t.Skip("not supported by this CPU")
	}
	for seed := range uint64(20) {
		in := random(rand.New(rand.NewPCG(seed, 3)), make([]byte, 4096))
		status, out, log := runProgram(t, readInput+bothEncodings+writeOutput+exit7, in)
		require.Empty(t, log)
		require.Equal(t, 7, status)
		require.Equal(t, out[64:128], out[:64])
		require.NotEqual(t, in[:32], out[:32])
		require.Zero(t, [32]byte(out[32:]))
	}
}

func TestSignals(t *testing.T) {
	const (
		killItself = "b827000000" + // mov eax, 39
			"0f05" + // syscall getpid
			"89c7" + // mov edi, eax
			"be04000000" + // mov esi, 4
			"b83e000000" + // mov eax, 62
			"0f05" // syscall kill
		tileZero = "c4e27b49c0"           // tilezero tmm0
		load     = "c4e27b4b840b00010000" // tileloadd tmm0, [rbx+rcx+256]
		config   = "c4e278498380000000"   // ldtilecfg [rbx+128]
	)
	in := make([]byte, 4096)
	shape((*[64]byte)(in[128:192]), 0, 1, 4)
	for _, tt := range []struct {
		code   string
		status int
		log    string
	}{
		{exit7, 7, ""},
		{"0f0b", 128 + 4, ""}, // ud2
		{killItself + tileZero, 128 + 4, ""},
		{tileZero + exit7, 128 + 4, "isaemu: TILEZERO at 0x400078: no tile is configured\n"},
		{readInput + config + tileZero + exit7, 7, ""},
		{config + exit7, 128 + 11, "isaemu: LDTILECFG at 0x400078: reading 64 bytes at 0x80: bad address\n"},
		{readInput + config + "31db" + load + exit7, 128 + 11, "isaemu: TILELOADD at 0x40009d: row 0: reading 4 bytes at 0x100: bad address\n"}, // xor ebx, ebx
	} {
		status, _, log := runProgram(t, tt.code, in)
		require.Equal(t, tt.log, log)
		require.Equal(t, tt.status, status, tt.code)
	}
}

func TestStartFails(t *testing.T) {
	_, err := Run(exec.Command("/nonexistent"), os.Stderr, nil)
	require.ErrorIs(t, err, os.ErrNotExist)
}
