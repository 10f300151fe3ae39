package chat

import (
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"

	"github.com/nikolalohinski/gonja/v2/config"
	"github.com/nikolalohinski/gonja/v2/exec"
	"github.com/nikolalohinski/gonja/v2/loaders"
)

// jinja is a template that came with a model.
type jinja struct {
	name     string
	vars     Vars
	config   *config.Config
	loader   loaders.Loader
	template *exec.Template
}

// FromJinja compiles a chat template in the dialect of Hugging Face
// transformers. name says where it is from, in errors. The template is safe for
// concurrent use; see the package comment for what it may cost and which
// constructs are not supported.
func FromJinja(source, name string, vars Vars) (t Template, err error) {
	defer recoverEngine(name, &err)
	source, err = prepare(source)
	if err != nil {
		return nil, fmt.Errorf("chat: template %q: %w", name, err)
	}
	j := &jinja{name: name, vars: vars, config: config.New()}
	// As transformers sets them; Jinja drops one newline at the end too.
	j.config.TrimBlocks, j.config.LeftStripBlocks = true, true
	const path = "/template"
	if j.loader, err = loaders.NewMemoryLoader(map[string]string{path: source}); err != nil {
		return nil, fmt.Errorf("chat: template %q: %w", name, err)
	}
	g := &guard{}
	j.template, err = exec.NewTemplate(path, j.config, j.loader, &exec.Environment{ControlStructures: g.controls()})
	if err != nil {
		// The engine's outermost error quotes the whole source.
		if inner := errors.Unwrap(err); inner != nil {
			err = inner
		}
		return nil, fmt.Errorf("chat: template %q cannot be read%s: %s", name, place(err), reason(err))
	}
	g.body(j.template.Root().Nodes)
	if len(g.unsupported) > 0 {
		return nil, fmt.Errorf("chat: template %q uses what is not supported: %s", name, shorten(strings.Join(g.unsupported, ", ")))
	}
	if j.vars.Now == nil {
		j.vars.Now = time.Now
	}
	return j, nil
}

func (j *jinja) Name() string { return j.name }

func (j *jinja) Render(msgs []Message, addGenerationPrompt bool) (prompt string, err error) {
	defer recoverEngine(j.name, &err)
	input := len(j.vars.BOSToken) + len(j.vars.EOSToken)
	messages := make([]any, len(msgs))
	for i, m := range msgs {
		input += len(m.Role) + len(m.Content)
		messages[i] = &exec.Dict{Pairs: []*exec.Pair{
			{Key: exec.AsValue("role"), Value: exec.AsValue(m.Role)},
			{Key: exec.AsValue("content"), Value: exec.AsValue(m.Content)},
		}}
	}
	b := newBudget(input)
	variables := b.functions(j.vars.Now)
	for name, v := range map[string]any{
		"messages": messages, "add_generation_prompt": addGenerationPrompt,
		"bos_token": j.vars.BOSToken, "eos_token": j.vars.EOSToken,
		"tools": (*none)(nil), "documents": (*none)(nil), // as transformers does
	} {
		variables[name] = v
	}
	env := &exec.Environment{
		Context: exec.NewContext(variables), Filters: b.filters(), Tests: tests(),
		ControlStructures: exec.NewControlStructureSet(nil),
	}
	out := &limited{budget: b}
	err = exec.NewRenderer(env, out, j.config, j.loader, j.template).Execute()
	switch {
	case b.failure != nil: // even if the engine lost it on its way
		return "", fmt.Errorf("chat: template %q%s %s", j.name, place(err), shorten(b.failure.Error()))
	case err != nil:
		return "", fmt.Errorf("chat: template %q%s: %s", j.name, place(err), reason(err))
	}
	return out.text.String(), nil
}

// limited is a prompt that may not grow beyond its budget.
type limited struct {
	budget *budget
	text   strings.Builder
}

var _ io.StringWriter = (*limited)(nil)

func (l *limited) Write(p []byte) (int, error) { return l.WriteString(string(p)) }

func (l *limited) WriteString(s string) (int, error) {
	if l.text.Len()+len(s) > l.budget.output {
		return 0, l.budget.fail(fmt.Errorf("writes a prompt of more than %d bytes", l.budget.output))
	}
	return l.text.WriteString(s)
}

// recoverEngine turns a panic of the template engine into an error. It is the
// one place in this module where a panic ends: the engine is a library that
// works by reflection on whatever a model file brings.
func recoverEngine(name string, err *error) {
	if r := recover(); r != nil {
		*err = fmt.Errorf("chat: template %q: the template engine failed on it: %s", name, shorten(fmt.Sprint(r)))
	}
}

var atLine = regexp.MustCompile(`(?i)\bline:? (\d+)`)

// place is the last line that an error of the engine mentions, which is the
// innermost.
func place(err error) string {
	if err != nil {
		if lines := atLine.FindAllStringSubmatch(err.Error(), -1); lines != nil {
			return ", line " + lines[len(lines)-1][1]
		}
	}
	return ""
}

// reason is the innermost message of an error of the engine's: the others quote
// the syntax tree.
func reason(err error) string {
	for {
		next := errors.Unwrap(err)
		v := &exec.Value{}
		if errors.As(err, &v) {
			next, _ = v.Interface().(error)
		}
		if next == nil {
			return shorten(err.Error())
		}
		err = next
	}
}

// shorten keeps the end of a long message, where the cause stands.
func shorten(s string) string {
	const most = 300
	if len(s) <= most {
		return s
	}
	return "…" + strings.ToValidUTF8(s[len(s)-most:], "")
}
