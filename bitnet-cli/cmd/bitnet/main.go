// Bitnet runs 1.58-bit (ternary) language models; "bitnet help" says how.
package main

import (
	"os"

	"github.com/bitnet-go/bitnet/bitnet-cli/internal/cli"
)

func main() { os.Exit(cli.Main()) }
