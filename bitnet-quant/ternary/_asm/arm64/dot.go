package main

// dotVector multiplies with one token. Masks leave the first three codes of a
// byte where they are, so that they weigh 1, 4 and 16; each weight has an
// accumulator, which is shifted back once at the end of the row. The fourth would
// weigh 64, and 2·64 is no int8: it is shifted and shares the first accumulator.
//
// A lane of the third accumulator takes 16 products, |.| ≤ 32·128, a block, and
// rows have at most 1<<14 blocks (MaxCols): it stays within ±1<<30.
func dotVector(rows int) *kernel {
	k := newKernel("dot", rows, 1)
	acc := k.grid(rows, 3)
	masks, x, packed, codes := k.take(3), k.grid(4, 2), k.grid(2, 2), k.take(2)
	k.loop(func() {
		for s, m := range masks {
			k.broadcast(3<<(2*s), m)
		}
	}, acc, func() {
		for c := 0; c < 4; c += 2 {
			for s := range 4 {
				k.loadPair(k.acts(0), 64*s+16*c, x[s][0], x[s][1])
			}
			for r := range rows {
				p := packed[r%2]
				k.loadPair(k.weights(r), 16*c, p[0], p[1])
				for i := range 2 {
					for s, m := range masks {
						k.op("VAND V%d.B16, V%d.B16, V%d.B16", m, p[i], codes[s%2])
						k.word(sdot, acc[r][s], codes[s%2], x[s][i])
					}
					k.unpack(3, p[i], 0, codes[1])
					k.word(sdot, acc[r][0], codes[1], x[3][i])
				}
			}
		}
	}, func() {
		sums := make([]int, rows)
		for r, a := range acc {
			k.word(sshr2, a[1], a[1])
			k.word(sshr4, a[2], a[2])
			k.op("VADD V%d.S4, V%d.S4, V%d.S4", a[1], a[0], a[0])
			k.op("VADD V%d.S4, V%d.S4, V%d.S4", a[2], a[0], a[0])
			sums[r] = a[0]
		}
		k.eachOut(func(int) { k.storeLanes(sums) })
	})
	return k
}

// dotMatrix multiplies four rows with several tokens. Codes are shifted down, so
// that one accumulator for each row and token is enough; the shifts are shared by
// all tokens. A lane takes 64 products, |.| ≤ 2·128, a block and stays within
// ±1<<28.
func dotMatrix(tokens int) *kernel {
	const rows = 4
	k := newKernel("dot", rows, tokens)
	acc := k.grid(tokens, rows)
	mask := k.take(1)[0]
	packed, x, codes := k.take(rows), k.take(tokens), k.take(2)
	k.loop(func() { k.broadcast(3, mask) }, acc, func() {
		for c := range 4 {
			for r := range rows {
				k.load(k.weights(r), 16*c, packed[r])
			}
			for s := range 4 {
				for n := range tokens {
					k.load(k.acts(n), 64*s+16*c, x[n])
				}
				for r := range rows {
					k.unpack(s, packed[r], mask, codes[r%2])
					for n := range tokens {
						k.word(sdot, acc[n][r], codes[r%2], x[n])
					}
				}
			}
		}
	}, func() {
		k.eachOut(func(n int) { k.storeLanes(acc[n]) })
	})
	return k
}
