package chat

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/nikolalohinski/gonja/v2/builtins"
	engine "github.com/nikolalohinski/gonja/v2/builtins/control_structures"
	"github.com/nikolalohinski/gonja/v2/exec"
	"github.com/nikolalohinski/gonja/v2/nodes"
	"github.com/nikolalohinski/gonja/v2/parser"
	"github.com/nikolalohinski/gonja/v2/tokens"
)

// budgetName is where a rendering keeps its budget among the variables; no
// template can write it.
const budgetName = "budget()"

func budgetOf(ctx *exec.Context) *budget {
	v, _ := ctx.Get(budgetName)
	b, ok := v.(*budget)
	if !ok {
		panic("chat: rendering without budget")
	}
	return b
}

// A step is a node of the syntax tree with our own way to execute it.
type step struct {
	at      *tokens.Token
	execute func(r *exec.Renderer) error
}

func (s *step) Position() *tokens.Token { return s.at }
func (s *step) String() string          { return s.at.Val }

func (s *step) Execute(r *exec.Renderer, _ *nodes.ControlStructureBlock) error { return s.execute(r) }

func block(at *tokens.Token, execute func(r *exec.Renderer) error) *nodes.ControlStructureBlock {
	return &nodes.ControlStructureBlock{Location: at, ControlStructure: &step{at, execute}}
}

// body guards what stands between tags. Steps that write are charged for what
// they write.
func (g *guard) body(list []nodes.Node) {
	for i, n := range list {
		switch n := n.(type) {
		case *nodes.Data:
			list[i] = block(n.Data, func(r *exec.Renderer) error {
				if err := budgetOf(r.Environment.Context).charge(len(n.Data.Val)); err != nil {
					return err
				}
				_, err := r.Visit(n)
				return err
			})
		case *nodes.Output:
			list[i] = g.output(n)
		}
	}
}

func (g *guard) output(n *nodes.Output) nodes.Node {
	value := g.expression(n.Expression)
	return block(n.Start, func(r *exec.Renderer) error {
		v := r.Eval(value)
		if v.IsError() {
			return fmt.Errorf("line %d: %w", n.Start.Line, error(v))
		}
		b := budgetOf(r.Environment.Context)
		if err := b.chargeValue(v); err != nil {
			return err
		}
		s := stringOf(v)
		if err := b.charge(len(s)); err != nil {
			return err
		}
		_, err := io.WriteString(r.Output, s)
		return err
	})
}

// wrapper guards the body of a block; with a tick, each time it runs is
// charged even if it writes nothing.
func (g *guard) wrapper(w *nodes.Wrapper, tick bool) {
	if w == nil {
		return
	}
	g.body(w.Nodes)
	if tick {
		w.Nodes = append([]nodes.Node{block(w.Location, func(r *exec.Renderer) error {
			return budgetOf(r.Environment.Context).charge(len(w.Nodes))
		})}, w.Nodes...)
	}
}

// controls are the tags a template may use: those of the engine, guarded, and
// our own set, filter and generation.
func (g *guard) controls() *exec.ControlStructureSet {
	set := map[string]parser.ControlStructureParser{
		"set": g.parseSet, "filter": g.parseFilter, "generation": g.parseGeneration,
	}
	for _, name := range []string{"for", "if", "macro", "call", "raw", "break", "continue"} {
		parse, ok := builtins.ControlStructures.Get(name)
		if !ok {
			panic("chat: template engine without " + name)
		}
		set[name] = func(p, args *parser.Parser) (nodes.ControlStructure, error) {
			cs, err := parse(p, args)
			if err != nil {
				return nil, err
			}
			return g.control(cs), nil
		}
	}
	return exec.NewControlStructureSet(set)
}

func (g *guard) control(cs nodes.ControlStructure) nodes.ControlStructure {
	switch c := cs.(type) {
	case *engine.ForControlStructure:
		at := c.ObjectEvaluator.Position()
		c.ObjectEvaluator = call(at, fnIterable, g.expression(c.ObjectEvaluator))
		if c.IfCondition != nil {
			c.IfCondition = g.expression(c.IfCondition)
		}
		if c.Recursive {
			g.refuse("for … recursive (line %d)", at.Line)
		}
		g.wrapper(c.BodyWrapper, true)
		g.wrapper(c.EmptyWrapper, false)
	case *engine.IfControlStructure:
		g.list(c.Conditions)
		for _, w := range c.Wrappers {
			g.wrapper(w, false)
		}
	case *engine.CallControlStructure:
		g.list(c.Call.Args)
		g.named(c.Call.Kwargs)
		c.Call.Func = g.node(c.Call.Func)
		g.wrapper(c.Body, true)
	case *engine.MacroControlStructure:
		for _, p := range c.Kwargs {
			// Without a default the engine puts None where the name stands.
			if n, ok := p.Value.(*nodes.None); !ok || n.Location != p.Key.Position() {
				p.Value = g.expression(p.Value)
			}
		}
		g.wrapper(c.Wrapper, true)
		return macro(c.Macro)
	}
	return cs
}

