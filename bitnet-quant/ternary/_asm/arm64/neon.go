package main

// neon multiplies in 16 bits. An accumulator's lane takes two products, |.| ≤
// 2·128, of each of the 16 vectors of a block, so |lane| ≤ 1<<13, and is then
// added to one of 32 bits.
func neon(rows, tokens int) *kernel {
	k := newKernel("neon", rows, tokens)
	wide, narrow := k.grid(tokens, rows), k.grid(tokens, rows)
	packed, x, codes, mask := k.take(rows), k.take(tokens), k.take(2), k.take(1)[0]
	k.loop(func() { k.broadcast(3, mask) }, wide, func() {
		for c := range 4 {
			for r := range rows {
				k.load(k.weights(r), 16*c, packed[r])
			}
			for s := range 4 {
				for n := range tokens {
					k.load(k.acts(n), 64*s+16*c, x[n])
				}
				for r := range rows {
					code := codes[r%2]
					k.unpack(s, packed[r], mask, code)
					for n := range tokens {
						low := smlal
						if c == 0 && s == 0 {
							low = smull // begins the block
						}
						k.word(low, narrow[n][r], code, x[n])
						k.word(smlal2, narrow[n][r], code, x[n])
					}
				}
			}
		}
		for n := range tokens {
			for r := range rows {
				k.word(sadalp, wide[n][r], narrow[n][r])
			}
		}
	}, func() {
		k.eachOut(func(n int) { k.storeLanes(wide[n]) })
	})
	return k
}
