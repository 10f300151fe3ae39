package transformer

import (
	"slices"
	"sync/atomic"

	"github.com/bitnet-go/bitnet/bitnet-core/nn"
)

const (
	// splitTokens is the number of tokens up to which attention is split over the
	// threads by parts of the context, and by tokens above it.
	splitTokens = 16
	// splitParts is the number of tokens times chunks up to which several tokens
	// are split that way: 10 MB of results at 2B-4T's shape.
	splitParts = 1024
	// tileRows is about how many query rows take a chunk of keys and values in
	// turn, while those are in the second-level cache: a multiple of what package
	// nn computes together.
	tileRows = 60
)

// An attention is the work of all heads of one layer. It is split into tasks, of
// which each goroutine has a share, those of neighbouring positions, and helps the
// others when its own are claimed. What kernels ask into their core's cache ahead of
// them is then mostly their own next task. Each goroutine has scratch of its own.
//
// A few tokens are split into (key-value head, chunk of positions), and what the
// chunks gave is merged afterwards. Many tokens are split into (key-value head,
// tile of tokens), and a task walks over the chunks. Both merge in the same order
// and so give the same bits.
type attention struct {
	q       []float32 // (G, T, group·HeadDim) rotated and scaled queries
	parts   []float32 // two results for each goroutine that takes tiles, then those of chunks
	scratch []float32 // of each goroutine

	runs   []attending
	layer  int
	tokens int // of all runs
	tasks  int // of all runs
	tile   int // the most tokens of a run's tile
	shares []share
}

// attending is the attention of one run of a pass.
type attending struct {
	state  *State
	row    int // its first, of all tokens'
	first  int // position of that
	tokens int
	task   int // its first, of all runs'
	chunks int // 0 when tokens are split
	tile   int // tokens of a task
}

// A share is the tasks that a goroutine claims first.
type share struct {
	next atomic.Int64 // task
	end  int64
	_    [48]byte // no other share in this cache line
}

// plan divides the attention of every layer over the tokens of runs, and returns how
// much memory its tasks' results need at a time.
func (p *Pass) plan(runs []Run) (parts int) {
	c, a := &p.m.config, &p.att
	a.runs, a.tokens, a.tasks, a.tile = a.runs[:0], 0, 0, 0
	for _, r := range runs {
		a.runs = append(a.runs, attending{
			state: r.State, row: a.tokens, first: r.State.Len(), tokens: len(r.IDs), task: a.tasks, tile: max(tileRows/c.Group(), 1),
		})
		one := &a.runs[len(a.runs)-1]
		// Several runs are enough tasks without chunks.
		if chunks := (one.first + one.tokens + nn.Chunk - 1) / nn.Chunk; len(runs) == 1 &&
			(one.tokens == 1 || one.tokens <= splitTokens && one.tokens*chunks <= splitParts) {
			one.chunks, one.tile = chunks, one.tokens
		}
		a.tile = max(a.tile, one.tile)
		a.tokens += one.tokens
		a.tasks += c.KVHeads * max(one.chunks, one.tiles())
	}
	slots := min(a.tasks, p.m.pool.Threads())
	if slots > cap(a.shares) {
		a.shares = make([]share, slots)
	}
	a.shares = a.shares[:slots]
	if a.runs[0].chunks > 0 {
		return a.tasks
	}
	return 2 * slots
}

// tiles returns the tasks of a key-value head when tokens are split.
func (r *attending) tiles() int { return (r.tokens + r.tile - 1) / r.tile }

// attend sets p.h (T, H·HeadDim) to the attention of a layer over the caches, which
// already hold the keys and values of these tokens. Where chunks were split,
// mergeChunks completes it.
func (p *Pass) attend() {
	p.att.divide()
	p.m.pool.Run(len(p.att.shares), p.bodies.attend)
}

// attendSlot works on tasks until none is left. The last tokens of a run see the most, so
// tiles go from the last to the first.
func (p *Pass) attendSlot(slot int) {
	a, c := &p.att, &p.m.config
	n := nn.Scratch(c.Group(), c.HeadDim)
	scratch := a.scratch[slot*n : (slot+1)*n]
	for {
		task, ok := a.claim(slot)
		if !ok {
			return
		}
		r := a.runOf(task)
		if r.chunks > 0 {
			g, chunk := task/r.chunks, task%r.chunks
			r.state.cache.Head(a.layer, g).Chunk(p.part(task, r.tokens), p.queries(r, g, 0, r.tokens), chunk, scratch)
		} else {
			tiles := r.tiles()
			task -= r.task
			p.attendTile(slot, r, task/tiles, tiles-1-task%tiles, scratch)
		}
	}
}

// runOf returns the run that a task belongs to.
func (a *attention) runOf(task int) *attending {
	i, _ := slices.BinarySearchFunc(a.runs, task, func(r attending, task int) int {
		if r.task <= task {
			return -1
		}
		return 1
	})
	return &a.runs[i-1]
}

// divide gives every slot its share of the tasks.
func (a *attention) divide() {
	for i := range a.shares {
		a.shares[i].next.Store(int64(i * a.tasks / len(a.shares)))
		a.shares[i].end = int64((i + 1) * a.tasks / len(a.shares))
	}
}

