package gguf

import "math"

// value reads a metadata value of type t; what names it in messages.
func (c *cursor) value(t valueType, nesting int, what string) (any, error) {
	switch t {
	case typeString:
		b, err := c.text(what)
		return string(b), err
	case typeArray:
		return c.array(nesting, what)
	}
	if t >= valueType(len(minSize)) {
		return nil, c.errorf("%s has the unknown type %d: the file is damaged, or newer than this program", what, t)
	}
	b, err := c.next(minSize[t], what)
	if err != nil {
		return nil, err
	}
	o := c.order
	switch t {
	case typeUint8:
		return b[0], nil
	case typeInt8:
		return int8(b[0]), nil
	case typeUint16:
		return o.Uint16(b), nil
	case typeInt16:
		return int16(o.Uint16(b)), nil
	case typeUint32:
		return o.Uint32(b), nil
	case typeInt32:
		return int32(o.Uint32(b)), nil
	case typeFloat32:
		return math.Float32frombits(o.Uint32(b)), nil
	case typeUint64:
		return o.Uint64(b), nil
	case typeInt64:
		return int64(o.Uint64(b)), nil
	case typeFloat64:
		return math.Float64frombits(o.Uint64(b)), nil
	}
	if b[0] > 1 {
		return nil, c.errorf("%s is a truth value of %d, want 0 or 1: the file is damaged, download it again", what, b[0])
	}
	return b[0] == 1, nil
}

// array reads an array: element type, count, elements.
func (c *cursor) array(nesting int, what string) (any, error) {
	if nesting >= maxNesting {
		return nil, c.errorf("%s nests arrays more than %d deep: the file is damaged, download it again", what, maxNesting)
	}
	id, err := c.uint32("the element type of " + what)
	if err != nil {
		return nil, err
	}
	t := valueType(id)
	if id >= uint32(len(minSize)) {
		return nil, c.errorf("%s is an array of the unknown type %d: the file is damaged, or newer than this program", what, id)
	}
	n, err := c.count(minSize[t], "the number of elements of "+what)
	if err != nil {
		return nil, err
	}
	switch t {
	case typeString:
		return c.strings(n, what)
	case typeArray:
		a := make([]any, n)
		for i := range a {
			if a[i], err = c.array(nesting+1, what); err != nil {
				return nil, err
			}
		}
		return a, nil
	}
	b, err := c.next(n*minSize[t], what)
	if err != nil {
		return nil, err
	}
	o := c.order
	switch t {
	case typeUint8:
		return append([]uint8{}, b...), nil
	case typeInt8:
		return decode(n, b, func(b []byte) int8 { return int8(b[0]) }), nil
	case typeUint16:
		return decode(n, b, o.Uint16), nil
	case typeInt16:
		return decode(n, b, func(b []byte) int16 { return int16(o.Uint16(b)) }), nil
	case typeUint32:
		return decode(n, b, o.Uint32), nil
	case typeInt32:
		return decode(n, b, func(b []byte) int32 { return int32(o.Uint32(b)) }), nil
	case typeFloat32:
		return decode(n, b, func(b []byte) float32 { return math.Float32frombits(o.Uint32(b)) }), nil
	case typeUint64:
		return decode(n, b, o.Uint64), nil
	case typeInt64:
		return decode(n, b, func(b []byte) int64 { return int64(o.Uint64(b)) }), nil
	case typeFloat64:
		return decode(n, b, func(b []byte) float64 { return math.Float64frombits(o.Uint64(b)) }), nil
	}
	for i, v := range b {
		if v > 1 {
			return nil, c.errorf("element %d of %s is a truth value of %d, want 0 or 1: the file is damaged, download it again", i, what, v)
		}
	}
	return decode(n, b, func(b []byte) bool { return b[0] == 1 }), nil
}

// decode returns the n elements that b holds.
func decode[T any](n int, b []byte, elem func([]byte) T) []T {
	a := make([]T, n)
	for i := range a {
		size := len(b) / n
		a[i] = elem(b[i*size:])
	}
	return a
}

// strings reads n strings. Vocabularies have some hundred thousand, so their
// bytes are copied once, lengths and all, and the strings are slices of that.
func (c *cursor) strings(n int, what string) ([]string, error) {
	start := c.off
	for range n {
		// As in text, without making its messages half a million times.
		if c.left() < 8 {
			return nil, c.truncated(what)
		}
		size := c.order.Uint64(c.b[c.off:])
		if size > uint64(c.left()-8) {
			_, err := c.text("a string in " + what)
			return nil, err
		}
		c.off += 8 + int(size)
	}
	all := string(c.b[start:c.off])
	a := make([]string, n)
	at := 0
	for i := range a {
		size := int(c.order.Uint64(c.b[start+at : start+at+8]))
		a[i] = all[at+8 : at+8+size]
		at += 8 + size
	}
	return a, nil
}
