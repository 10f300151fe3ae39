package int8act

// An Order says where within a row the values of its columns stand. Products want
// the activations in the order in which the bytes of the weights hold theirs
// (package ternary); the sum does not care.
type Order uint8

const (
	// Natural: column c stands at c.
	Natural Order = iota
	// GroupsReversed is for weights packed by groups of 128 with the first 32 in
	// the highest bits, as I2_S files hold them. Of every [Padding] = 256 columns,
	// column 128g + 32n + m stands at 64·(3-n) + 32g + m, g < 2, n < 4, m < 32.
	GroupsReversed
)

// At returns where in its row the value of column c stands.
func (o Order) At(c int) int {
	if o == Natural {
		return c
	}
	block, g, n, m := c/Padding, c%Padding/128, c%128/32, c%32
	return block*Padding + 64*(3-n) + 32*g + m
}

// reverseGroups brings a block from the natural order to GroupsReversed.
func reverseGroups(block *[Padding]int8) {
	from := *block
	for c := 0; c < Padding; c += 32 {
		*(*[32]int8)(block[GroupsReversed.At(c):]) = [32]int8(from[c:])
	}
}
