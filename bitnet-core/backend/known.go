package backend

import (
	"slices"
	"strings"
)

// An absentee is a kind of device that programs may look for and that a module of its own
// would bring.
type absentee struct {
	name    string
	systems []string // GOOS or GOOS/GOARCH where there can be one
	needs   string   // what that means to people
}

// known are the kinds that users ask for by name.
var known = []absentee{
	{"cuda", []string{"linux", "windows"}, "Linux or Windows with an NVIDIA GPU"},
	{"metal", []string{"darwin"}, "macOS"},
	{"mlx", []string{"darwin/arm64"}, "macOS on Apple silicon"},
}

// reason says why a program for system, GOOS/GOARCH, without a driver does not have
// it.
func (a absentee) reason(system string) string {
	goos, _, _ := strings.Cut(system, "/")
	if !slices.Contains(a.systems, goos) && !slices.Contains(a.systems, system) {
		return "needs " + a.needs + "; this program is for " + system
	}
	return "no package of this program provides this device"
}
