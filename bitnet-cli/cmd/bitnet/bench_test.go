package main_test

import (
	"encoding/csv"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A measured is a row of bench --json.
type measured struct {
	Test          string    `json:"test"`
	Depth         int       `json:"depth"`
	Threads       int       `json:"threads"`
	Rate          float64   `json:"tps"`
	Deviation     float64   `json:"tps_stddev"`
	Rates         []float64 `json:"tps_runs"`
	BytesPerToken float64   `json:"bytes_per_token"`
	Share         float64   `json:"bandwidth_share"`
	Bandwidth     float64   `json:"bandwidth_bytes_per_second"`
	SIMD          string    `json:"simd"`
	Head          string    `json:"head"`
	Cache         string    `json:"cache"`
	RSS           *float64  `json:"rss_mib"`
	Model         string    `json:"model"`
	Size          int64     `json:"size_bytes"`
	Parameters    int64     `json:"parameters"`
}

func TestBenchJSON(t *testing.T) {
	out := succeeds(t, "", "bench", "-p", "16", "-n", "2,0", "-t", "1,2", "-r", "2", "--depth", "0,4", "--json", "--head", "full")
	d := json.NewDecoder(strings.NewReader(out))
	d.DisallowUnknownFields()
	var rows []measured
	require.NoError(t, d.Decode(&rows))
	require.Len(t, rows, 8)
	var names []string
	for _, r := range rows {
		names = append(names, r.Test)
		require.Equal(t, "fable", r.Model)
		require.Equal(t, "bf16", r.Head)
		require.Len(t, r.Rates, 2)
		require.InDelta(t, (r.Rates[0]+r.Rates[1])/2, r.Rate, 1e-6*r.Rate)
		require.InEpsilon(t, r.Rate*r.BytesPerToken/r.Bandwidth, r.Share, 1e-9)
		if r.RSS != nil {
			require.Greater(t, *r.RSS, 10.)
		}
	}
	require.Equal(t, []string{"pp16", "tg2", "pp16", "tg2", "pp16", "tg2", "pp16", "tg2"}, names)
	require.Equal(t, []int{0, 0, 4, 4}, []int{rows[0].Depth, rows[1].Depth, rows[2].Depth, rows[3].Depth})
	require.Equal(t, []int{1, 2}, []int{rows[0].Threads, rows[4].Threads})
	require.Greater(t, rows[3].BytesPerToken, rows[1].BytesPerToken, "a longer context")
}

// TestBenchRoundedHead: what a smaller head reads is less by the difference of the heads.
func TestBenchRoundedHead(t *testing.T) {
	const weights = 8192 * 512
	bytes := map[string]float64{}
	for _, head := range []string{"full", "q8_0", "q6_k"} {
		var rows []measured
		require.NoError(t, json.Unmarshal([]byte(succeeds(t, "", "bench", "-p", "0", "-n", "2", "-t", "1", "-r", "1", "--json", "--head", head)), &rows))
		require.Len(t, rows, 1)
		if head != "full" {
			require.Equal(t, head, rows[0].Head)
		}
		bytes[head] = rows[0].BytesPerToken
	}
	require.InDelta(t, weights*(2-34./32), bytes["full"]-bytes["q8_0"], 1)
	require.InDelta(t, weights*(2-210./256), bytes["full"]-bytes["q6_k"], 1)
}

// TestBenchSynthetic makes a model without a tokenizer, which run and show take.
func TestBenchSynthetic(t *testing.T) {
	file := filepath.Join(t.TempDir(), "random.gguf")
	args := []string{"bench", "--synthetic", "fable", "--synthetic-out", file, "-p", "4", "-n", "1", "-r", "1", "-t", "1", "-o"}
	records, err := csv.NewReader(strings.NewReader(succeeds(t, "", append(args, "csv")...))).ReadAll()
	require.NoError(t, err)
	require.Len(t, records, 3)
	require.Equal(t, "pp4", records[1][0])
	table := succeeds(t, "", append(args, "md")...)
	require.Equal(t, 4, strings.Count(table, "\n"))
	require.Regexp(t, `(?m)^\| random +\| 14\.1 MiB \| 29\.4 M \| +1 \| +tg1 \| +\d+\.\d\d ± 0\.00 \|`, table)

	require.Contains(t, succeeds(t, "", "show", file), "no tokenizer.ggml.tokens")
	var run struct{ IDs []int32 }
	r := bitnet(t, "", "run", file, "--ids", "1,2,3", "-n", "4", "--temp", "0", "--json")
	require.Equal(t, 0, r.code, r.err)
	require.NoError(t, json.Unmarshal([]byte(r.out), &run))
	require.Len(t, run.IDs, 4)

	failsInOneLine(t, bitnet(t, "", append(args, "csv", "--seed", "2")...), "random.gguf is there and is not this model")
}
