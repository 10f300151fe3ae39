package cli

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/bitnet-go/bitnet/bitnet-core/device"
	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/encoding/gguf"
	"github.com/bitnet-go/bitnet/bitnet-core/memory"
	"github.com/bitnet-go/bitnet/bitnet-core/nn"
	"github.com/bitnet-go/bitnet/bitnet-core/parallel"
	"github.com/bitnet-go/bitnet/bitnet-core/simd"
	"github.com/bitnet-go/bitnet/bitnet-inference/bench"
	"github.com/bitnet-go/bitnet/bitnet-inference/checkpoint"
	"github.com/bitnet-go/bitnet/bitnet-inference/model"
	"github.com/bitnet-go/bitnet/bitnet-inference/transformer"
)

type benchOptions struct {
	model     modelArg
	synthetic syntheticFlags

	prefill, decode, depth, threads []int

	runs    int
	memory  memoryFlags
	compute transformer.Options // what memory says
	format  string
	json    bool

	check     func(*model.Weights) error // bench.Check, but in tests
	checkHead func(*nn.Matrix) error     // bench.CheckHead, but in tests
}

func newBench(s *Streams) *cobra.Command {
	o := benchOptions{check: bench.Check, checkHead: bench.CheckHead}
	cmd := &cobra.Command{
		Use:   "bench [MODEL]",
		Short: "Measure how fast a model runs on this machine",
		Long: `Measure how fast a model runs on this machine, in llama-bench's terms: tokens a
second in prefill of a prompt (pp512) and in decode (tg64), behind a context of
--depth tokens; mean and standard deviation of -r runs, after one that is not
counted. Values in a list are measured each with each.

bytes/token is what has to be read from memory for a token: packed weights, head
(or what screens it), keys and values. bandwidth is the share of the memory's read bandwidth that this
comes to; the bandwidth is measured by the command, on as many threads, with a
buffer far larger than the caches (a model that fits into a cache can be above
100 %). RSS is the process's peak of resident memory by the end of the test.

No speed is printed if a quick check of the kernels against plain arithmetic
fails. --synthetic makes a model of random weights in the shape of a published
one and measures that: without a download, and the same everywhere.`,
		Example: `  bitnet bench -p 64 -n 16 -r 2
  bitnet bench ./model.gguf -p 128,512 -n 64 -t 1,2
  bitnet bench --synthetic 2b4t -p 512 -n 64 --depth 0,2048
  bitnet bench --synthetic large --type tq2_0 --synthetic-out large.gguf --json
  BITNET_SIMD=avx2 bitnet bench -o csv`,
		ValidArgsFunction: completeModel,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.parse(cmd.Flags(), args); err != nil {
				return err
			}
			return runBench(cmd.Context(), s, &o)
		},
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	o.model.register(fs)
	fs.IntSliceVarP(&o.prefill, "n-prompt", "p", []int{512}, "prefill `N,...` tokens; 0: no such test")
	fs.IntSliceVarP(&o.decode, "n-gen", "n", []int{64}, "decode `N,...` tokens; 0: no such test")
	fs.IntSliceVarP(&o.depth, "depth", "d", []int{0}, "behind a context of `N,...` tokens")
	fs.IntSliceVarP(&o.threads, "threads", "t", []int{0}, "on `N,...` threads; 0: one for each core")
	fs.IntVarP(&o.runs, "repetitions", "r", 5, "count `N` runs of each test")
	o.memory.register(fs)
	fs.StringVarP(&o.format, "output", "o", "md", "print `FORMAT` md, csv or json")
	fs.BoolVar(&o.json, "json", false, "print a JSON array, as -o json does")
	o.synthetic.register(fs)
	return cmd
}

// Bounds that keep a typing error from asking for more than there is.
const (
	maxRuns       = 10_000
	maxTestTokens = 1 << 24
)

