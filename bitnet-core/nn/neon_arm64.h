// Instructions that Go's assembler does not know, by the numbers of their
// registers, the destination first.
#define FCVTL(d, n)    WORD $(0x0e217800 | (n)<<5 | (d))           // FCVTL d.4S, n.4H
#define FCVTL2(d, n)   WORD $(0x4e217800 | (n)<<5 | (d))           // FCVTL2 d.4S, n.8H
#define SHLL(d, n)     WORD $(0x2e613800 | (n)<<5 | (d))           // SHLL d.4S, n.4H, #16
#define SHLL2(d, n)    WORD $(0x6e613800 | (n)<<5 | (d))           // SHLL2 d.4S, n.8H, #16
#define FCVTNS(d, n)   WORD $(0x4e21a800 | (n)<<5 | (d))           // FCVTNS d.4S, n.4S
#define SCVTF(d, n)    WORD $(0x4e21d800 | (n)<<5 | (d))           // SCVTF d.4S, n.4S
#define FNEG(d, n)     WORD $(0x6ea0f800 | (n)<<5 | (d))           // FNEG d.4S, n.4S
#define FMAXV(d, n)    WORD $(0x6e30f800 | (n)<<5 | (d))           // FMAXV Sd, n.4S
#define FADD(d, n, m)  WORD $(0x4e20d400 | (m)<<16 | (n)<<5 | (d)) // FADD d.4S, n.4S, m.4S
#define FSUB(d, n, m)  WORD $(0x4ea0d400 | (m)<<16 | (n)<<5 | (d)) // FSUB d.4S, n.4S, m.4S
#define FMUL(d, n, m)  WORD $(0x6e20dc00 | (m)<<16 | (n)<<5 | (d)) // FMUL d.4S, n.4S, m.4S
#define FDIV(d, n, m)  WORD $(0x6e20fc00 | (m)<<16 | (n)<<5 | (d)) // FDIV d.4S, n.4S, m.4S
#define FMAX(d, n, m)  WORD $(0x4e20f400 | (m)<<16 | (n)<<5 | (d)) // FMAX d.4S, n.4S, m.4S
#define FMIN(d, n, m)  WORD $(0x4ea0f400 | (m)<<16 | (n)<<5 | (d)) // FMIN d.4S, n.4S, m.4S
#define FADDP(d, n, m) WORD $(0x6e20d400 | (m)<<16 | (n)<<5 | (d)) // FADDP d.4S, n.4S, m.4S

// BROADCAST fills the vector v, whose scalar is f, with the constant c.
#define BROADCAST(c, f, v) \
	FMOVS $c, f        \
	VDUP  v.S[0], v.S4

// HORNER sets to = from·V1 + c.
#define HORNER(from, to, c) \
	VORR  c.B16, c.B16, to.B16 \
	VFMLA V1.S4, from.S4, to.S4

// EXP_CONSTANTS fills V17-V27 with the constants of expGeneric: V17 holds the lowest
// argument, V27 ones.
#define EXP_CONSTANTS \
	BROADCAST(-87.0, F17, V17)                   \
	BROADCAST(1.44269504088896340736, F18, V18)  \
	BROADCAST(0.693359375, F19, V19)             \
	BROADCAST(2.12194440e-4, F20, V20)           \
	BROADCAST(1.9875691500e-4, F21, V21)         \
	BROADCAST(1.3981999507e-3, F22, V22)         \
	BROADCAST(8.3334519073e-3, F23, V23)         \
	BROADCAST(4.1665795894e-2, F24, V24)         \
	BROADCAST(1.6666665459e-1, F25, V25)         \
	BROADCAST(5.0000001201e-1, F26, V26)         \
	BROADCAST(1.0, F27, V27)

// EXP sets V4 = exp V1, |V1| <= 87, by the steps of expGeneric: with k = round(x·log2 e)
// and r = x - k·ln 2, |r| <= ln 2/2, exp x = 2^k · p(r), where 2^k is 1.0 with k added
// to its exponent. It overwrites V1-V5.
#define EXP \
	FMUL(2, 1, 18)             \
	FCVTNS(3, 2)               \
	SCVTF(2, 3)                \
	VFMLS V19.S4, V2.S4, V1.S4 \
	VFMLA V20.S4, V2.S4, V1.S4 \
	VSHL  $23, V3.S4, V3.S4    \
	VADD  V27.S4, V3.S4, V3.S4 \
	HORNER(V21, V4, V22)       \
	HORNER(V4, V5, V23)        \
	HORNER(V5, V4, V24)        \
	HORNER(V4, V5, V25)        \
	HORNER(V5, V4, V26)        \
	HORNER(V4, V5, V27)        \
	HORNER(V5, V4, V27)        \
	FMUL(4, 4, 3)
