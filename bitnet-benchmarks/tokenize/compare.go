package main

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"runtime"
	"time"

	"github.com/bitnet-go/bitnet/bitnet-benchmarks/internal/paired"
	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer"
)

// plain leaves out what the library's add_special_tokens=False leaves out.
var plain = tokenizer.Options{NoPostProcess: true}

// passesFor returns how many passes take the least duration, of measurements that
// run makes of one pass and more.
func passesFor(least time.Duration, run func(passes int) (time.Duration, error)) (int, error) {
	for passes := 1; ; passes *= 2 {
		took, err := run(passes)
		if err != nil || took >= least || passes >= 1<<20 {
			return passes, err
		}
	}
}

func compare(ctx context.Context, tok tokenizer.Tokenizer, p *peer, s set, rounds int, least time.Duration) (Result, error) {
	r := Result{Texts: s.Name, Documents: len(s.texts), Bytes: s.bytes}
	theirs, err := p.ask(request{Texts: s.texts})
	if err != nil {
		return r, err
	}
	if ours := checksumOf(tok, s.texts); ours != theirs.checksum {
		return r, fmt.Errorf("the ids differ: %+v here and %+v there", ours, theirs.checksum)
	}
	encode := func(passes int) (time.Duration, error) { return encodeEach(tok, s.texts, passes), nil }
	batch := func(threads int) func(passes int) (time.Duration, error) {
		return func(passes int) (time.Duration, error) { return encodeBatch(ctx, tok, s.texts, threads, passes) }
	}
	runs := []func(passes int) (time.Duration, error){encode, p.run, batch(1), batch(2)}
	passes := make([]int, len(runs))
	for i, run := range runs {
		if passes[i], err = passesFor(least, run); err != nil {
			return r, err
		}
	}
	passes[3] = passes[2]
	speeds := make([][]float64, len(runs))
	for range rounds {
		for i, run := range runs {
			runtime.GC() // so that no run pays for what another has left
			took, err := run(passes[i])
			if err != nil {
				return r, err
			}
			speeds[i] = append(speeds[i], float64(s.bytes)*float64(passes[i])/took.Seconds()/1e6)
		}
	}
	r.Bitnet, r.Library = paired.Of(speeds[0]).Median, paired.Of(speeds[1]).Median
	r.Times = paired.Of(paired.Ratios(speeds[0], speeds[1]))
	r.Threads = paired.Of(paired.Ratios(speeds[3], speeds[2]))
	return r, nil
}

func checksumOf(tok tokenizer.Tokenizer, texts []string) (c checksum) {
	var ids []int32
	var packed []byte
	for _, text := range texts {
		ids = tok.Encode(ids[:0], text, plain)
		packed = packed[:0]
		for _, id := range append(ids, int32(len(ids))) {
			packed = binary.LittleEndian.AppendUint32(packed, uint32(id))
		}
		c.IDs += len(ids)
		c.CRC = crc32.Update(c.CRC, crc32.IEEETable, packed)
	}
	return c
}

func encodeEach(tok tokenizer.Tokenizer, texts []string, passes int) time.Duration {
	var ids []int32
	start := time.Now()
	for range passes {
		for _, text := range texts {
			ids = tok.Encode(ids[:0], text, plain)
		}
	}
	return time.Since(start)
}

func encodeBatch(ctx context.Context, tok tokenizer.Tokenizer, texts []string, threads, passes int) (time.Duration, error) {
	start := time.Now()
	for range passes {
		all, err := tokenizer.EncodeBatch(ctx, tok, texts, plain, threads)
		if err != nil {
			return 0, err
		}
		if len(all) != len(texts) {
			return 0, errors.New("EncodeBatch lost a text")
		}
	}
	return time.Since(start), nil
}