// parse settles everything that can be settled without the model.
func (o *benchOptions) parse(fs *pflag.FlagSet, args []string) error {
	if o.json {
		if fs.Changed("output") && o.format != "json" {
			return usagef("--json and -o %s contradict each other", o.format)
		}
		o.format = "json"
	}
	if benchFormats[o.format] == nil {
		return usagef("-o is %q, want md, csv or json", o.format)
	}
	var err error
	if o.compute, err = o.memory.parse(); err != nil {
		return err
	}
	if o.runs < 1 || o.runs > maxRuns {
		return usagef("-r is %d, want 1 to %d runs", o.runs, maxRuns)
	}
	for _, list := range []struct {
		flag   string
		values []int
	}{{"-p", o.prefill}, {"-n", o.decode}, {"--depth", o.depth}} {
		for _, v := range list.values {
			if v < 0 || v > maxTestTokens {
				return usagef("%s has %d, want 0 or more tokens", list.flag, v)
			}
		}
	}
	for i, v := range o.threads {
		n, err := threads(v)
		if err != nil {
			return err
		}
		o.threads[i] = n
	}
	if len(o.tests()) == 0 {
		return usagef("there is nothing to measure: give -p or -n a number above 0")
	}
	if o.synthetic.shape != "" && (len(args) > 0 || fs.Changed("model")) {
		return usagef("--synthetic %s makes the model, and another one is named, too", o.synthetic.shape)
	}
	if err := o.synthetic.parse(fs); err != nil || o.synthetic.shape != "" {
		return err
	}
	return o.model.resolveOnly(fs, args)
}

// tests returns what is to be measured on each number of threads, prefill first.
func (o *benchOptions) tests() []bench.Test {
	var all []bench.Test
	add := func(t bench.Test) {
		if t.Tokens() > 0 && !slices.Contains(all, t) {
			all = append(all, t)
		}
	}
	for _, d := range o.depth {
		for _, n := range o.prefill {
			add(bench.Test{Prefill: n, Depth: d})
		}
		for _, n := range o.decode {
			add(bench.Test{Decode: n, Depth: d})
		}
	}
	return all
}

func runBench(ctx context.Context, s *Streams, o *benchOptions) error {
	ctx, stop := interruptible(ctx)
	defer stop()
	if o.synthetic.shape != "" {
		path, err := o.synthetic.make(ctx, newProgress(s))
		if err != nil {
			return err
		}
		o.model.path = path
	}
	if err := o.model.obtain(ctx, s); err != nil {
		return err
	}
	ck, err := o.model.open(memory.Mapped())
	if err != nil {
		return err
	}
	defer ck.Close()
	b, err := newBencher(ctx, s, o, ck)
	if err != nil {
		return err
	}
	defer b.show.done()
	rows, err := b.measure(ctx)
	if err != nil {
		return err
	}
	b.show.done()
	return benchFormats[o.format](s.Out, rows)
}

// A bencher measures one model.
type bencher struct {
	o       *benchOptions
	ck      *checkpoint.Checkpoint
	weights *model.Weights
	compute transformer.Options
	tests   []bench.Test
	context int // tokens that the longest test needs
	show    *progress
}

func newBencher(ctx context.Context, s *Streams, o *benchOptions, ck *checkpoint.Checkpoint) (*bencher, error) {
	b := &bencher{o: o, ck: ck, compute: o.compute, tests: o.tests(), show: newProgress(s)}
	if b.compute.CacheType == dtype.Invalid {
		b.compute.CacheType = ck.CacheType
	}
	for _, t := range b.tests {
		if n := ck.Config.ContextLength; t.Positions() > n {
			return nil, usagef("%v takes a context of %d tokens, and this model's has %d", t, t.Positions(), n)
		}
		b.context = max(b.context, t.Positions())
	}
	var err error
	if b.weights, err = ck.WeightsContext(ctx); err != nil {
		return nil, err
	}
	if err := o.check(b.weights); err != nil {
		return nil, noSpeed(err)
	}
	return b, nil
}

