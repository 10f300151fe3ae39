// Continue is the README's example of a program that uses the library.
package main

import (
	"context"
	"fmt"
	"log"
	"os"

	inference "github.com/bitnet-go/bitnet/bitnet-inference"
	"github.com/bitnet-go/bitnet/bitnet-inference/engine"
)

func main() {
	m, err := inference.Open(os.Args[1], inference.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	for piece, err := range m.Continue(context.Background(), "Once upon a time", engine.Options{MaxTokens: 64}) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Print(piece)
	}
}
