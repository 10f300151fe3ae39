package simdtest

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/bitnet-go/bitnet/bitnet-core/simd"
)

// known are the names that BITNET_REQUIRE_ASM may list: the levels of this
// architecture above plain Go.
var known = levels()

func levels() (names []string) {
	for _, l := range simd.Levels()[1:] {
		names = append(names, l.String())
	}
	return names
}

// Required fails t when the environment variable BITNET_REQUIRE_ASM, a list of
// names separated by commas, names a kernel of ok that is false: a runner that
// lost a CPU feature must not pass by skipping. Names that a package has no
// kernel for are the business of other packages.
func Required(t *testing.T, ok map[string]bool) {
	t.Helper()
	list := os.Getenv("BITNET_REQUIRE_ASM")
	if list == "" {
		t.Skip("BITNET_REQUIRE_ASM is not set")
	}
	for name := range strings.SplitSeq(list, ",") {
		if !slices.Contains(known, name) {
			t.Errorf("BITNET_REQUIRE_ASM names %q, want some of %s", name, strings.Join(known, ", "))
		}
		if runs, have := ok[name]; have && !runs {
			t.Errorf("kernel %q is required but cannot run here", name)
		}
	}
	if len(ok) == 0 {
		t.Errorf("BITNET_REQUIRE_ASM is %q but this build has no assembly", list)
	}
}
