package report_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-cli/internal/report"
)

// written is the page, checked: every drawing in it is well-formed XML of paths and
// labels, with coordinates that are numbers, and nothing refers to another file.
func written(t *testing.T, p report.Page) string {
	t.Helper()
	var first, second bytes.Buffer
	require.NoError(t, p.Write(&first))
	require.NoError(t, p.Write(&second))
	html := first.String()
	require.Equal(t, html, second.String(), "the same page gives the same bytes")

	body := strings.TrimSuffix(html[strings.Index(html, "<body>"):], "</html>\n")
	decoder := xml.NewDecoder(strings.NewReader(body)) // the template closes every element
	depth := 0
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		switch token := token.(type) {
		case xml.StartElement:
			depth++
			require.True(t, elements[token.Name.Local], token.Name.Local)
			for _, a := range token.Attr {
				require.True(t, attributes[a.Name.Local], a.Name.Local)
				if a.Name.Local == "d" {
					require.Empty(t, strings.Trim(a.Value, "MLHVZhlm0123456789 .-"), "a path")
				}
			}
		case xml.EndElement:
			depth--
		}
	}
	require.Zero(t, depth)
	return html
}

// What the template has: anything else came from the data.
var (
	elements = setOf("body header main section h1 h2 p div table thead tbody tr th td figure figcaption " +
		"ul li svg path title text details summary")
	attributes = setOf("class scope tabindex viewBox aria-hidden aria-label role d xmlns width height " +
		"text-anchor x y transform")
)

func setOf(names string) map[string]bool {
	set := map[string]bool{}
	for name := range strings.FieldsSeq(names) {
		set[name] = true
	}
	return set
}
