// Package isaemu runs a program and emulates the vector instructions of newer
// x86 processors that this one refuses, so that their kernels are tested on
// machines without them. Its command, in the folder cmd, is for go test:
//
//	go build -o bin/isaemu ./bitnet-quant/internal/isaemu/cmd
//	go test -exec "$PWD/bin/isaemu" ./bitnet-quant/ternary
//
// The program is traced (ptrace). An instruction that the processor does not know
// stops it with SIGILL before the program's own handler sees the signal. If
// package isaemu knows it, it changes registers and memory as the instruction
// would have and lets the program go on behind it. All other signals are passed
// on, so is SIGILL for other instructions. What the processor does know never
// gets here: emulation cannot hide that a kernel is wrong for it.
//
// # Instructions
//
// AVX-VNNI: VPDPBUSD of 128 and 256 bits with a VEX prefix. AMX: LDTILECFG,
// STTILECFG, TILELOADD, TILELOADDT1, TILESTORED, TILEZERO, TILERELEASE, TDPBSSD,
// TDPBSUD, TDPBUSD, TDPBUUD. Faults are those of the manual: a tile instruction
// without a configuration or with tiles that do not fit is refused, with the
// reason on standard error, and memory that the program may not touch is a
// segmentation fault. As in a processor, every thread has tiles of its own.
//
// A stop takes 15 to 40 microseconds, an AMX product of full tiles about as much
// again, so tests use small sizes here (simdtest.Emulated). Linux on amd64 only.
//
// Source: Intel 64 and IA-32 Architectures Software Developer's Manual, volume 2.
package isaemu
