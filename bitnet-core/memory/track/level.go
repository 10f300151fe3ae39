package track

import "fmt"

// A Level says how much a [Tracker] keeps of each allocation.
type Level uint8

// Each level keeps what the one before it keeps, and more.
const (
	None     Level = iota // nothing: the inner allocator's buffers, unchanged
	Basic                 // live and peak bytes and counts
	Standard              // histograms of sizes and lifetimes, ages
	Detailed              // stacks, timeline
)

var levelNames = [...]string{"none", "basic", "standard", "detailed"}

func (l Level) String() string {
	if int(l) < len(levelNames) {
		return levelNames[l]
	}
	return fmt.Sprintf("Level(%d)", uint8(l))
}

// ParseLevel returns the level of a name that String gives.
func ParseLevel(name string) (Level, error) {
	for l, s := range levelNames {
		if s == name {
			return Level(l), nil
		}
	}
	return None, fmt.Errorf("track: level %q is unknown, want none, basic, standard or detailed", name)
}

// MarshalText makes levels readable in JSON.
func (l Level) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// UnmarshalText is ParseLevel.
func (l *Level) UnmarshalText(text []byte) error {
	parsed, err := ParseLevel(string(text))
	if err == nil {
		*l = parsed
	}
	return err
}
