// Command _asm writes the kernels of package vecmath: each is a program that is written
// once (functions.go) and emitted for AVX2, AVX-512 and NEON. Run it with go generate in
// that package.
package main

import (
	"flag"
	"log"

	. "github.com/mmcloughlin/avo/build"

	"github.com/mmcloughlin/avo/attr"
)

func main() {
	dir := flag.String("arm64", "", "the folder to write the kernels for arm64 to")
	flag.Parse()
	if err := arm64(*dir); err != nil {
		log.Fatal(err)
	}
	ConstraintExpr("!purego")
	c := &constants{table: GLOBL("constants", attr.RODATA|attr.NOPTR), at: map[uint32]int{}}
	for _, i := range isas {
		for _, p := range programs(i.lanes == 16) {
			amd64(i, p, c)
		}
	}
	c.write()
	Generate()
}
