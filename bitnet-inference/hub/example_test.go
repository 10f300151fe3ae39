package hub_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/bitnet-go/bitnet/bitnet-inference/hub"
	"github.com/bitnet-go/bitnet/bitnet-inference/hub/hubtest"
)

func Example() {
	server := hubtest.New(hubtest.Repo{Name: "org/model", Licence: "mit", Files: []hubtest.File{
		{Path: "model-i2_s.gguf", Data: make([]byte, 100_000), LFS: true},
	}})
	defer server.Close()
	cache, err := os.MkdirTemp("", "hub")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(cache)

	client, err := hub.New(hub.Options{Endpoint: server.URL(), Cache: cache}) // or of hub.FromEnvironment
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
	ref, err := hub.ParseRef("hf.co/org/model")
	if err != nil {
		fmt.Println(err)
		return
	}
	plan, err := client.Resolve(context.Background(), ref)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(plan.Licence, plan.Fetch(), "bytes to fetch")
	path, err := client.Pull(context.Background(), plan, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(filepath.Base(path))
	// Output:
	// mit 100000 bytes to fetch
	// model-i2_s.gguf
}
