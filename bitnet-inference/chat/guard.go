package chat

import (
	"fmt"

	"github.com/nikolalohinski/gonja/v2/nodes"
	"github.com/nikolalohinski/gonja/v2/tokens"
)

// Names of our functions in the syntax tree. A template cannot write them.
const (
	fnCharge   = "charge()"
	fnMath     = "math()"
	fnItem     = "item()"
	fnIterable = "iterable()"
	fnNot      = "not()"
	fnTuple    = "tuple()"
	noneName   = "none()"
	emptyName  = "empty()"
	fnMethod   = "method()"
)

// A guard rewrites the syntax tree of one template so that every step that can
// grow a value or repeat work passes through a budget, and so that operators
// behave as Python's where the engine's do not. It collects what the engine
// does not have.
type guard struct {
	unsupported []string
	depth       int
}

func (g *guard) refuse(format string, args ...any) {
	g.unsupported = append(g.unsupported, fmt.Sprintf(format, args...))
}

// ours makes a name of ours at a place in the template.
func ours(at *tokens.Token, name string) *tokens.Token {
	return &tokens.Token{Type: tokens.Name, Val: name, Pos: at.Pos, Line: at.Line, Col: at.Col}
}

// call makes a call of one of our functions.
func call(at *tokens.Token, name string, args ...nodes.Expression) *nodes.Call {
	return &nodes.Call{
		Location: at,
		Func:     &nodes.Name{Name: ours(at, name)},
		Args:     args,
		Kwargs:   map[string]nodes.Expression{},
	}
}

func text(at *tokens.Token, s string) nodes.Expression {
	return &nodes.String{Location: at, Val: s}
}

// node is expression for the fields that are declared as plain nodes.
func (g *guard) node(n nodes.Node) nodes.Node {
	if n == nil {
		return nil
	}
	return g.expression(n)
}

func (g *guard) list(list []nodes.Expression) {
	for i, e := range list {
		list[i] = g.expression(e)
	}
}

func (g *guard) named(m map[string]nodes.Expression) {
	for name, e := range m {
		m[name] = g.expression(e)
	}
}

// charged is expression with its value charged: for operands that are read as
// a whole.
func (g *guard) charged(e nodes.Expression) nodes.Expression {
	e = g.expression(e)
	if e == nil {
		return nil
	}
	return call(e.Position(), fnCharge, e)
}

func (g *guard) expression(e nodes.Expression) nodes.Expression {
	if g.depth++; g.depth > maxDepth {
		g.refuse("more than %d operations inside each other", maxDepth)
		g.depth--
		return e
	}
	defer func() { g.depth-- }()
	switch n := e.(type) {
	case nil:
		g.refuse("an expression with nothing in it")
	case *nodes.None:
		return &nodes.Name{Name: ours(n.Location, noneName)}
	case *nodes.String, *nodes.Integer, *nodes.Float, *nodes.Bool, *nodes.Name:
	case *nodes.List:
		g.list(n.Val)
		return call(n.Location, fnCharge, n)
	case *nodes.Tuple:
		g.list(n.Val)
		return call(n.Location, fnTuple, n.Val...)
	case *nodes.Dict:
		if len(n.Pairs) == 0 {
			return &nodes.Name{Name: ours(n.Token, emptyName)}
		}
		for _, p := range n.Pairs {
			p.Key, p.Value = g.expression(p.Key), g.expression(p.Value)
		}
		return call(n.Token, fnCharge, n)
	case *nodes.Negation:
		return call(n.Operator, fnNot, g.expression(n.Term))
	case *nodes.UnaryExpression:
		n.Term = g.expression(n.Term)
	case *nodes.BinaryExpression:
		return g.binary(n)
	case *nodes.FilteredExpression:
		n.Expression = g.expression(n.Expression)
		for _, f := range n.Filters {
			g.filter(f)
		}
	case *nodes.TestExpression:
		return g.test(n)
	case *nodes.Call:
		return g.call(n)
	case *nodes.GetItem:
		if n.Arg == nil {
			g.refuse("a subscript with nothing in it (line %d)", n.Location.Line)
			return n
		}
		return call(n.Location, fnItem, g.expression(n.Node), g.expression(n.Arg))
	case *nodes.GetAttribute:
		n.Node = g.node(n.Node)
		if n.Attribute == "" {
			return call(n.Location, fnItem, n.Node, &nodes.Integer{Location: n.Location, Val: n.Index})
		}
	case *nodes.GetSlice:
		n.Node = g.charged(n.Node)
		n.Start, n.End, n.Step = g.node(n.Start), g.node(n.End), g.node(n.Step)
	default:
		g.refuse("%T", n)
	}
	return e
}

func (g *guard) binary(n *nodes.BinaryExpression) nodes.Expression {
	switch n.Operator.Token.Type {
	case tokens.And, tokens.Or:
		n.Left, n.Right = g.expression(n.Left), g.expression(n.Right)
	case tokens.Addition, tokens.Subtraction, tokens.Multiply, tokens.Division, tokens.FloorDivision,
		tokens.Modulo, tokens.Power, tokens.Tilde:
		at := n.Operator.Token
		return call(at, fnMath, text(at, at.Val), g.expression(n.Left), g.expression(n.Right))
	default:
		n.Left, n.Right = g.charged(n.Left), g.charged(n.Right)
	}
	return n
}

func (g *guard) filter(f *nodes.FilterCall) {
	g.list(f.Args)
	g.named(f.Kwargs)
}

// test guards "x is …" and "x in …".
func (g *guard) test(n *nodes.TestExpression) nodes.Expression {
	switch n.Test.Name {
	case "defined", "undefined", "none":
		n.Test.Args = nil // the engine takes what follows for an argument
	}
	n.Expression = g.charged(n.Expression)
	for i, arg := range n.Test.Args {
		n.Test.Args[i] = g.charged(arg)
	}
	g.named(n.Test.Kwargs)
	return n
}

// call guards f(…) and x.f(…). Methods are called through our own function:
// the engine evaluates x twice, and so 2^n times in a chain of n methods.
func (g *guard) call(n *nodes.Call) nodes.Expression {
	g.list(n.Args)
	g.named(n.Kwargs)
	attribute, ok := n.Func.(*nodes.GetAttribute)
	if ok && known(methodNames, attribute.Attribute) {
		args := []nodes.Expression{g.expression(attribute.Node), text(n.Location, attribute.Attribute)}
		c := call(n.Location, fnMethod, append(args, n.Args...)...)
		c.Kwargs = n.Kwargs
		return c
	}
	n.Func = g.node(n.Func)
	n.Parent = nil // without it the engine looks for no method of its own
	return n
}

func known(names []string, name string) bool {
	for _, n := range names {
		if n == name {
			return true
		}
	}
	return false
}
