package transcode

// The embedding and the output head in GGUF files.
const (
	embedName = "token_embd"
	headName  = "output"
)

// A rotation says where the row of a query or key projection comes from when the
// pairs that rotary embedding turns are laid out anew. Hugging Face and the bitnet
// architectures of GGUF pair i with i+d/2 in a head of d rows; llama GGUF files pair
// 2i with 2i+1.
type rotation uint8

const (
	asIs       rotation = iota
	toAdjacent          // rows that were halves become pairs
	toHalves            // rows that were pairs become halves
)

// row returns the source row of row r, for heads of d rows.
func (p rotation) row(r, d int) int {
	head, at := r/d*d, r%d
	switch p {
	case toAdjacent:
		return head + at%2*(d/2) + at/2
	case toHalves:
		return head + at%(d/2)*2 + at/(d/2)
	}
	return r
}
