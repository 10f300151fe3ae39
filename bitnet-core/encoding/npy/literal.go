package npy

import (
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/bitnet-go/bitnet/bitnet-core/tensor"
)

// A literal reads the part of Python's syntax that headers consist of. Nothing in
// it is nested deeper than a tuple in a dict.
type literal struct {
	text string
	at   int
}

// header reads the dict of a header.
func (l *literal) header() (info Info, err error) {
	if !l.take('{') {
		return info, l.fault("want {")
	}
	seen := map[string]bool{}
	for !l.take('}') {
		key, err := l.quoted()
		if err != nil {
			return info, err
		}
		if seen[key] {
			return info, fmt.Errorf("it has the key %s twice", quote(key))
		}
		seen[key] = true
		if !l.take(':') {
			return info, l.fault("want a colon")
		}
		switch key {
		case "descr":
			err = l.descr(&info)
		case "fortran_order":
			info.Fortran, err = l.truth()
		case "shape":
			info.Shape, err = l.integers()
		default:
			err = fmt.Errorf("it has the unknown key %s", quote(key))
		}
		if err != nil {
			return info, err
		}
		if !l.take(',') && l.peek() != '}' {
			return info, l.fault("want a comma or }")
		}
	}
	if l.peek() != 0 || l.at < len(l.text) {
		return info, l.fault("something follows the last brace")
	}
	for _, key := range []string{"descr", "fortran_order", "shape"} {
		if !seen[key] {
			return info, fmt.Errorf("it has no %s", key)
		}
	}
	return info, nil
}

// peek skips white space and returns the next byte, or 0 at the end.
func (l *literal) peek() byte {
	for l.at < len(l.text) && strings.IndexByte(" \t\r\n", l.text[l.at]) >= 0 {
		l.at++
	}
	if l.at == len(l.text) {
		return 0
	}
	return l.text[l.at]
}

// take skips c if it is next.
func (l *literal) take(c byte) bool {
	if l.peek() != c {
		return false
	}
	l.at++
	return true
}

func (l *literal) fault(what string) error {
	if l.at == len(l.text) {
		return errors.New("it ends too early")
	}
	return fmt.Errorf("%s at byte %d, where it has %s", what, l.at, quote(l.text[l.at:]))
}

func (l *literal) quoted() (string, error) {
	mark := l.peek()
	if mark != '\'' && mark != '"' {
		return "", l.fault("want a string")
	}
	s, _, ok := strings.Cut(l.text[l.at+1:], string(mark))
	if !ok {
		return "", l.fault("want the end of a string")
	}
	if strings.ContainsAny(s, "\\\n") {
		return "", l.fault("want a string without escapes")
	}
	l.at += len(s) + 2
	return s, nil
}

// descr reads the element type. A structured one is a list or a tuple.
func (l *literal) descr(info *Info) error {
	if c := l.peek(); c == '[' || c == '(' {
		return fmt.Errorf("the structured type %s is not supported: save each field as an array of its own", quote(l.text[l.at:]))
	}
	s, err := l.quoted()
	if err != nil {
		return err
	}
	info.TypeName = s
	info.Type, info.BigEndian, err = parseType(s)
	return err
}

func (l *literal) truth() (bool, error) {
	l.peek()
	for _, word := range []string{"True", "False"} {
		if strings.HasPrefix(l.text[l.at:], word) {
			l.at += len(word)
			return word == "True", nil
		}
	}
	return false, l.fault("want True or False")
}

// integers reads a tuple of integers that are not negative. Python 2 wrote an L
// after large ones.
func (l *literal) integers() ([]int, error) {
	if !l.take('(') {
		return nil, l.fault("want (")
	}
	a := []int{}
	for !l.take(')') {
		start, n := l.at, 0
		for ; l.at < len(l.text) && l.text[l.at] >= '0' && l.text[l.at] <= '9'; l.at++ {
			digit := int(l.text[l.at] - '0')
			if n > (math.MaxInt-digit)/10 {
				return nil, fmt.Errorf("dimension %d of the shape is more than this machine can address", len(a))
			}
			n = 10*n + digit
		}
		if l.at == start {
			return nil, l.fault("want an integer from 0 on")
		}
		if l.at < len(l.text) && l.text[l.at] == 'L' {
			l.at++
		}
		if len(a) == maxDims {
			return nil, fmt.Errorf("the shape has more than the %d dimensions that NumPy allows", maxDims)
		}
		a = append(a, n)
		comma := l.take(',')
		if l.peek() != ')' && !comma {
			return nil, l.fault("want a comma or )")
		}
		if len(a) == 1 && !comma {
			return nil, fmt.Errorf("the shape is a number, %v, want a tuple", tensor.Shape(a))
		}
	}
	return a, nil
}
