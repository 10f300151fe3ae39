package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/memory/pool"
)

func TestRun(t *testing.T) {
	p, err := pool.New(pool.Options{})
	require.NoError(t, err)
	run(p)
	require.NoError(t, p.Close())
}
