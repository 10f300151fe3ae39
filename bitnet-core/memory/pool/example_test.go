package pool_test

import (
	"errors"
	"fmt"

	"github.com/bitnet-go/bitnet/bitnet-core/memory/pool"
)

func Example() {
	p, err := pool.New(pool.Options{Limit: 64 << 20})
	if err != nil {
		fmt.Println(err)
		return
	}
	b, err := p.Alloc(2560*4, 0)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(b.Len(), p.Usage().Requested)

	_, err = p.Alloc(1<<30, 0)
	var full *pool.LimitError
	fmt.Println(errors.As(err, &full))

	b.Release()
	fmt.Println(p.Usage().Requested, p.Close()) // Close tells what is still held
	// Output:
	// 10240 10240
	// true
	// 0 <nil>
}
