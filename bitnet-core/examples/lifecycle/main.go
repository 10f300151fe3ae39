// Lifecycle follows a tensor from its allocation to its release: views that share its
// memory, a reference that outlives its owner, a rest in compressed form, and the pool's
// account of each step.
//
//	go run ./bitnet-core/examples/lifecycle
package main

import (
	"fmt"
	"log"
	"time"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/memory"
	"github.com/bitnet-go/bitnet/bitnet-core/memory/pool"
	"github.com/bitnet-go/bitnet/bitnet-core/tensor"
)

func main() {
	p, err := pool.New(pool.Options{Limit: 1 << 30})
	if err != nil {
		log.Fatal(err)
	}
	run(p)
	if err := p.Close(); err != nil {
		log.Fatal(err) // something is held still
	}
	fmt.Println("pool closed, nothing held")
}

func run(p *pool.Pool) {
	report := func(what string) {
		u := p.Usage()
		fmt.Printf("%-44s %6.1f MiB live  %6.1f MiB committed\n", what, mib(u.Allocated), mib(u.Committed))
	}
	report("empty pool")

	start := time.Now()
	x, err := tensor.New(p, dtype.F32, 4096, 2560)
	if err != nil {
		log.Fatal(err)
	}
	took := time.Since(start)
	report("a tensor of 4096 x 2560 float32")
	fmt.Printf("    allocated and zeroed in %v\n", took)

	start = time.Now()
	values := x.Float32s()
	for i := range values[:64*2560] { // the rest stays zero
		values[i] = float32(i % 7)
	}
	fmt.Printf("    64 rows written in %v\n", time.Since(start))

	// Views copy nothing and take no reference.
	view := x.Slice(0, 10, 20).Transpose(0, 1)
	fmt.Printf("    a transposed view of 10 rows: shape %v, element (3, 4) is %g\n", view.Shape(), view.At(3, 4))
	report("with a view")

	// A reference keeps the memory when the owner lets go.
	kept := x.Retain()
	x.Release()
	report("retained once, released once")
	fmt.Printf("    still %v\n", kept.Shape())
	kept.Release()
	report("released by the last owner, pages kept warm")

	// A buffer that is not needed for a while rests in compressed form.
	b, err := memory.AllocZeroed(p, 64<<20, 0)
	if err != nil {
		log.Fatal(err)
	}
	copy(b.Bytes(), "a quarter full")
	fill(b.Bytes()[:16<<20])
	report("a buffer of 64 MiB")
	start = time.Now()
	frozen, err := memory.Freeze(b, p)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("    frozen in %v to %.1f MiB; its bytes are out of reach\n", time.Since(start).Round(time.Millisecond), mib(int64(frozen.Size())))
	p.Trim(0, nil, false)
	report("frozen, free pages returned to the system")
	start = time.Now()
	b, err = frozen.Thaw(p, 0)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("    thawed in %v\n", time.Since(start).Round(time.Millisecond))
	report("thawed")
	b.Release()
	p.Trim(0, nil, false)
	report("released and trimmed")
}

// fill writes numbers that do not compress.
func fill(b []byte) {
	x := uint32(1)
	for i := range b {
		x = x*1664525 + 1013904223
		b[i] = byte(x >> 24)
	}
}

func mib(n int64) float64 { return float64(n) / (1 << 20) }
