// Instructions that Go's assembler does not know, by the numbers of their
// registers, the destination first.
#define FCVTL(d, n)    WORD $(0x0e217800 | (n)<<5 | (d))           // FCVTL d.4S, n.4H
#define FCVTL2(d, n)   WORD $(0x4e217800 | (n)<<5 | (d))           // FCVTL2 d.4S, n.8H
#define FCVTN(d, n)    WORD $(0x0e216800 | (n)<<5 | (d))           // FCVTN d.4H, n.4S
#define FCVTN2(d, n)   WORD $(0x4e216800 | (n)<<5 | (d))           // FCVTN2 d.8H, n.4S
#define SHLL(d, n)     WORD $(0x2e613800 | (n)<<5 | (d))           // SHLL d.4S, n.4H, #16
#define SHLL2(d, n)    WORD $(0x6e613800 | (n)<<5 | (d))           // SHLL2 d.4S, n.8H, #16
#define SHRN(d, n)     WORD $(0x0f108400 | (n)<<5 | (d))           // SHRN d.4H, n.4S, #16
#define SHRN2(d, n)    WORD $(0x4f108400 | (n)<<5 | (d))           // SHRN2 d.8H, n.4S, #16
#define FCMEQ(d, n, m) WORD $(0x4e20e400 | (m)<<16 | (n)<<5 | (d)) // FCMEQ d.4S, n.4S, m.4S

#define ARGUMENTS \
	MOVD dst+0(FP), R0 \
	MOVD src+8(FP), R1 \
	MOVD n+16(FP), R2
