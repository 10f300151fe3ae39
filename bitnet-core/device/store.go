package device

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"

	"github.com/bitnet-go/bitnet/bitnet-core/encoding"
)

// A BandwidthStore is a file that keeps measurements from one run of a program to the
// next. A measurement belongs to a machine (its processor's name, its cores
// and memory), to a number of threads and to a program; another machine's or
// version's is as good as none. The file is replaced as a whole, so that
// a reader never sees half of it; of two writers at once the last one wins.
type BandwidthStore struct {
	Path    string // of the file; its folder is made
	Program string // with its version: "bitnet v0.3.0"
}

// UserBandwidths returns the store in the user's cache directory
// ([os.UserCacheDir], so XDG_CACHE_HOME counts): bitnet/bandwidth.json.
func UserBandwidths(program string) (BandwidthStore, error) {
	dir, err := os.UserCacheDir()
	if err != nil {
		return BandwidthStore{}, fmt.Errorf("there is no cache directory to keep the memory bandwidth in (%w); set XDG_CACHE_HOME", err)
	}
	return BandwidthStore{Path: filepath.Join(dir, "bitnet", "bandwidth.json"), Program: program}, nil
}

// Bounds of the file, which anyone can have written.
const (
	maxStoreBytes   = 64 << 10
	maxMeasurements = 32 // of which the oldest go
)

// storeFormat names the file's form in itself.
const storeFormat = "bitnet bandwidth 1"

type storeJSON struct {
	Format       string            `json:"format"`
	Measurements []measurementJSON `json:"measurements"` // oldest first
}

type measurementJSON struct {
	Key machineKey `json:"key"`
	Bandwidth
}

// A machineKey tells measurements apart.
type machineKey struct {
	Program       string `json:"program"`
	Name          string `json:"name"`
	OS            string `json:"os"`
	Arch          string `json:"arch"`
	PhysicalCores int    `json:"physical_cores"`
	LogicalCores  int    `json:"logical_cores"`
	MemoryTotal   uint64 `json:"memory_total_bytes"`
}

func (s BandwidthStore) key(d Info) machineKey {
	return machineKey{
		Program: s.Program, Name: d.Name, OS: d.OS, Arch: d.Arch,
		PhysicalCores: d.PhysicalCores, LogicalCores: d.LogicalCores, MemoryTotal: d.MemoryTotal,
	}
}

// Load returns the measurement of d with a number of threads, if the file has one. A
// file that is missing, damaged or of another kind has none.
func (s BandwidthStore) Load(d Info, threads int) (Bandwidth, bool) {
	key := s.key(d)
	for _, m := range s.read().Measurements {
		if m.Key == key && m.Threads == threads {
			return m.Bandwidth, true
		}
	}
	return Bandwidth{}, false
}

// Save puts b into the file in place of what there is for d and as many threads.
func (s BandwidthStore) Save(d Info, b Bandwidth) error {
	all := s.read()
	all.Format = storeFormat
	m := measurementJSON{s.key(d), b}
	all.Measurements = append(slices.DeleteFunc(all.Measurements, func(o measurementJSON) bool {
		return o.Key == m.Key && o.Threads == m.Threads
	}), m)
	all.Measurements = all.Measurements[max(len(all.Measurements)-maxMeasurements, 0):]
	if err := os.MkdirAll(filepath.Dir(s.Path), 0o755); err != nil {
		return fmt.Errorf("the memory bandwidth cannot be kept for the next time: %w", err)
	}
	err := encoding.WriteCache(s.Path, func(w io.Writer) error {
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		return e.Encode(all)
	})
	if err != nil {
		return fmt.Errorf("the memory bandwidth cannot be kept for the next time: %w", err)
	}
	return nil
}

// read returns the part of the file that makes sense.
func (s BandwidthStore) read() storeJSON {
	f, err := os.Open(s.Path)
	if err != nil {
		return storeJSON{}
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxStoreBytes+1))
	if err != nil || len(data) > maxStoreBytes {
		return storeJSON{}
	}
	all, err := parseStore(data)
	if err != nil {
		return storeJSON{}
	}
	return all
}

// errNoStore reports a file of another kind, or more than one value in it.
var errNoStore = errors.New("device: not a file of measurements")

func parseStore(data []byte) (storeJSON, error) {
	var all storeJSON
	d := json.NewDecoder(bytes.NewReader(data))
	if err := d.Decode(&all); err != nil {
		return storeJSON{}, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) || all.Format != storeFormat {
		return storeJSON{}, errNoStore
	}
	all.Measurements = slices.DeleteFunc(all.Measurements, func(m measurementJSON) bool { return !m.plausible() })
	return all, nil
}

// plausible reports whether b can be a measurement: what a file says is not to reach
// a table as "inf GB/s".
func (b Bandwidth) plausible() bool {
	const most = 1e15 // bytes a second, a thousand times the fastest memory there is
	for _, v := range []float64{b.Read, b.Write, b.Copy} {
		if math.IsNaN(v) || v < 0 || v > most {
			return false
		}
	}
	return b.Read > 0 && b.Threads > 0 && b.Threads <= maxProcessors && b.Buffer > 0
}
