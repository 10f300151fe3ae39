package check

// A Severity is how bad a finding is.
type Severity string

const (
	Error   Severity = "error"   // the model does not load, or says something else than it should
	Warning Severity = "warning" // other engines may fail, or something is probably wrong
	Note    Severity = "note"    // harmless, and good to know
)

// A Kind is one of the faults that are looked for; the package comment describes them.
type Kind string

const (
	Structure     Kind = "structure"
	Ternary       Kind = "ternary"
	Scale         Kind = "scale"
	SwappedScale  Kind = "swapped-scale"
	I2SOrder      Kind = "i2s-order"
	NotFinite     Kind = "not-finite"
	ZeroRows      Kind = "zero-rows"
	DuplicateHead Kind = "duplicate-head"
	Activation    Kind = "activation"
	Tokenizer     Kind = "tokenizer"
	SpecialTokens Kind = "special-tokens"
	PreTokenizer  Kind = "pre-tokenizer"
	ChatTemplate  Kind = "chat-template"
)

// A Finding is something that is wrong with a model.
type Finding struct {
	Severity Severity `json:"severity"`
	Kind     Kind     `json:"kind"`
	Where    string   `json:"where"` // a tensor, a metadata key or a file
	What     string   `json:"what"`
	// Repair is the command that makes a model without the fault, "" if this version
	// has none.
	Repair string `json:"repair"`
}

// A Report is the result of a check.
type Report struct {
	Model    string    `json:"model"`
	Tensors  int       `json:"tensors"` // that were looked at
	Bytes    int64     `json:"bytes"`   // of them
	Findings []Finding `json:"findings"`
}

// Count returns the number of findings of a severity.
func (r *Report) Count(s Severity) int {
	n := 0
	for _, f := range r.Findings {
		if f.Severity == s {
			n++
		}
	}
	return n
}

// has reports whether there is an error at a place.
func (r *Report) has(where string) bool {
	for _, f := range r.Findings {
		if f.Severity == Error && f.Where == where {
			return true
		}
	}
	return false
}
