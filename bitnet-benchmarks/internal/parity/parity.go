package parity

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
)

// names are what is declared: functions, types, variables, constants, and methods and fields
// as "Type.Name".
type names map[string]bool

// A Tree is what a workspace has.
type Tree struct {
	Root     fs.FS
	packages map[string]names // by last element of the path
	tests    map[string]names // likewise, of the test files
	all      names            // of every package
	allTests names            // of every test file
	tags     names            // words of build constraints
}

// Read parses the Go files below root, whatever their build constraints.
func Read(root fs.FS) (*Tree, error) {
	t := &Tree{Root: root, packages: map[string]names{}, tests: map[string]names{}, all: names{}, allTests: names{}, tags: names{}}
	files := token.NewFileSet()
	err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		base := path.Base(name)
		switch {
		case err != nil:
			return err
		case d.IsDir() && name != "." && (base == "testdata" || base[0] == '.' || base[0] == '_'):
			return fs.SkipDir
		case d.IsDir() || path.Ext(name) != ".go":
			return nil
		}
		source, err := fs.ReadFile(root, name)
		if err != nil {
			return err
		}
		file, err := parser.ParseFile(files, name, source, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, m := range constraint.FindAllSubmatch(source, -1) {
			for _, tag := range word.FindAllString(string(m[1]), -1) {
				t.tags[tag] = true
			}
		}
		of, all := t.packages, t.all
		if strings.HasSuffix(name, "_test.go") {
			of, all = t.tests, t.allTests
		}
		pkg := path.Base(path.Dir(name))
		if of[pkg] == nil {
			of[pkg] = names{}
		}
		for _, n := range declared(file) {
			of[pkg][n], all[n] = true, true
		}
		return nil
	})
	return t, err
}

// declared returns the names in a file.
func declared(file *ast.File) []string {
	var found []string
	for _, d := range file.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Recv != nil {
				found = append(found, receiver(d.Recv.List[0].Type)+"."+d.Name.Name)
			}
			found = append(found, d.Name.Name)
		case *ast.GenDecl:
			for _, s := range d.Specs {
				switch s := s.(type) {
				case *ast.TypeSpec:
					found = append(found, s.Name.Name)
					for _, m := range members(s.Type) {
						found = append(found, s.Name.Name+"."+m, m)
					}
				case *ast.ValueSpec:
					for _, n := range s.Names {
						found = append(found, n.Name)
					}
				}
			}
		}
	}
	return found
}

// receiver returns the type's name of *T, T and T[P].
func receiver(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.StarExpr:
		return receiver(e.X)
	case *ast.IndexExpr:
		return receiver(e.X)
	case *ast.Ident:
		return e.Name
	}
	return ""
}

// members returns the fields of a struct and the methods of an interface.
func members(e ast.Expr) []string {
	var fields *ast.FieldList
	switch e := e.(type) {
	case *ast.StructType:
		fields = e.Fields
	case *ast.InterfaceType:
		fields = e.Methods
	default:
		return nil
	}
	var found []string
	for _, f := range fields.List {
		for _, n := range f.Names {
			found = append(found, n.Name)
		}
	}
	return found
}

var (
	constraint = regexp.MustCompile(`(?m)^//go:build (.*)$`)
	word       = regexp.MustCompile(`\w+`)

	quoted = regexp.MustCompile("`([^`]+)`")
	link   = regexp.MustCompile(`\]\(([^)#]+)[^)]*\)`)
	test   = regexp.MustCompile(`^(Test|Benchmark|Fuzz|Example)`)
	rule   = regexp.MustCompile(`^\|[-|: ]+\|$`)
)

// Missing returns what the tables of a page name that the tree does not have, with the
// line. dir is the folder of the page, to which its links are relative. Of a row of three
// cells, the second or the third must name something, or the third says that it waits.
func (t *Tree) Missing(dir, page string) []string {
	var faults []string
	fault := func(line int, format string, args ...any) {
		faults = append(faults, fmt.Sprintf("line %d: ", line)+fmt.Sprintf(format, args...))
	}
	lines := strings.Split(page, "\n")
	for i, l := range lines {
		for _, m := range link.FindAllStringSubmatch(l, -1) {
			if !strings.Contains(m[1], "://") && !t.exists(path.Join(dir, m[1])) {
				fault(i+1, "the link %s leads nowhere", m[1])
			}
		}
		header := i+1 < len(lines) && rule.MatchString(lines[i+1])
		if !strings.HasPrefix(l, "|") || rule.MatchString(l) || header {
			continue
		}
		cells := strings.Split(strings.Trim(l, "|"), "|")
		if len(cells) != 3 {
			fault(i+1, "%d cells, want 3", len(cells))
			continue
		}
		if !quoted.MatchString(cells[2]) && !strings.Contains(cells[2], "waits") && !link.MatchString(cells[2]) {
			fault(i+1, "names neither what shows it nor for what it waits")
		}
		for _, m := range quoted.FindAllStringSubmatch(cells[1]+cells[2], -1) {
			if !t.has(m[1]) {
				fault(i+1, "there is no %s", m[1])
			}
		}
	}
	return faults
}

func (t *Tree) exists(name string) bool {
	_, err := fs.Stat(t.Root, path.Clean(name))
	return err == nil
}

// has reports whether what stands between backquotes is something: a command or a
// flag, which are not looked into, a path, a test, a name or a build tag.
func (t *Tree) has(what string) bool {
	if strings.HasPrefix(what, "-") || strings.Contains(what, " ") {
		return true
	}
	pkg, name, qualified := strings.Cut(what, ".")
	switch {
	case test.MatchString(what) || strings.HasPrefix(what, "…"):
		return matches(t.allTests, what)
	case strings.Contains(what, "/"):
		return slices.ContainsFunc([]string{"", "bitnet-core", "bitnet-inference", "bitnet-cli"}, func(dir string) bool {
			return t.exists(path.Join(dir, what))
		})
	case qualified && test.MatchString(name):
		return matches(t.tests[pkg], name)
	case qualified && t.packages[pkg] != nil:
		return matches(t.packages[pkg], name)
	}
	return t.packages[what] != nil || t.all[what] || t.tags[what]
}

// matches reports whether one of the names is word, whose end or beginning may be left out
// with an ellipsis.
func matches(all names, word string) bool {
	begin, open := strings.CutSuffix(word, "…")
	end, headless := strings.CutPrefix(word, "…")
	for n := range all {
		if n == word || open && strings.HasPrefix(n, begin) || headless && strings.HasSuffix(n, end) {
			return true
		}
	}
	return false
}