// noSpeed says what to do when kernels compute wrong results.
func noSpeed(err error) error {
	return fmt.Errorf("no speed is measured: %w; please report it, with what bitnet devices prints (BITNET_SIMD=generic may help meanwhile)", err)
}

// measure returns a row for each test and number of threads. The bandwidth comes
// last, so that its buffer is not part of the resident memory of any test.
func (b *bencher) measure(ctx context.Context) ([]benchRow, error) {
	var rows []benchRow
	for _, n := range b.o.threads {
		more, err := b.onThreads(ctx, n)
		if err != nil {
			return nil, err
		}
		rows = append(rows, more...)
	}
	bandwidth := map[int]float64{}
	buffer := device.BandwidthBuffer(device.Detect())
	for i := range rows {
		r := &rows[i]
		if bandwidth[r.Threads] == 0 {
			b.show.set("memory bandwidth on %s", plural(r.Threads, "thread"))
			v, err := device.MeasureBandwidth(ctx, device.BandwidthOptions{Threads: r.Threads, Buffer: buffer, Time: time.Second, ReadOnly: true})
			if err != nil {
				return nil, err
			}
			bandwidth[r.Threads] = v.Read
		}
		r.Bandwidth = bandwidth[r.Threads]
		r.Share = r.Rate * r.BytesPerToken / r.Bandwidth
	}
	return rows, nil
}

func (b *bencher) onThreads(ctx context.Context, threads int) ([]benchRow, error) {
	pool := parallel.New(threads)
	defer pool.Close()
	o := b.compute
	o.Pool = pool
	own, err := newMemory()
	if err != nil {
		return nil, err
	}
	defer func() { _ = own.Close() }() // all of it is released below, or gone with the process
	o.Memory = own.Memory()
	m, err := transformer.New(b.ck.Config, b.weights, o)
	if err != nil {
		return nil, err
	}
	defer m.Close()
	if m.Head().Type != b.weights.Head.Type {
		if err := b.o.checkHead(m.Head()); err != nil {
			return nil, noSpeed(err)
		}
	}
	s, err := m.NewState(b.context)
	if err != nil {
		return nil, err
	}
	defer s.Release()
	var rows []benchRow
	for _, t := range b.tests {
		result, err := bench.Run(ctx, m, s, t, b.o.runs, func(run int) {
			what := "warming up"
			if run > 0 {
				what = fmt.Sprintf("run %d of %d", run, b.o.runs)
			}
			b.show.set("%v on %s: %s", t, plural(threads, "thread"), what)
		})
		if err != nil {
			return nil, err
		}
		r := b.row(t, threads, m)
		r.Rate, r.Deviation = result.Rate()
		r.Rates = result.Rates()
		r.BytesPerToken = bench.NewTraffic(m, b.weights).PerToken(t) // of weights as they are packed by now
		if rss := bench.PeakRSS(); rss > 0 {
			mib := float64(rss) / (1 << 20)
			r.RSS = &mib
		}
		rows = append(rows, r)
	}
	return rows, nil
}

// row returns what is known of a test before it is run.
func (b *bencher) row(t bench.Test, threads int, m *transformer.Model) benchRow {
	r := benchRow{
		Test: t.Name(), Depth: t.Depth, Threads: threads, label: t.String(),
		SIMD: simd.Best().String(), Head: strings.ToLower(m.Head().Type.String()), Cache: strings.ToLower(b.compute.CacheType.String()),
		Model: b.ck.Name, Parameters: parameters(b.ck),
	}
	if m.Screen() != nil {
		r.Head += "-screened"
	}
	if base := filepath.Base(r.Model); base != "." && base != string(filepath.Separator) {
		r.Model, _ = gguf.CutExtension(base)
	}
	for _, info := range b.ck.Tensors() {
		r.Size += info.Bytes
	}
	return r
}

// plural returns "1 thread" or "2 threads".
func plural(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return strconv.Itoa(n) + " " + what
}
