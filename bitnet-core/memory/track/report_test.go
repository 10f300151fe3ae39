package track

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/memory"
)

func TestLevels(t *testing.T) {
	for l := None; l <= Detailed; l++ {
		parsed, err := ParseLevel(l.String())
		require.NoError(t, err)
		require.Equal(t, l, parsed)
	}
	_, err := ParseLevel("full")
	require.EqualError(t, err, `track: level "full" is unknown, want none, basic, standard or detailed`)
	require.Equal(t, "Level(9)", Level(9).String())
	var l Level
	require.Error(t, json.Unmarshal([]byte(`"full"`), &l))
}

// sample is a report with all there can be.
func sample() Report {
	usage := memory.Usage{
		Requested: 3 << 20, Allocated: 4 << 20, Committed: 10 << 20, Reserved: 1 << 30,
		LargestFree: 3 << 20, Limit: 16 << 20,
	}
	total := Account{3 << 20, 5 << 20, 12, 40, 1234, 700 << 30, 2}
	return Report{
		Level: Detailed, Elapsed: 83 * time.Second, Total: total,
		Devices: []DeviceReport{
			{Device: "cpu", Account: total, Usage: &usage, Internal: usage.Internal(), External: usage.External()},
			{Device: "metal:0"},
		},
		Tags: []TagReport{
			{"cpu", "kv cache", Account{3 << 20, 3 << 20, 1, 1, 1, 3 << 20, 0}},
			{"cpu", "", Account{11, 2<<20 + 5, 11, 39, 1233, 700 << 30, 2}},
		},
		Sizes:     []Bucket{{512, 1}, {1024, 1000}, {2048, 0}, {4096, 500}},
		Lifetimes: []Bucket{{1 << 20, 7}},
		Ages:      []Bucket{{1 << 36, 12}},
		Stacks: []StackReport{
			{"cpu", "kv cache", 3 << 20, 1, 1, 3 << 20, []Frame{
				{"example.com/kv.New", "/src/kv/kv.go", 12}, {"main.main", "/src/main.go", 3},
			}},
			{"cpu", "", 0, 0, 7, 70, []Frame{{"main.gone", "/src/main.go", 9}}},
		},
		Patterns: []Pattern{{
			Kind: RepeatedSize, Confidence: 0.957, Evidence: "900 of 1000 allocations ask for 1 KiB",
			Suggestion: "keep them", Bytes: 1024,
		}},
	}
}

func TestWriteText(t *testing.T) {
	var text strings.Builder
	require.NoError(t, sample().WriteText(&text))
	require.Equal(t, strings.TrimLeft(`
3 MiB live in 12 buffers, at most 5 MiB and 40; 1234 allocations of 700 GiB in 83 s (level detailed)

device   tag        live  buffers   peak  buffers  allocations    bytes  failed
cpu      kv cache  3 MiB        1  3 MiB        1            1    3 MiB       0
cpu      untagged   11 B       11  2 MiB       39         1233  700 GiB       2
cpu      all       3 MiB       12  5 MiB       40         1234  700 GiB       2
metal:0  all         0 B        0    0 B        0            0      0 B       0
all      all       3 MiB       12  5 MiB       40         1234  700 GiB       2

cpu: 3 MiB requested take 4 MiB; 10 MiB committed of at most 16 MiB, 1 GiB reserved
fragmentation: internal 25.0 %, external 50.0 %, largest free block 3 MiB

sizes of allocations, from
     512 B  #                                         1
     1 KiB  ########################################  1000
     2 KiB                                            0
     4 KiB  ####################                      500

lifetimes of released buffers, from
   1.05 ms  ########################################  7

ages of live buffers, from
    68.7 s  ########################################  12

stacks by live bytes
     3 MiB  in 1 buffer, kv cache on cpu
            example.com/kv.New (kv/kv.go:12)
            main.main (src/main.go:3)

patterns
  0.96 repeated size: 900 of 1000 allocations ask for 1 KiB
       keep them
`, "\n"), text.String())

	text.Reset()
	require.NoError(t, Report{}.WriteText(&text))
	require.Equal(t, "Memory is not tracked (level none).\n", text.String())
	require.ErrorIs(t, sample().WriteText(broken{}), errBroken)
}

var errBroken = errors.New("broken")

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errBroken }

func TestExportsReportErrors(t *testing.T) {
	tr := New(memory.Heap(), Options{Level: Detailed})
	b := alloc(t, tr, 1)
	defer b.Release()
	require.ErrorIs(t, tr.WriteChromeTrace(broken{}), errBroken)
	require.ErrorIs(t, tr.WriteHeapProfile(broken{}), errBroken)
}

func TestReportIsJSON(t *testing.T) {
	text, err := json.Marshal(sample())
	require.NoError(t, err)
	require.Contains(t, string(text), `"level":"detailed"`)
	require.Contains(t, string(text), `{"device":"cpu","tag":"kv cache","live_bytes":3145728,`)
	require.Contains(t, string(text), `"external_fragmentation":0.5`)
	var back Report
	require.NoError(t, json.Unmarshal(text, &back))
	require.Equal(t, sample(), back)
}

func TestUnits(t *testing.T) {
	for n, want := range map[int64]string{
		0: "0 B", 1023: "1023 B", 1024: "1 KiB", 1536: "1.5 KiB", 1<<20 - 1: "1 MiB", 1 << 40: "1 TiB", 1 << 52: "4096 TiB",
	} {
		require.Equal(t, want, byteText(n))
	}
	for d, want := range map[time.Duration]string{
		0: "0 ns", 999: "999 ns", 1234: "1.23 µs", 999999: "1 ms", 12345678: "12.3 ms", 99 * time.Second: "99 s",
		100 * time.Second: "1m40s",
	} {
		require.Equal(t, want, durationText(d))
	}
}

func TestLeakError(t *testing.T) {
	tr := New(memory.Heap(), Options{Level: Detailed})
	held := []memory.Buffer{allocHere(tr.Tagged("cache"))}
	for range 3 {
		held = append(held, alloc(t, tr, 2048))
	}
	err := tr.Close()
	var leaks *LeakError
	require.ErrorAs(t, err, &leaks)
	require.EqualValues(t, 6154, leaks.Bytes)
	require.Len(t, leaks.Leaks, 4)
	require.Equal(t, "cache", leaks.Leaks[0].Tag, "the oldest is the first")
	text := strings.Split(err.Error(), "\n")
	require.Len(t, text, 5)
	require.Equal(t, "track: 4 buffers of 6 KiB never released", text[0])
	require.Regexp(t, `^  3 buffers of 6 KiB, untagged on cpu, the oldest allocated .* ago$`, text[1])
	require.Regexp(t, `^    github.com/\S+/track.alloc \(track/tracker_test.go:\d+\) < \S+/track.TestLeakError \(track/report_test.go:\d+\) < testing`, text[2])
	require.Regexp(t, `^  1 buffer of 10 B, cache on cpu`, text[3])
	require.Contains(t, text[4], "track.inlined")

	for i := range 9 {
		held = append(held, alloc(t, tr.Tagged(string(rune('a'+i))), 1))
	}
	require.Regexp(t, `\n  and more, from 6 other places$`, tr.Close().Error())
	for _, b := range held {
		b.Release()
	}
	require.NoError(t, tr.Close(), "what was late is no leak any more")

	basic := New(memory.Heap(), Options{Level: Basic})
	b := alloc(t, basic, 3)
	require.EqualError(t, basic.Close(), "track: 1 buffer of 3 B never released\n  1 buffer of 3 B, untagged on cpu")
	b.Release()
}
