package memory_test

import (
	"bytes"
	"fmt"

	"github.com/bitnet-go/bitnet/bitnet-core/memory"
)

// The state of a conversation that waits for its user takes less memory frozen.
func ExampleFreeze() {
	a := memory.Mapped()
	state, err := a.Alloc(4<<20, 0)
	if err != nil {
		fmt.Println(err)
		return
	}
	copy(state.Bytes(), bytes.Repeat([]byte("keys and values "), 4<<20/16))

	frozen, err := memory.Freeze(state, a) // state must not be used any more
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(frozen.Len(), "bytes frozen, less than 4 KiB kept:", frozen.Size() < 4<<10)

	state, err = frozen.Thaw(a, 0)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer state.Release()
	fmt.Println(string(state.Bytes()[:15]))
	// Output:
	// 4194304 bytes frozen, less than 4 KiB kept: true
	// keys and values
}

// What one process writes, another reads, without a copy.
func ExampleNewShared() {
	shared, err := memory.NewShared(1 << 20)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer shared.Close()
	copy(shared.Buffer().Bytes(), "logits")

	// In another process, which was told the path:
	reader, err := memory.OpenShared(shared.Path(), memory.ReadOnly)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer reader.Release()
	fmt.Println(reader.Len(), string(reader.Bytes()[:6]))
	// Output: 1048576 logits
}
