package sequence

// PadOptions say how [Pad] fills rows. The zero value pads with id 0 on the right
// to the length of the longest sequence.
type PadOptions struct {
	ID       int32 // the id of padding
	Side     Side  // where padding goes
	Width    int   // columns; 0: as many as the longest sequence has tokens
	Multiple int   // columns are rounded up to a multiple of it; 0: 1
}

// Pad returns a batch with a row for each sequence, in order. It copies them. An
// empty sequence gives a row of padding. It returns a [*LengthError] if a sequence
// is longer than Width. One long sequence makes all rows long: where lengths are not
// known to be alike, [Batches] with a limit of Tokens bounds the memory.
func Pad(seqs [][]int32, o PadOptions) (Batch, error) {
	if o.Width < 0 || o.Multiple < 0 || o.Side > Left {
		panic("sequence: Pad Width or Multiple below 0, or no such Side")
	}
	width := o.Width
	if width == 0 {
		for _, s := range seqs {
			width = max(width, len(s))
		}
	}
	width = roundUp(width, max(o.Multiple, 1))
	if err := fits(Lengths(seqs), width); err != nil {
		return Batch{}, err
	}
	b, err := makeBatch(len(seqs), width, o.ID)
	if err != nil {
		return Batch{}, err
	}
	for r, s := range seqs {
		at := 0
		if o.Side == Left {
			at = width - len(s)
		}
		b.Row(r).place(s, at, 1)
	}
	return b, nil
}
