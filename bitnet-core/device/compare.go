package device

import (
	"fmt"
	"slices"
)

// A Verdict says which of two devices is better in one respect.
type Verdict struct {
	Aspect Aspect
	Better int    // -1 the first one, 1 the second one, 0 neither or unknown
	Reason string // the figures, the first device's before the second one's: "24.0 GiB of memory against 8.0 GiB"
}

// An Aspect is a respect in which devices differ.
type Aspect int

const (
	ByMemory    Aspect = iota // the largest model that fits
	ByBandwidth               // decoding: each token reads all weights
	ByCompute                 // prefill: many tokens share each weight that is read
)

// String returns a word for it, as in "bandwidth".
func (a Aspect) String() string { return [...]string{"memory", "bandwidth", "compute"}[a] }

// tie is how near figures are that make no difference.
const tie = 0.05

// Compare says which of two devices is better for what, a verdict for each aspect in
// the order of the constants. Bandwidth is compared where both devices' has been
// measured ([Info.Bandwidth]); compute by the int8 products that the cores in use
// can make in a cycle, for clock rates are not known: it is rough, and between
// kinds of processors a hint at most.
func Compare(a, b Info) []Verdict {
	return []Verdict{compareMemory(a, b), compareBandwidth(a, b), compareCompute(a, b)}
}

func compareMemory(a, b Info) Verdict {
	v := Verdict{Aspect: ByMemory, Reason: "the memory of one of them is not known"}
	if ma, mb := a.allowed(), b.allowed(); ma > 0 && mb > 0 {
		const gib = 1 << 30
		v.Better = better(float64(ma), float64(mb))
		v.Reason = fmt.Sprintf("%.1f GiB of memory against %.1f GiB", float64(ma)/gib, float64(mb)/gib)
	}
	return v
}

func compareBandwidth(a, b Info) Verdict {
	v := Verdict{Aspect: ByBandwidth, Reason: "the memory bandwidth of one of them has not been measured"}
	if ra, rb := a.Bandwidth.Read, b.Bandwidth.Read; ra > 0 && rb > 0 {
		v.Better = better(ra, rb)
		v.Reason = fmt.Sprintf("%.1f GB/s read against %.1f GB/s", ra/1e9, rb/1e9)
	}
	return v
}

func compareCompute(a, b Info) Verdict {
	v := Verdict{Aspect: ByCompute, Reason: "the cores of one of them are not known"}
	ca, cb := a.cores(), b.cores()
	if ca == 0 || cb == 0 {
		return v
	}
	ua, ub := fastest(a.SIMD), fastest(b.SIMD)
	v.Better = better(float64(ca*ua.products), float64(cb*ub.products))
	v.Reason = fmt.Sprintf("%s with %s against %s with %s", cores(ca), ua.name, cores(cb), ub.name)
	return v
}

// better returns the sign of a verdict on two figures of which the larger is better.
func better(a, b float64) int {
	switch {
	case a > b*(1+tie):
		return -1
	case b > a*(1+tie):
		return 1
	}
	return 0
}

// allowed returns the bytes of memory that a process may have.
func (i Info) allowed() uint64 {
	if i.MemoryLimit > 0 {
		return i.MemoryLimit
	}
	return i.MemoryTotal
}

// cores returns how many cores a process can keep busy, hardware threads
// where cores are not known.
func (i Info) cores() int {
	if i.PhysicalCores > 0 {
		return min(i.PhysicalCores, i.UsableCPUs)
	}
	return i.UsableCPUs
}

func cores(n int) string {
	if n == 1 {
		return "1 core"
	}
	return fmt.Sprintf("%d cores", n)
}

// A unit is a vector extension that multiplies int8, and its products in a cycle on
// a core that begins one such instruction in each: where a product takes three
// instructions instead of one, as with AVX2, a third.
type unit struct {
	name     string
	products int
}

// units are those that the kernels use, the best first.
var units = []unit{
	{"amxint8", 1024},
	{"avx512vnni", 64},
	{"avxvnni", 32},
	{"i8mm", 32},
	{"avx512bw", 21},
	{"dotprod", 16},
	{"avx2", 10},
	{"neon", 8},
}

// fastest returns the best of the units that simd names.
func fastest(simd []string) unit {
	for _, u := range units {
		if slices.Contains(simd, u.name) {
			return u
		}
	}
	return unit{"plain instructions", 1}
}
