package check

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/bitnet-go/bitnet/bitnet-inference/checkpoint"
	"github.com/bitnet-go/bitnet/bitnet-quant/qtensor"
)

// Options change how a model is checked. The zero value is good.
type Options struct {
	// Read says what the files leave open.
	Read checkpoint.Options
	// Progress, if not nil, is called with the bytes of tensors that have been read and
	// that there are, by one goroutine at a time.
	Progress func(done, total int64)
}

// File checks a GGUF file or a Hugging Face directory. What keeps it from being opened is
// a finding, unless there is no such file, it may not be read, or Options.Read does not fit
// it.
func File(ctx context.Context, path string, o Options) (*Report, error) {
	ck, err := checkpoint.OpenWith(path, o.Read)
	var unfit *checkpoint.OptionsError
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) || errors.As(err, &unfit) {
		return nil, err
	}
	if err != nil {
		r := &Report{Model: path, Findings: []Finding{}}
		for _, fault := range faults(err) {
			r.Findings = append(r.Findings, Finding{Severity: Error, Kind: Structure, Where: path, What: without(fault, path)})
		}
		return r, nil
	}
	defer ck.Close()
	return Checkpoint(ctx, ck, o)
}

// without leaves out of an error the file that the finding is about, and the package before it.
func without(fault, path string) string {
	if pkg, what, ok := strings.Cut(fault, path+": "); ok && !strings.Contains(strings.TrimSuffix(pkg, ": "), " ") {
		return what
	}
	return fault
}

// A checker is the state of one check.
type checker struct {
	ck          *checkpoint.Checkpoint
	opts        Options
	stored      map[string]checkpoint.TensorInfo
	order       map[string]int // places of tensors in the file
	roles       map[string]*checkpoint.Role
	scaled      map[string]*checkpoint.Role // projections, by the tensors with their scales
	embed, head string                      // names of their tensors

	mu       sync.Mutex
	report   *Report
	done     int64
	evidence qtensor.OrderEvidence // of I2_S tensors
	// Logarithms of what projections give, see the package comment, and would give with
	// reciprocals of their scales.
	outputs, reciprocal []float64
}

// Checkpoint checks a model that was opened with o.Read. It returns an error if ctx ends.
func Checkpoint(ctx context.Context, ck *checkpoint.Checkpoint, o Options) (*Report, error) {
	c := &checker{
		ck: ck, opts: o, stored: map[string]checkpoint.TensorInfo{}, order: map[string]int{}, roles: map[string]*checkpoint.Role{}, scaled: map[string]*checkpoint.Role{},
		report: &Report{Model: ck.Name, Findings: []Finding{}},
	}
	for i, t := range ck.Tensors() {
		c.stored[t.Name], c.order[t.Name] = t, i
	}
	c.findRoles()
	if err := c.tensors(ctx); err != nil {
		return nil, err
	}
	c.scales()
	c.i2sOrder()
	slices.SortStableFunc(c.report.Findings, func(a, b Finding) int { return cmp.Compare(c.place(a.Where), c.place(b.Where)) })
	c.structure()
	c.activation()
	c.text()
	rank := map[Severity]int{Error: 0, Warning: 1, Note: 2}
	slices.SortStableFunc(c.report.Findings, func(a, b Finding) int { return cmp.Compare(rank[a.Severity], rank[b.Severity]) })
	return c.report, ctx.Err()
}

// place returns where in the file a tensor is; what is no tensor comes last.
func (c *checker) place(where string) int {
	if i, ok := c.order[where]; ok {
		return i
	}
	return len(c.order)
}

func (c *checker) add(f Finding) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.report.Findings = append(c.report.Findings, f)
}

// structure reports what keeps the model from being put together, but for tensors that
// something is known to be wrong with.
func (c *checker) structure() {
	err := c.ck.Structure()
	if err == nil {
		return
	}
	for _, fault := range faults(err) {
		where := c.ck.Name
		fault = strings.TrimPrefix(fault, where+": ")
		for _, t := range c.ck.Tensors() {
			if strings.Contains(fault, strconv.Quote(t.Name)) {
				where = t.Name
				break
			}
		}
		if where != c.ck.Name && c.report.has(where) {
			continue
		}
		c.add(Finding{Severity: Error, Kind: Structure, Where: where, What: fault})
	}
}

// faults returns the single faults of an error that lists one a line.
func faults(err error) []string {
	return strings.Split(strings.TrimSpace(err.Error()), "\n")
}
