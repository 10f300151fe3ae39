package checkpoint

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestFamilies holds each family's description to itself and to the others'.
func TestFamilies(t *testing.T) {
	archs := map[string]bool{}
	whole := map[string]bool{} // model types that a family above claims all of
	for _, f := range families {
		for _, arch := range f.gguf.archs {
			require.False(t, archs[arch], "two families read GGUF files of %q", arch)
			archs[arch] = true
		}
		for _, kind := range f.hf.modelTypes {
			require.False(t, whole[kind], "a family above claims every %q", kind)
			whole[kind] = f.hf.only == nil
		}
		for _, n := range []names{f.hf.names, f.gguf.names} {
			require.Equal(t, f.graph.SubNorms, n.attnSubNorm != "")
			require.Equal(t, f.graph.SubNorms, n.ffnSubNorm != "")
		}
		require.Positive(t, f.graph.RopeTheta)
		require.NotEmpty(t, f.graph.Activation)
	}
}
