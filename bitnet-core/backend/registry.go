package backend

import (
	"errors"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/bitnet-go/bitnet/bitnet-core/device"
)

// A Driver finds and opens the devices of one kind.
type Driver struct {
	// Name is that of the kind, in lower-case letters and digits: "cpu". Devices
	// are called it, or it with a colon and a number: "metal:0".
	Name string
	// Devices describes what Open can open now, the preferred device first; Info.ID is the
	// name to open it by. An error says why there is none.
	Devices func() ([]device.Info, error)
	// Open opens the device of a name that begins as Name does.
	Open func(name string, o Options) (Backend, error)
}

// A registry holds drivers by name. The program has one; tests make their own.
type registry struct {
	mu      sync.Mutex
	drivers map[string]Driver
	known   []absentee
	system  string // GOOS/GOARCH
}

var program = newRegistry(runtime.GOOS, runtime.GOARCH)

func newRegistry(goos, goarch string) *registry {
	return &registry{drivers: map[string]Driver{}, known: known, system: goos + "/" + goarch}
}

// Register makes a driver known. It is meant for init functions; a name that is taken
// or no word of lower-case letters and digits, and a driver without functions, panic.
func Register(d Driver) { program.register(d) }

func (r *registry) register(d Driver) {
	if d.Devices == nil || d.Open == nil || !isWord(d.Name) {
		panic("backend: Register driver")
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, taken := r.drivers[d.Name]; taken {
		panic("backend: Register name twice")
	}
	r.drivers[d.Name] = d
}

func isWord(s string) bool {
	return s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789") == ""
}

// Open opens a device by its name: "cpu", or the ID of one that [List] has. The caller
// closes it. A kind of device that this program cannot have is an [*UnavailableError].
func Open(name string, o Options) (Backend, error) { return program.open(name, o) }

func (r *registry) open(name string, o Options) (Backend, error) {
	if o.MemoryLimit < 0 {
		return nil, fmt.Errorf("backend %s: a memory limit of %d bytes", name, o.MemoryLimit)
	}
	kind, _, _ := strings.Cut(name, ":")
	r.mu.Lock()
	d, ok := r.drivers[kind]
	r.mu.Unlock()
	if ok {
		return d.Open(name, o)
	}
	for _, a := range r.known {
		if a.name == kind {
			return nil, &UnavailableError{Name: kind, Reason: a.reason(r.system)}
		}
	}
	return nil, fmt.Errorf("backend: no device is called %q; want one of %s", name, strings.Join(r.names(), ", "))
}

// names returns those of the drivers, sorted.
func (r *registry) names() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Sorted(maps.Keys(r.drivers))
}

// An Entry is a kind of device as [List] has it.
type Entry struct {
	Name    string
	Devices []device.Info // that can be opened, the preferred one first
	Err     error         // why there are none; nil if there are
}

// List describes every kind of device: those of the program's drivers by name, then the
// known ones that the program cannot have. It asks the operating system anew.
func List() []Entry { return program.list() }

func (r *registry) list() []Entry {
	var entries []Entry
	names := r.names()
	for _, name := range names {
		r.mu.Lock()
		d := r.drivers[name]
		r.mu.Unlock()
		devices, err := d.Devices()
		if err == nil && len(devices) == 0 {
			err = &UnavailableError{Name: name, Reason: "this machine has no such device"}
		}
		if err != nil {
			devices = nil
		}
		entries = append(entries, Entry{Name: name, Devices: devices, Err: err})
	}
	for _, a := range r.known {
		if !slices.Contains(names, a.name) {
			entries = append(entries, Entry{Name: a.name, Err: &UnavailableError{Name: a.name, Reason: a.reason(r.system)}})
		}
	}
	return entries
}

// An UnavailableError says why a known kind of device cannot be opened.
type UnavailableError struct {
	Name   string
	Reason string
}

func (e *UnavailableError) Error() string { return "backend " + e.Name + ": " + e.Reason }

// Unwrap returns [errors.ErrUnsupported].
func (e *UnavailableError) Unwrap() error { return errors.ErrUnsupported }
