package main_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestOffer: at a terminal a model that is missing is offered, with size and licence.
func TestOffer(t *testing.T) {
	p := newPlace(t, models(t)...)
	start := func() *session {
		return startSession(t, t.TempDir(), p.env, "run", tinyRepo, "--ids", "1,2", "-n", "2", "--temp", "0")
	}
	const question = `\[Y/n\] `
	s := start()
	s.see(`hf\.co/org/tiny-gguf is not in the store\. It is [\d.]+ MiB in 1 file, licence mit\.`)
	s.see(question)
	s.typeKeys("n" + enter)
	s.see(`bitnet: .*not in the store.*bitnet pull hf\.co/org/tiny-gguf`)
	s.ends(1)

	s = start()
	s.see(question)
	s.typeKeys(ctrlC)
	s.ends(130)
	require.Zero(t, p.Sent(""))

	s = start()
	s.see(question)
	s.typeKeys(enter)
	s.ends(0)
	require.NotZero(t, p.Sent(""))

	s = start()
	s.ends(0)
	require.NotContains(t, s.screen.String(), "[Y/n]")
}
