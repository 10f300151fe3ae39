package convert

import (
	"errors"
	"fmt"
	"sync"
	"time"
	"unsafe"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/parallel"
)

// Options says how to convert. The zero value works.
type Options struct {
	// Pool divides the work; nil leaves it to the calling goroutine. The call must not
	// come from inside one of the pool's loops.
	Pool *parallel.Pool

	// Chunk is the size in bytes of the two buffers of Stream together; 0 means 256 KiB.
	// It is at least what one block of each type takes.
	Chunk int
}

// grain is the number of elements that are converted in one go: a multiple of every
// block, and few enough that intermediate float32 stay in the first-level cache.
const grain = 2048

// pieceElems is the number of elements that a thread claims at a time.
const pieceElems = 32 * grain

// Supported reports whether values of type from can be converted to type to: if both
// are plain types, I4, U4, TQ1_0 or TQ2_0.
func Supported(to, from dtype.DType) bool { return known(to) && known(from) }

func known(d dtype.DType) bool {
	return d.Plain() || halves(d) || d == dtype.TQ1_0 || d == dtype.TQ2_0
}

func unsupported(to, from dtype.DType) error {
	return fmt.Errorf("convert: no conversion from %v to %v: want plain types, I4, U4, TQ1_0 or TQ2_0", from, to)
}

// Convert sets dst to the values of src, elements of type from, as type to. See the
// package documentation for what becomes of them. Types that are not [Supported], and
// numbers of elements that are no whole number of blocks, are errors, and dst stays as it was.
// Convert panics if src is no whole number of plain elements, if dst does not have as many
// elements, or if the two overlap.
func Convert(dst, src []byte, to, from dtype.DType, o Options) (Report, error) {
	return Batch([]Job{{Dst: dst, Src: src, To: to, From: from}}, o)
}

// A Job is one of the conversions of a [Batch].
type Job struct {
	Dst, Src []byte
	To, From dtype.DType
}

// Batch does what [Convert] does for each job, with all of them divided over the pool
// together, so that many small ones keep it as busy as a large one. No job's Dst may
// overlap anything of another. If there are errors nothing is converted, and the error
// has all of them.
func Batch(jobs []Job, o Options) (Report, error) {
	start := time.Now()
	var report Report
	var faults []error
	pieces := 0
	for i := range jobs {
		j := &jobs[i]
		n, err := j.elems()
		if err != nil {
			if len(jobs) > 1 {
				err = fmt.Errorf("job %d: %w", i, err)
			}
			faults = append(faults, err)
			continue
		}
		report.Elements += int64(n)
		report.Read += int64(len(j.Src))
		report.Written += int64(len(j.Dst))
		pieces += (n + pieceElems - 1) / pieceElems
	}
	if len(faults) > 0 {
		return Report{}, errors.Join(faults...)
	}
	if o.Pool == nil || o.Pool.Threads() == 1 || pieces < 2 {
		for _, j := range jobs {
			n, _ := j.elems()
			j.part(0, n)
		}
	} else {
		list := make([]piece, 0, pieces)
		for i := range jobs {
			n, _ := jobs[i].elems()
			for lo := 0; lo < n; lo += pieceElems {
				list = append(list, piece{&jobs[i], lo, min(lo+pieceElems, n)})
			}
		}
		o.Pool.Run(len(list), func(i int) { list[i].job.part(list[i].lo, list[i].hi) })
	}
	report.Time = time.Since(start)
	return report, nil
}

// A piece is the elements lo to hi-1 of a job.
type piece struct {
	job    *Job
	lo, hi int
}

// elems checks j and returns its number of elements.
func (j *Job) elems() (int, error) {
	if !Supported(j.To, j.From) {
		return 0, unsupported(j.To, j.From)
	}
	n, err := count(len(j.Src), j.From)
	if err != nil {
		return 0, err
	}
	size, ok := j.To.Size(int64(n))
	if !ok {
		return 0, fmt.Errorf("convert: %d elements are no whole number of blocks of %v", n, j.To)
	}
	if size != int64(len(j.Dst)) {
		panic("convert: Convert length mismatch")
	}
	if overlap(j.Dst, j.Src) {
		panic("convert: Convert overlapping operands")
	}
	return n, nil
}

// count returns how many elements of type d are size bytes.
func count(size int, d dtype.DType) (int, error) {
	elems, bytes := d.Block()
	if size%bytes == 0 {
		return size / bytes * elems, nil
	}
	if d.Plain() {
		panic("convert: length is no whole number of elements")
	}
	return 0, fmt.Errorf("convert: %d bytes are no whole number of blocks of %v, which take %d", size, d, bytes)
}

func overlap(a, b []byte) bool {
	if len(a) == 0 || len(b) == 0 {
		return false
	}
	p, q := uintptr(unsafe.Pointer(&a[0])), uintptr(unsafe.Pointer(&b[0]))
	return p < q+uintptr(len(b)) && q < p+uintptr(len(a))
}

// part converts the elements lo to hi-1; lo is a multiple of grain.
func (j *Job) part(lo, hi int) {
	te, tb := j.To.Block()
	fe, fb := j.From.Block()
	run(j.Dst[lo/te*tb:hi/te*tb], j.Src[lo/fe*fb:hi/fe*fb], j.To, j.From, hi-lo)
}

// scratch are float32 values between two conversions.
type scratch [grain]float32

var scratches = sync.Pool{New: func() any { return new(scratch) }}

// run converts n elements from front to back. dst may begin where src does if an
// element is not wider there.
func run(dst, src []byte, to, from dtype.DType, n int) {
	if to == from {
		copy(dst, src)
		return
	}
	if direct(dst, src, to, from, n) {
		return
	}
	if halves(to) || halves(from) {
		throughBytes(dst, src, to, from, n)
		return
	}
	s := scratches.Get().(*scratch)
	defer scratches.Put(s)
	// Ternary blocks are made of the nearest F32.
	odd := to != dtype.TQ1_0 && to != dtype.TQ2_0
	te, tb := to.Block()
	fe, fb := from.Block()
	for n > 0 {
		k := min(n, grain)
		load(s[:k], src, from, odd)
		store(dst[:k/te*tb], s[:k], to)
		dst, src, n = dst[k/te*tb:], src[k/fe*fb:], n-k
	}
}

// InPlace converts the elements of buf where they are and returns its front part, which
// holds the result. It is an error if to takes more bytes than from; errors are otherwise,
// and panics, those of [Convert]. The work is not divided: the result of a part may lie where
// the elements of an earlier one did.
func InPlace(buf []byte, to, from dtype.DType) ([]byte, Report, error) {
	start := time.Now()
	if !Supported(to, from) {
		return nil, Report{}, unsupported(to, from)
	}
	te, tb := to.Block()
	fe, fb := from.Block()
	if tb*fe > fb*te {
		return nil, Report{}, fmt.Errorf("convert: %v is wider than %v: not in place", to, from)
	}
	n, err := count(len(buf), from)
	if err != nil {
		return nil, Report{}, err
	}
	size, ok := to.Size(int64(n))
	if !ok {
		return nil, Report{}, fmt.Errorf("convert: %d elements are no whole number of blocks of %v", n, to)
	}
	r := Report{Elements: int64(n)}
	if to != from {
		run(buf[:size], buf, to, from, n)
		r.Read, r.Written = int64(len(buf)), size
	}
	r.Time = time.Since(start)
	return buf[:size], r, nil
}
