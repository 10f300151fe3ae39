package chat

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	testdata "github.com/bitnet-go/bitnet/bitnet-core/golden"
)

// golden is testdata/jinja.json, written by scripts/chat_golden.py.
type golden struct {
	Now           string
	BOSToken      string `json:"bos_token"`
	EOSToken      string `json:"eos_token"`
	Conversations map[string][]Message
	Snippets      []struct{ Source, Text, Error string }
	Templates     map[string]map[string]struct {
		SHA256 string
		Bytes  int
		Error  string
	}
}

func readGolden(t *testing.T) (golden, Vars) {
	data, err := os.ReadFile("testdata/jinja.json")
	require.NoError(t, err)
	var g golden
	require.NoError(t, json.Unmarshal(data, &g))
	now, err := time.Parse("2006-01-02T15:04:05", g.Now)
	require.NoError(t, err)
	return g, Vars{BOSToken: g.BOSToken, EOSToken: g.EOSToken, Now: func() time.Time { return now }}
}

// templates returns the sources that the golden file is about, by its names.
func templates(t testing.TB) map[string]string {
	sources := map[string]string{}
	files, err := filepath.Glob(filepath.Join(testdata.Path(t, "eval", "chat-templates"), "*.jinja"))
	require.NoError(t, err)
	for _, f := range files {
		data, err := os.ReadFile(f)
		require.NoError(t, err)
		sources[filepath.Base(f)] = string(data)
	}
	lines, err := os.ReadFile(testdata.Path(t, "eval", "ollama-templates.jsonl"))
	require.NoError(t, err)
	for i, line := range strings.Split(strings.TrimSpace(string(lines)), "\n") {
		var one map[string]string
		require.NoError(t, json.Unmarshal([]byte(line), &one))
		for _, source := range one {
			sources[fmt.Sprintf("ollama-templates.jsonl#%d", i)] = source
		}
	}
	return sources
}

// refused are renderings that fail here and not in Jinja2, with the reason.
var refused = map[string]string{}

// Every public template gives Jinja2's prompt byte for byte, or an error.
func TestPublicTemplatesEqualJinja2(t *testing.T) {
	sources := templates(t)
	g, vars := readGolden(t)
	same, bothRefuse := 0, 0
	for file, renderings := range g.Templates {
		source, ok := sources[file]
		require.True(t, ok, "no template %s", file)
		tmpl, compileErr := FromJinja(source, file, vars)
		for conversation, want := range renderings {
			name := file + "/" + conversation
			prompt, err := "", compileErr
			if err == nil {
				prompt, err = tmpl.Render(g.Conversations[conversation], true)
			}
			switch sum := sha256.Sum256([]byte(prompt)); {
			case want.Error != "" && err != nil:
				bothRefuse++
			case want.Error != "":
				t.Errorf("%s: Jinja2 refuses (%s), we render", name, want.Error)
			case err != nil:
				reason, known := refused[name]
				if !known {
					t.Errorf("%s: refused: %v", name, err)
					continue
				}
				require.ErrorContains(t, err, reason, name)
			case hex.EncodeToString(sum[:]) != want.SHA256:
				t.Errorf("%s: differs from Jinja2", name)
				if dir := os.Getenv("CHAT_DIFF"); dir != "" {
					require.NoError(t, os.WriteFile(filepath.Join(dir, file+"."+conversation), []byte(prompt), 0o600))
				}
			default:
				same++
				require.NotContains(t, refused, name, "no longer refused")
			}
		}
	}
	t.Logf("%d renderings of %d templates: %d identical, %d refused here, %d refused by Jinja2 too",
		2*len(g.Templates), len(g.Templates), same, len(refused), bothRefuse)
}

// stricter are snippets that Jinja2 renders and we refuse.
var stricter = map[string]string{
	`{{ '%s' % 'a' }}`:                    "calculates a string % a string",
	`{{ 'a' 'b' }}`:                       "'}}' expected here (Line: 1",
	`{{ "\d" }}`:                          "invalid syntax",
	`{{ 'a\\' }}`:                         "a string that ends with a backslash",
	`{% set a, b = 1, 2 %}{{ a }}{{ b }}`: "unsupported construct in set",
}

// Small templates about one construct each: the same text as Jinja2, or an
// error.
func TestSnippetsEqualJinja2(t *testing.T) {
	g, vars := readGolden(t)
	for _, s := range g.Snippets {
		t.Run(s.Source, func(t *testing.T) {
			tmpl, err := FromJinja(s.Source, "snippet", vars)
			text := ""
			if err == nil {
				text, err = tmpl.Render(g.Conversations["full"], true)
			}
			switch reason, known := stricter[s.Source]; {
			case known:
				require.ErrorContains(t, err, reason)
			case s.Error != "":
				require.Error(t, err, "Jinja2: %s; we: %q", s.Error, text)
			default:
				require.NoError(t, err)
				require.Equal(t, s.Text, text)
			}
		})
	}
}
