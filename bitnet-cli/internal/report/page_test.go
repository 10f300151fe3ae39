package report_test

import (
	"flag"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

var writePage = flag.String("page", "", "write the page of the example to this file, to look at it")

func TestExamplePage(t *testing.T) {
	html := written(t, example())
	for _, want := range []string{
		"Quantization of example-2b", "2026-03-01 12:30 UTC", "blk.17.ffn_up.weight",
		"Values of accuracy left out: 1 not a number.",
		"Values of absmax left out: 1 not a number; 1 infinite or beyond 10³⁰⁰.",
	} {
		require.Contains(t, html, want)
	}
	require.Less(t, len(html), 400<<10)
	if *writePage != "" {
		require.NoError(t, os.WriteFile(*writePage, []byte(html), 0o644))
	}
}
