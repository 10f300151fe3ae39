package checkpoint

// A Rotation says where the row of a query or key projection is found when the pairs that
// rotary embedding turns are laid out anew. Hugging Face and most architectures of GGUF
// pair i with i+d/2 in a head of d rows; llama GGUF files pair 2i with 2i+1.
type Rotation uint8

const (
	AsIs       Rotation = iota
	ToAdjacent          // rows that were halves become pairs
	ToHalves            // rows that were pairs become halves
)

// Turn returns how rows that are stored for adjacent pairs, or for halves, become those
// that are wanted; model.Config.RopeAdjacent says which a model has.
func Turn(stored, wanted bool) Rotation {
	switch {
	case wanted && !stored:
		return ToAdjacent
	case stored && !wanted:
		return ToHalves
	}
	return AsIs
}

// Row returns the stored row of row r, for heads of d rows.
func (p Rotation) Row(r, d int) int {
	switch p {
	case ToAdjacent:
		at := r % d
		return r - at + at%2*(d/2) + at/2
	case ToHalves:
		at := r % d
		return r - at + at%(d/2)*2 + at/(d/2)
	}
	return r
}
