package main

// matrix multiplies four rows with two or four tokens by SMMLA, which multiplies
// the two halves of one vector with the two halves of another: 2×8 by 8×2 in 32
// products, so halves of two rows, and of two tokens, are paired up. Codes are
// paired before they are unpacked.
//
// A lane belongs to one row and one token; an accumulator's bound is that of the
// result, 2·128·MaxCols = 1<<30.
func matrix(tokens int) *kernel {
	const rows = 4
	k := newKernel("mmla", rows, tokens)
	chains := 4 / tokens * 2 // eight accumulators hide the latency of SMMLA
	var acc [2][2][]int      // of a pair of tokens and a pair of rows
	var zero [][]int
	for t := range tokens / 2 {
		for r := range 2 {
			acc[t][r] = k.take(chains)
			zero = append(zero, acc[t][r])
		}
	}
	mask := k.take(1)[0]
	packed, x, loaded := k.grid(2, 4), k.grid(tokens/2, 4), k.take(4)
	codes := k.take(2)
	// pair reads 32 bytes of each of two rows: the halves of the first vector of
	// both, then of the second.
	pair := func(a, b string, at int, dst []int) {
		k.loadPair(a, at, loaded[0], loaded[1])
		k.loadPair(b, at, loaded[2], loaded[3])
		for i := range 2 {
			k.op("VZIP1 V%d.D2, V%d.D2, V%d.D2", loaded[2+i], loaded[i], dst[2*i])
			k.op("VZIP2 V%d.D2, V%d.D2, V%d.D2", loaded[2+i], loaded[i], dst[2*i+1])
		}
	}
	k.loop(func() { k.broadcast(3, mask) }, zero, func() {
		for c := 0; c < 4; c += 2 {
			for r := range 2 {
				pair(k.weights(2*r), k.weights(2*r+1), 16*c, packed[r])
			}
			for s := range 4 {
				for t := range tokens / 2 {
					pair(k.acts(2*t), k.acts(2*t+1), 64*s+16*c, x[t])
				}
				for i := range 4 {
					for r := range 2 {
						k.unpack(s, packed[r][i], mask, codes[r])
						for t := range tokens / 2 {
							k.word(smmla, acc[t][r][i%chains], x[t][i], codes[r])
						}
					}
				}
			}
		}
	}, func() {
		for t := range tokens / 2 {
			for r := range 2 {
				a := acc[t][r]
				for i := len(a) - 1; i > 0; i-- {
					k.op("VADD V%d.S4, V%d.S4, V%d.S4", a[i], a[0], a[0])
				}
			}
		}
		// acc[t][r][0] is now t0·r0, t0·r1, t1·r0, t1·r1.
		k.eachOut(func(n int) {
			a := acc[n/2]
			k.op("VZIP%d V%d.D2, V%d.D2, V%d.D2", 1+n%2, a[1][0], a[0][0], loaded[0])
			k.store(loaded[0], loaded[1])
		})
	})
	return k
}
