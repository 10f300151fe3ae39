package blas

// A batch is the state of one GemmBatch.
type batch struct {
	c, a, b     []Matrix[float32]
	alpha, beta float32
}

// GemmBatch computes c[i] = alpha·a[i]·b[i] + beta·c[i] for every i. One a or one b serves
// all products. The results overlap neither each other nor an operand. Elements are
// the same to the bit as those of [Workspace.Gemm].
func (w *Workspace) GemmBatch(c []Matrix[float32], alpha float32, a, b []Matrix[float32], beta float32) {
	w.check()
	if len(a) != len(c) && len(a) != 1 || len(b) != len(c) && len(b) != 1 {
		panic("blas: GemmBatch shapes")
	}
	w.batch = batch{c, a, b, alpha, beta}
	defer func() { w.batch = batch{} }()
	few := len(c) >= 2*len(w.lanes)
	for i := range c {
		c, a, b := w.batch.of(i)
		check(&c, &a, &b)
		// Large products need all room, and keep all threads busy by themselves.
		few = few && c.Rows <= w.lanes[0].rows && c.Cols <= w.lanes[0].cols
	}
	if few {
		w.pool.Run(len(w.lanes), w.lane)
		return
	}
	for i := range c {
		c, a, b := w.batch.of(i)
		w.Gemm(c, alpha, a, b, beta)
	}
}

func (b *batch) of(i int) (c, x, y Matrix[float32]) {
	return b.c[i], b.a[min(i, len(b.a)-1)], b.b[min(i, len(b.b)-1)]
}

// runLane computes share i of the batch.
func (w *Workspace) runLane(i int) {
	p, n := &w.lanes[i], len(w.batch.c)
	for at := i * n / len(w.lanes); at < (i+1)*n/len(w.lanes); at++ {
		c, a, b := w.batch.of(at)
		p.set(c, w.batch.alpha, a, b, w.batch.beta)
		p.run()
	}
	p.clear()
}
