package track

import (
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"io"
)

// WriteHeapProfile writes a heap profile of all stacks for go tool pprof, with the
// sample types of Go's own heap profiles and the labels tag and device. It wants
// level Detailed.
func (t *Tracker) WriteHeapProfile(w io.Writer) error {
	if t.options.Level < Detailed {
		return fmt.Errorf("track: a heap profile wants level %s, not %s", Detailed, t.options.Level)
	}
	t.lockAll()
	stacks, now := t.stacks(), t.now()
	t.unlockAll()
	p := profile{texts: map[string]uint64{}, functions: map[Frame]uint64{}, locations: map[Frame]uint64{}}
	p.text("") // the first text is the empty one
	for _, v := range [...][2]string{
		{"alloc_objects", "count"}, {"alloc_space", "bytes"}, {"inuse_objects", "count"}, {"inuse_space", "bytes"},
	} {
		p.message(profileSampleType, p.valueType(v[0], v[1]))
	}
	for _, s := range stacks {
		p.message(profileSample, p.sample(s))
	}
	p.number(profileTime, uint64(t.start.UnixNano()+now))
	p.number(profileDuration, uint64(now))
	p.message(profilePeriodType, p.valueType("space", "bytes"))
	p.number(profilePeriod, 1) // every byte counts
	p.number(profileDefaultType, p.text("inuse_space"))
	for _, text := range p.order {
		p.message(profileText, []byte(text))
	}
	z := gzip.NewWriter(w)
	if _, err := z.Write(p.encoded); err != nil {
		return err
	}
	return z.Close()
}

// Fields of the messages in
// https://github.com/google/pprof/blob/main/proto/profile.proto
const (
	profileSampleType  = 1
	profileSample      = 2
	profileLocation    = 4
	profileFunction    = 5
	profileText        = 6
	profileTime        = 9
	profileDuration    = 10
	profilePeriodType  = 11
	profilePeriod      = 12
	profileDefaultType = 14

	valueTypeType = 1
	valueTypeUnit = 2

	sampleLocations = 1
	sampleValues    = 2
	sampleLabel     = 3

	labelKey  = 1
	labelText = 2

	locationID   = 1
	locationLine = 4

	lineFunction = 1
	lineLine     = 2

	functionID         = 1
	functionName       = 2
	functionSystemName = 3
	functionFile       = 4
)

// A profile is the message Profile as far as it is written, and the tables that other
// messages refer to.
type profile struct {
	protobuf
	texts     map[string]uint64
	order     []string
	functions map[Frame]uint64 // without line
	locations map[Frame]uint64
}

func (p *profile) text(s string) uint64 {
	id, ok := p.texts[s]
	if !ok {
		id = uint64(len(p.order))
		p.texts[s] = id
		p.order = append(p.order, s)
	}
	return id
}

func (p *profile) valueType(kind, unit string) []byte {
	var m protobuf
	m.number(valueTypeType, p.text(kind))
	m.number(valueTypeUnit, p.text(unit))
	return m.encoded
}

func (p *profile) sample(s StackReport) []byte {
	var m, locations, values protobuf
	for _, f := range s.Stack {
		locations.varint(p.location(f))
	}
	for _, v := range [...]int64{s.Allocs, s.AllocatedBytes, s.LiveCount, s.LiveBytes} {
		values.varint(uint64(v))
	}
	m.message(sampleLocations, locations.encoded)
	m.message(sampleValues, values.encoded)
	for _, l := range [...][2]string{{"tag", s.Tag}, {"device", s.Device}} {
		var label protobuf
		label.number(labelKey, p.text(l[0]))
		label.number(labelText, p.text(l[1]))
		m.message(sampleLabel, label.encoded)
	}
	return m.encoded
}

// location returns the id of a call, and writes it the first time.
func (p *profile) location(f Frame) uint64 {
	if id, ok := p.locations[f]; ok {
		return id
	}
	id := uint64(len(p.locations) + 1)
	p.locations[f] = id
	var line, m protobuf
	line.number(lineFunction, p.function(f))
	line.number(lineLine, uint64(f.Line))
	m.number(locationID, id)
	m.message(locationLine, line.encoded)
	p.message(profileLocation, m.encoded)
	return id
}

func (p *profile) function(f Frame) uint64 {
	f.Line = 0
	if id, ok := p.functions[f]; ok {
		return id
	}
	id := uint64(len(p.functions) + 1)
	p.functions[f] = id
	var m protobuf
	m.number(functionID, id)
	m.number(functionName, p.text(f.Function))
	m.number(functionSystemName, p.text(f.Function))
	m.number(functionFile, p.text(f.File))
	p.message(profileFunction, m.encoded)
	return id
}

// A protobuf is a message in protocol buffers' encoding.
type protobuf struct{ encoded []byte }

const (
	wireVarint = 0
	wireBytes  = 2
)

func (b *protobuf) varint(v uint64) { b.encoded = binary.AppendUvarint(b.encoded, v) }

func (b *protobuf) number(field int, v uint64) {
	b.varint(uint64(field<<3 | wireVarint))
	b.varint(v)
}

func (b *protobuf) message(field int, m []byte) {
	b.varint(uint64(field<<3 | wireBytes))
	b.varint(uint64(len(m)))
	b.encoded = append(b.encoded, m...)
}
