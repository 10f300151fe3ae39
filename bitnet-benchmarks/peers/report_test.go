package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-benchmarks/internal/agree"
)

func exampleReport(others float64) *report {
	l := line{test: test{prefill: 512, threads: 2}}
	for _, r := range []float64{10, 20, 40} {
		l.peer = append(l.peer, measurement{rates: []float64{r}, rss: 1204.6, code: "zen4", others: others})
		l.ours = append(l.ours, measurement{rates: []float64{3 * r, 5 * r}, rss: 0, size: 1195724800, parameters: 2412820480, code: "avx512vnni", head: "f16"})
	}
	r := newReport([]agree.Agreement{{Correlation: 0.9954, Best: [2]int32{7, 8}, Rank: [2]int{1, 3}}}, []line{l, l})
	r.Date, r.CPU, r.Cores, r.Rounds, r.Runs, r.Model = "2026-11-22 01:41 UTC", "AMD EPYC", 2, 3, 1, "m.gguf"
	return r
}

func TestTable(t *testing.T) {
	var b strings.Builder
	require.NoError(t, printTable(&b, exampleReport(0)))
	const want = `
| test  | threads | llama.cpp t/s | bitnet t/s | ratio | ratio, min to max | llama.cpp RSS | bitnet RSS |
| ----- | ------: | ------------: | ---------: | ----: | ----------------: | ------------: | ---------: |
| pp512 |       2 |         20.00 |      80.00 |  4.00 |      4.00 to 4.00 |      1205 MiB |          - |
`
	require.True(t, strings.HasPrefix("\n"+b.String(), want), b.String())
	for _, text := range []string{
		"Medians of 3 rounds, 1 run counted in each measurement; 2026-11-22 01:41 UTC",
		"1.20 GB, 2.41 billion parameters", "backend zen4", "kernels avx512vnni, head f16.",
		"Logits after the first token: correlation 0.9954; best token of llama.cpp 7 (rank 1 in bitnet), of bitnet 8 (rank 3 in llama.cpp).",
	} {
		require.Contains(t, b.String(), text)
	}
	require.NotContains(t, b.String(), "not quiet")
	require.NotContains(t, b.String(), "do not compute")
}

func TestTableSaysWhatIsWrong(t *testing.T) {
	r := exampleReport(1)
	r.Agree = false
	var b strings.Builder
	require.NoError(t, printTable(&b, r))
	require.Contains(t, b.String(), "The machine was not quiet")
	require.Contains(t, b.String(), "The engines do not compute the same")
}

func TestJSON(t *testing.T) {
	var b strings.Builder
	require.NoError(t, printJSON(&b, exampleReport(0.5)))
	var back report
	require.NoError(t, json.Unmarshal([]byte(b.String()), &back))
	require.Equal(t, *exampleReport(0.5), back)
}

func TestFeatures(t *testing.T) {
	const info = "CPU : SSE3 = 1 | AVX = 0 | AVX512_VNNI = 1 | LLAMAFILE = 1 | "
	require.Equal(t, "SSE3 AVX512_VNNI LLAMAFILE", features(info))
	require.Empty(t, features(""))
}

func TestBusy(t *testing.T) {
	const stat = "cpu  100 20 30 9000 500 6 7 8 90 9\ncpu0 1 1 1 1 1 1 1 1 1 1\n"
	require.Equal(t, 1710*time.Millisecond, parseBusy(stat))
	for _, bad := range []string{"", "cpu 1 2 3", "cpu 1 2 3 4 x 6 7 8", "intr 1 2 3 4 5 6 7 8"} {
		require.Zero(t, parseBusy(bad))
	}
}

func TestOthersCores(t *testing.T) {
	require.InDelta(t, 0.5, othersCores(5*time.Second, 4*time.Second, 2*time.Second), 1e-12)
	require.Zero(t, othersCores(time.Second, 2*time.Second, time.Second), "clocks of different grain")
	require.Zero(t, othersCores(time.Second, 0, 0))
}
