package transformer

import (
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
	parts   []float32 // tasks' results, or two for each goroutine
	scratch []float32 // of each goroutine

	layer, first, tokens int
	tasks, chunks, tile  int // chunks is 0 when tokens are split
	shares               []share
}

// A share is the tasks that a goroutine claims first.
type share struct {
	next atomic.Int64 // task
	end  int64
	_    [48]byte // no other share in this cache line
}

// plan divides the attention of every layer over tokens from position first on, and
// returns how many results its tasks need at a time.
func (s *State) plan(first, tokens int) (parts int) {
	c, a := &s.m.config, &s.att
	group := c.Heads / c.KVHeads
	a.first, a.tokens = first, tokens
	a.chunks, a.tile = 0, max(tileRows/group, 1)
	if chunks := (first + tokens + nn.Chunk - 1) / nn.Chunk; tokens == 1 || tokens <= splitTokens && tokens*chunks <= splitParts {
		a.chunks, a.tile = chunks, tokens
	}
	a.tasks = c.KVHeads * max(a.chunks, (tokens+a.tile-1)/a.tile)
	slots := min(a.tasks, s.m.pool.Threads())
	parts = a.tasks
	if a.chunks == 0 {
		parts = 2 * slots
	}
	if slots > cap(a.shares) {
		a.shares = make([]share, slots)
	}
	a.shares = a.shares[:slots]
	return parts
}

// attend sets s.h (T, H·HeadDim) to the attention of a layer over the cache, which
// already holds the keys and values of these tokens. Where chunks were split,
// mergeChunks completes it.
func (s *State) attend() {
	s.att.divide()
	s.m.pool.Run(len(s.att.shares), s.bodies.attend)
}

// attendSlot works on tasks until none is left. The last tokens see the most, so
// tiles go from the last to the first.
func (s *State) attendSlot(slot int) {
	a, group := &s.att, s.m.config.Heads/s.m.config.KVHeads
	n := nn.Scratch(group, s.m.config.HeadDim)
	scratch := a.scratch[slot*n : (slot+1)*n]
	for {
		task, ok := a.claim(slot)
		if !ok {
			return
		}
		if a.chunks > 0 {
			g, chunk := task/a.chunks, task%a.chunks
			s.cache.Head(a.layer, g).Chunk(s.part(task, a.tokens), s.queries(g, 0, a.tokens), chunk, scratch)
		} else {
			tiles := a.tasks / s.m.config.KVHeads
			s.attendTile(slot, task/tiles, tiles-1-task%tiles, scratch)
		}
	}
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

// attendTile completes one tile of tokens of key-value head g.
func (s *State) attendTile(slot, g, tile int, scratch []float32) {
	a := &s.att
	lo, hi := tile*a.tile, min((tile+1)*a.tile, a.tokens)
	sum := s.part(2*slot, hi-lo)
	s.cache.Head(a.layer, g).Attend(sum, s.part(2*slot+1, hi-lo), s.queries(g, lo, hi), scratch)
	for t := lo; t < hi; t++ {
		s.take(sum, g, t, t-lo)
	}
}

// mergeChunks completes the tokens lo <= t < hi when tasks were split by chunks.
func (s *State) mergeChunks(lo, hi int) {
	a := &s.att
	if a.chunks == 0 {
		return
	}
	for g := range s.m.config.KVHeads {
		sum := s.tokens(s.part(g*a.chunks, a.tokens), lo, hi)
		for c := 1; c < a.chunks; c++ {
			sum.Merge(s.tokens(s.part(g*a.chunks+c, a.tokens), lo, hi))
		}
		for t := lo; t < hi; t++ {
			s.take(sum, g, t, t-lo)
		}
	}
}

// part returns the memory of part i for some tokens of a group of heads.
func (s *State) part(i, tokens int) nn.Part {
	c := &s.m.config
	group := c.Heads / c.KVHeads
	n := nn.PartLen(s.att.tile*group, c.HeadDim)
	rows := tokens * group
	return nn.MakePart(s.att.parts[i*n:][:nn.PartLen(rows, c.HeadDim)], rows, c.HeadDim)
}

// tokens returns the rows of tokens lo <= t < hi of p.
func (s *State) tokens(p nn.Part, lo, hi int) nn.Part {
	group, width := s.m.config.Heads/s.m.config.KVHeads, s.m.config.HeadDim
	lo, hi = lo*group, hi*group
	return nn.Part{Out: p.Out[lo*width : hi*width], Top: p.Top[lo:hi], Sum: p.Sum[lo:hi]}
}

// take copies the finished heads of key-value head g, token t, from the rows of
// the part's token i.
func (s *State) take(p nn.Part, g, t, i int) {
	c := &s.m.config
	group := c.Heads / c.KVHeads
	out := s.h[t*c.QDim()+g*group*c.HeadDim:]
	for j := range group {
		p.Row(out[j*c.HeadDim:(j+1)*c.HeadDim], i*group+j)
	}
}

// queries returns the rotated queries of key-value head g and tokens lo <= t < hi.
func (s *State) queries(g, lo, hi int) nn.Queries {
	c, a := &s.m.config, &s.att
	group := c.Heads / c.KVHeads
	n := group * c.HeadDim
	return nn.Queries{
		Rows: a.q[(g*a.tokens+lo)*n : (g*a.tokens+hi)*n], Group: group,
		Seen: a.first + lo + 1, Window: c.WindowOf(a.layer),
	}
}

// putTokens norms and rotates the queries and keys of tokens lo <= t < hi in s.qkv, caches
// keys and values and lays the queries out for their key-value heads.
func (s *State) putTokens(lo, hi int) {
	c, a := &s.m.config, &s.att
	qDim, kvDim := c.QDim(), c.KVDim()
	width, n := qDim+2*kvDim, qDim/c.KVHeads
	ld := padded(width)
	scale, rope := float32(c.Scale()), s.rope
	if c.WindowOf(a.layer) > 0 {
		rope = s.slide
	}
	for t := lo; t < hi; t++ {
		row := s.qkv[t*ld:][:width]
		if c.HeadNorms {
			normHeads(row[:qDim], s.layer.qNorm, float32(c.NormEps))
			normHeads(row[qDim:qDim+kvDim], s.layer.kNorm, float32(c.NormEps))
		}
		rope.Apply(row[:qDim+kvDim], a.first+t)
		s.cache.Put(a.layer, a.first+t, row[qDim:qDim+kvDim], row[qDim+kvDim:])
		for g := range c.KVHeads {
			nn.Scale(a.q[(g*a.tokens+t)*n:][:n], row[g*n:(g+1)*n], scale)
		}
	}
}

// normHeads norms every head of x.
func normHeads(x, gain []float32, eps float32) {
	for h := 0; h < len(x); h += len(gain) {
		head := x[h : h+len(gain)]
		nn.RMSNorm(head, head, gain, eps)
	}
}