// claim returns a task that no one has claimed: of the slot's own share, or else of
// the next one that has any.
func (a *attention) claim(slot int) (task int, ok bool) {
	for i := range a.shares {
		s := &a.shares[(slot+i)%len(a.shares)]
		if task := s.next.Add(1) - 1; task < s.end {
			return int(task), true
		}
	}
	return 0, false
}

// attendTile completes one tile of a run's tokens for key-value head g.
func (p *Pass) attendTile(slot int, r *attending, g, tile int, scratch []float32) {
	lo, hi := tile*r.tile, min((tile+1)*r.tile, r.tokens)
	sum := p.part(2*slot, hi-lo)
	r.state.cache.Head(p.att.layer, g).Attend(sum, p.part(2*slot+1, hi-lo), p.queries(r, g, lo, hi), scratch)
	for t := lo; t < hi; t++ {
		p.take(sum, g, r.row+t, t-lo)
	}
}

// mergeChunks completes the tokens lo <= t < hi when the tasks of the only run were split
// by chunks.
func (p *Pass) mergeChunks(lo, hi int) {
	r := &p.att.runs[0]
	if r.chunks == 0 {
		return
	}
	for g := range p.m.config.KVHeads {
		sum := p.rows(p.part(g*r.chunks, r.tokens), lo, hi)
		for c := 1; c < r.chunks; c++ {
			sum.Merge(p.rows(p.part(g*r.chunks+c, r.tokens), lo, hi))
		}
		for t := lo; t < hi; t++ {
			p.take(sum, g, t, t-lo)
		}
	}
}

// part returns the memory of part i for some tokens of a group of heads.
func (p *Pass) part(i, tokens int) nn.Part {
	c := &p.m.config
	n := nn.PartLen(p.att.tile*c.Group(), c.HeadDim)
	rows := tokens * c.Group()
	return nn.MakePart(p.att.parts[i*n:][:nn.PartLen(rows, c.HeadDim)], rows, c.HeadDim)
}

// rows returns the rows of tokens lo <= t < hi of a part.
func (p *Pass) rows(part nn.Part, lo, hi int) nn.Part {
	group, width := p.m.config.Group(), p.m.config.HeadDim
	lo, hi = lo*group, hi*group
	return nn.Part{Out: part.Out[lo*width : hi*width], Top: part.Top[lo:hi], Sum: part.Sum[lo:hi]}
}

// take copies the finished heads of key-value head g, row t of all tokens', from the rows
// of the part's token i.
func (p *Pass) take(part nn.Part, g, t, i int) {
	c := &p.m.config
	group := c.Group()
	out := p.h[t*c.QDim()+g*group*c.HeadDim:]
	for j := range group {
		part.Row(out[j*c.HeadDim:(j+1)*c.HeadDim], i*group+j)
	}
}

// queries returns the rotated queries of key-value head g and a run's tokens lo <= t < hi.
func (p *Pass) queries(r *attending, g, lo, hi int) nn.Queries {
	c, a := &p.m.config, &p.att
	n := c.Group() * c.HeadDim
	return nn.Queries{
		Rows: a.q[(g*a.tokens+r.row+lo)*n : (g*a.tokens+r.row+hi)*n], Group: c.Group(),
		Seen: r.first + lo + 1, Window: c.WindowOf(a.layer),
	}
}

// putTokens norms and rotates the queries and keys of tokens lo <= t < hi in p.qkv, caches
// keys and values and lays the queries out for their key-value heads.
func (p *Pass) putTokens(lo, hi int) {
	for i := range p.att.runs {
		r := &p.att.runs[i]
		for t := max(lo, r.row); t < min(hi, r.row+r.tokens); t++ {
			p.putToken(r, t)
		}
	}
}

// putToken is putTokens of row t, which is of run r.
func (p *Pass) putToken(r *attending, t int) {
	c, a := &p.m.config, &p.att
	qDim, kvDim := c.QDim(), c.KVDim()
	width, n := qDim+2*kvDim, qDim/c.KVHeads
	row := p.qkv[t*padded(width):][:width]
	rope := r.state.ropes.full
	if c.WindowOf(a.layer) > 0 {
		rope = r.state.ropes.slide
	}
	if c.HeadNorms {
		normHeads(row[:qDim], p.layer.qNorm, float32(c.NormEps))
		normHeads(row[qDim:qDim+kvDim], p.layer.kNorm, float32(c.NormEps))
	}
	position := r.first + t - r.row
	rope.Apply(row[:qDim+kvDim], position)
	r.state.cache.Put(a.layer, position, row[qDim:qDim+kvDim], row[qDim+kvDim:])
	scale := float32(c.Scale())
	for g := range c.KVHeads {
		nn.Scale(a.q[(g*a.tokens+t)*n:][:n], row[g*n:(g+1)*n], scale)
	}
}

// normHeads norms every head of x.
func normHeads(x, gain []float32, eps float32) {
	for h := 0; h < len(x); h += len(gain) {
		head := x[h : h+len(gain)]
		nn.RMSNorm(head, head, gain, eps)
	}
}
