package jsonpull

// Value reads a value of any kind as a tree: map[string]any, []any, string,
// float64, bool or nil. It is meant for small members; a key that occurs twice
// in an object is an error.
func (p *Parser) Value() (any, error) {
	switch p.peek() {
	case '{':
		m := map[string]any{}
		err := p.Object(func(key []byte) error {
			k := string(key)
			if _, twice := m[k]; twice {
				return p.fail("the key " + k + " occurs twice in an object")
			}
			v, err := p.Value()
			m[k] = v
			return err
		})
		return m, err
	case '[':
		a := []any{}
		err := p.Array(func() error {
			v, err := p.Value()
			a = append(a, v)
			return err
		})
		return a, err
	case '"':
		s, err := p.String()
		return string(s), err
	case 't', 'f':
		return p.Bool()
	case 'n':
		return nil, p.literal("null")
	}
	return p.Float()
}
