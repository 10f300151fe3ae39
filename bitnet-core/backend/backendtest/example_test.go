package backendtest_test

import (
	"fmt"

	"github.com/bitnet-go/bitnet/bitnet-core/backend"
	"github.com/bitnet-go/bitnet/bitnet-core/backend/backendtest"
	"github.com/bitnet-go/bitnet/bitnet-core/backend/cpu"
)

// What the tests of a backend call.
func ExampleCheck() {
	err := backendtest.Check(func(o backend.Options) (backend.Backend, error) { return cpu.Open(o) })
	fmt.Println(err)
	// Output: <nil>
}
