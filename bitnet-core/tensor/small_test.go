package tensor

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/memory"
)

// smallCalls are operations on 1024 values, whose setup is much of their time.
func smallCalls(t testing.TB) []smallCall {
	x, err := New(memory.Heap(), dtype.F32, 8, 128)
	require.NoError(t, err)
	Arange(x.Reshape(1024), 0, 0.01)
	y, err := New(memory.Heap(), dtype.F32, 8, 128)
	require.NoError(t, err)
	row, err := New(memory.Heap(), dtype.F32, 8)
	require.NoError(t, err)
	column, err := New(memory.Heap(), dtype.F32, 128)
	require.NoError(t, err)
	one, err := New(memory.Heap(), dtype.F32)
	require.NoError(t, err)
	return []smallCall{
		{"Softmax", func() { Softmax(y, x, 1) }},
		{"SoftmaxDown", func() { Softmax(y, x, 0) }},
		{"RMSNorm", func() { RMSNorm(y, x, nil, 1e-5) }},
		{"Sum", func() { Sum(one, x) }},
		{"SumRows", func() { Sum(row, x, 1) }},
		{"SumDown", func() { Sum(column, x, 0) }},
		{"Var", func() { Var(row, x, 0, 1) }},
		{"LogSumExp", func() { LogSumExp(row, x, 1) }},
		{"ReduceMax", func() { ReduceMax(row, x, 1) }},
		{"AddColumn", func() { Add(y, x, row.Unsqueeze(1)) }},
		{"AddRow", func() { Add(y, x, column) }},
		{"Transpose", func() { Copy(y.Reshape(128, 8), x.Transpose(0, 1)) }},
	}
}

type smallCall struct {
	name string
	run  func()
}

// TestSmallCalls keeps the setup of calls from growing: some slices and functions, but
// none for each element or row. Counts are a third above those of today.
func TestSmallCalls(t *testing.T) {
	want := map[string]float64{"Softmax": 3, "RMSNorm": 7, "Sum": 14, "SumRows": 14, "AddRow": 2, "LogSumExp": 11, "ReduceMax": 13}
	for _, c := range smallCalls(t) {
		if limit, ok := want[c.name]; ok {
			require.LessOrEqual(t, testing.AllocsPerRun(20, c.run), limit, c.name)
		}
	}
}

func BenchmarkSmall(b *testing.B) {
	for _, c := range smallCalls(b) {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				c.run()
			}
		})
	}
}