// macro defines a macro whose calls count how deep they are.
func macro(m *nodes.Macro) nodes.ControlStructure {
	return &step{m.Location, func(r *exec.Renderer) error {
		run, err := exec.MacroNodeToFunc(m, r)
		if err != nil {
			return err
		}
		b := budgetOf(r.Environment.Context)
		r.Environment.Context.Set(m.Name, func(args *exec.VarArgs) *exec.Value {
			if b.calls >= maxCalls {
				return exec.AsValue(b.fail(fmt.Errorf("macro %q calls itself, or others, more than %d deep", m.Name, maxCalls)))
			}
			b.calls++
			defer func() { b.calls-- }()
			v := run(args)
			if err := b.chargeValue(v); err != nil {
				return exec.AsValue(err)
			}
			return v
		})
		return nil
	}}
}

// capture renders w into a string.
func capture(r *exec.Renderer, w *nodes.Wrapper) (string, error) {
	var out strings.Builder
	sub := r.Inherit()
	sub.Output = &out
	err := sub.ExecuteWrapper(w)
	return out.String(), err
}

// parseGeneration: {% generation %} marks the assistant's text for training
// masks and writes nothing itself.
func (g *guard) parseGeneration(p, _ *parser.Parser) (nodes.ControlStructure, error) {
	at := p.Current()
	w, _, err := p.WrapUntil("endgeneration")
	if err != nil {
		return nil, err
	}
	g.wrapper(w, false)
	return &step{at, func(r *exec.Renderer) error { return r.ExecuteWrapper(w) }}, nil
}

func (g *guard) parseFilter(p, args *parser.Parser) (nodes.ControlStructure, error) {
	at := p.Current()
	var chain []*nodes.FilterCall
	for {
		f, err := args.ParseFilter()
		if err != nil {
			return nil, err
		}
		g.filter(f)
		chain = append(chain, f)
		if args.Match(tokens.Pipe) == nil {
			break
		}
	}
	if !args.End() {
		return nil, args.Error("malformed filter block", args.Current())
	}
	w, _, err := p.WrapUntil("endfilter")
	if err != nil {
		return nil, err
	}
	g.wrapper(w, false)
	return &step{at, func(r *exec.Renderer) error {
		s, err := capture(r, w)
		if err != nil {
			return err
		}
		v := exec.AsValue(s)
		for _, f := range chain {
			if v = r.Evaluator().ExecuteFilter(f, v); v.IsError() {
				return v
			}
		}
		_, err = io.WriteString(r.Output, stringOf(v))
		return err
	}}, nil
}

// parseSet: {% set x = e %}, {% set ns.x = e %} and {% set x %}…{% endset %}.
func (g *guard) parseSet(p, args *parser.Parser) (nodes.ControlStructure, error) {
	at := p.Current()
	target, err := args.ParseVariableOrLiteral()
	if err != nil {
		return nil, err
	}
	var value func(r *exec.Renderer) *exec.Value
	if args.Match(tokens.Assign) != nil {
		e, err := args.ParseExpression()
		if err != nil {
			return nil, err
		}
		e = g.expression(e)
		value = func(r *exec.Renderer) *exec.Value { return r.Eval(e) }
	}
	if !args.End() {
		return nil, args.Error("unsupported construct in set", args.Current())
	}
	if value == nil {
		w, _, err := p.WrapUntil("endset")
		if err != nil {
			return nil, err
		}
		g.wrapper(w, false)
		value = func(r *exec.Renderer) *exec.Value {
			s, err := capture(r, w)
			if err != nil {
				return exec.AsValue(err)
			}
			return exec.AsSafeValue(s)
		}
	}
	assign, err := g.assignment(target)
	if err != nil {
		return nil, err
	}
	return &step{at, func(r *exec.Renderer) error {
		v := value(r)
		if v.IsError() {
			return v
		}
		if err := budgetOf(r.Environment.Context).chargeValue(v); err != nil {
			return err
		}
		return assign(r, v)
	}}, nil
}

func (g *guard) assignment(target nodes.Expression) (func(*exec.Renderer, *exec.Value) error, error) {
	switch n := target.(type) {
	case *nodes.Name:
		return func(r *exec.Renderer, v *exec.Value) error {
			r.Environment.Context.Set(n.Name.Val, v)
			return nil
		}, nil
	case *nodes.GetAttribute:
		space := g.node(n.Node)
		return func(r *exec.Renderer, v *exec.Value) error {
			b := budgetOf(r.Environment.Context)
			owner := r.Eval(space)
			ns, ok := owner.Interface().(map[string]any)
			if !ok {
				return b.fail(fmt.Errorf("line %d: sets an attribute on something that is not a namespace", n.Location.Line))
			}
			ns[n.Attribute] = v
			return b.chargeValue(owner)
		}, nil
	}
	return nil, errors.New("unsupported construct: set of something other than a name or a namespace's attribute")
}
