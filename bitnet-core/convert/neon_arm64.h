// Instructions that Go's assembler does not know, by the numbers of their
// registers, the destination first.
#define SXTLB(d, n)    WORD $(0x0f08a400 | (n)<<5 | (d))           // SXTL d.8H, n.8B
#define SXTLB2(d, n)   WORD $(0x4f08a400 | (n)<<5 | (d))           // SXTL2 d.8H, n.16B
#define SXTLH(d, n)    WORD $(0x0f10a400 | (n)<<5 | (d))           // SXTL d.4S, n.4H
#define SXTLH2(d, n)   WORD $(0x4f10a400 | (n)<<5 | (d))           // SXTL2 d.4S, n.8H
#define XTNS(d, n)     WORD $(0x0e612800 | (n)<<5 | (d))           // XTN d.4H, n.4S
#define XTNS2(d, n)    WORD $(0x4e612800 | (n)<<5 | (d))           // XTN2 d.8H, n.4S
#define XTNH(d, n)     WORD $(0x0e212800 | (n)<<5 | (d))           // XTN d.8B, n.8H
#define XTNH2(d, n)    WORD $(0x4e212800 | (n)<<5 | (d))           // XTN2 d.16B, n.8H
#define FCVTNS(d, n)   WORD $(0x4e21a800 | (n)<<5 | (d))           // FCVTNS d.4S, n.4S
#define SCVTF(d, n)    WORD $(0x4e21d800 | (n)<<5 | (d))           // SCVTF d.4S, n.4S
#define UMAXV(d, n)    WORD $(0x6eb0a800 | (n)<<5 | (d))           // UMAXV Sd, n.4S
#define FMUL(d, n, m)  WORD $(0x6e20dc00 | (m)<<16 | (n)<<5 | (d)) // FMUL d.4S, n.4S, m.4S
#define FMAX(d, n, m)  WORD $(0x4e20f400 | (m)<<16 | (n)<<5 | (d)) // FMAX d.4S, n.4S, m.4S
#define FMIN(d, n, m)  WORD $(0x4ea0f400 | (m)<<16 | (n)<<5 | (d)) // FMIN d.4S, n.4S, m.4S
#define UMAX(d, n, m)  WORD $(0x6ea06400 | (m)<<16 | (n)<<5 | (d)) // UMAX d.4S, n.4S, m.4S
#define UXTLB(d, n)    WORD $(0x2f08a400 | (n)<<5 | (d))           // UXTL d.8H, n.8B
#define UXTLB2(d, n)   WORD $(0x6f08a400 | (n)<<5 | (d))           // UXTL2 d.8H, n.16B
#define UXTLH(d, n)    WORD $(0x2f10a400 | (n)<<5 | (d))           // UXTL d.4S, n.4H
#define UXTLH2(d, n)   WORD $(0x6f10a400 | (n)<<5 | (d))           // UXTL2 d.4S, n.8H
#define SXTLW(d, n)    WORD $(0x0f20a400 | (n)<<5 | (d))           // SXTL d.2D, n.2S
#define SXTLW2(d, n)   WORD $(0x4f20a400 | (n)<<5 | (d))           // SXTL2 d.2D, n.4S
#define XTNW(d, n)     WORD $(0x0ea12800 | (n)<<5 | (d))           // XTN d.2S, n.2D
#define XTNW2(d, n)    WORD $(0x4ea12800 | (n)<<5 | (d))           // XTN2 d.4S, n.2D
#define SMAX(d, n, m)  WORD $(0x4ea06400 | (m)<<16 | (n)<<5 | (d)) // SMAX d.4S, n.4S, m.4S
#define SMIN(d, n, m)  WORD $(0x4ea06c00 | (m)<<16 | (n)<<5 | (d)) // SMIN d.4S, n.4S, m.4S
#define SMAXB(d, n, m) WORD $(0x4e206400 | (m)<<16 | (n)<<5 | (d)) // SMAX d.16B, n.16B, m.16B
#define SMINB(d, n, m) WORD $(0x4e206c00 | (m)<<16 | (n)<<5 | (d)) // SMIN d.16B, n.16B, m.16B
#define UMINB(d, n, m) WORD $(0x6e206c00 | (m)<<16 | (n)<<5 | (d)) // UMIN d.16B, n.16B, m.16B
#define SSHR4B(d, n)   WORD $(0x4f0c0400 | (n)<<5 | (d))           // SSHR d.16B, n.16B, #4
#define USHR4B(d, n)   WORD $(0x6f0c0400 | (n)<<5 | (d))           // USHR d.16B, n.16B, #4
#define SHL4B(d, n)    WORD $(0x4f0c5400 | (n)<<5 | (d))           // SHL d.16B, n.16B, #4
#define SLI4B(d, n)    WORD $(0x6f0c5400 | (n)<<5 | (d))           // SLI d.16B, n.16B, #4
#define FCMGE(d, n, m) WORD $(0x6e20e400 | (m)<<16 | (n)<<5 | (d)) // FCMGE d.4S, n.4S, m.4S
#define FCVTLD(d, n)   WORD $(0x0e617800 | (n)<<5 | (d))           // FCVTL d.2D, n.2S
#define FCVTLD2(d, n)  WORD $(0x4e617800 | (n)<<5 | (d))           // FCVTL2 d.2D, n.4S
#define FCVTND(d, n)   WORD $(0x0e616800 | (n)<<5 | (d))           // FCVTN d.2S, n.2D
#define FCVTND2(d, n)  WORD $(0x4e616800 | (n)<<5 | (d))           // FCVTN2 d.4S, n.2D
#define FCVTXN(d, n)   WORD $(0x2e616800 | (n)<<5 | (d))           // FCVTXN d.2S, n.2D
#define FCVTXN2(d, n)  WORD $(0x6e616800 | (n)<<5 | (d))           // FCVTXN2 d.4S, n.2D
#define FCVTNSD(d, n)  WORD $(0x4e61a800 | (n)<<5 | (d))           // FCVTNS d.2D, n.2D
#define SCVTF2D(d, n)  WORD $(0x4e61d800 | (n)<<5 | (d))           // SCVTF d.2D, n.2D
#define FMAXD(d, n, m) WORD $(0x4e60f400 | (m)<<16 | (n)<<5 | (d)) // FMAX d.2D, n.2D, m.2D
#define FMIND(d, n, m) WORD $(0x4ee0f400 | (m)<<16 | (n)<<5 | (d)) // FMIN d.2D, n.2D, m.2D

#define ARGUMENTS \
	MOVD dst+0(FP), R0 \
	MOVD src+8(FP), R1 \
	MOVD n+16(FP), R2
