package main

import (
	"bufio"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"
)

//go:embed peer.py
var script string

// A peer is the Python program that has Hugging Face's library.
type peer struct {
	cmd     *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Reader
	errors  strings.Builder
	version string
}

// A request asks for what its fields are set for, in their order.
type request struct {
	Unpack string   `json:"unpack,omitempty"` // the text of a file, which may be .xz
	Load   string   `json:"load,omitempty"`   // a tokenizer.json, which may be .xz
	Texts  []string `json:"texts,omitempty"`  // to be encoded from now on, once without timing
	Passes int      `json:"passes,omitempty"` // over the texts, timed
}

type answer struct {
	Version string `json:"version"`
	Text    string `json:"text"`
	checksum
	NS int64 `json:"ns"`
}

// A checksum stands for the ids of some texts.
type checksum struct {
	IDs int    `json:"ids"` // how many
	CRC uint32 `json:"crc"` // of the ids of each text and their number, little-endian
}

// missing says what to do when the library cannot be used.
const missing = "pip install tokenizers==0.23.3, for the python3 on PATH"

func start(ctx context.Context) (*peer, error) {
	p := &peer{cmd: exec.CommandContext(ctx, "python3", "-c", script)}
	p.cmd.Stderr = &p.errors
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	p.out = bufio.NewReader(out)
	if err := p.cmd.Start(); err != nil {
		if errors.Is(err, exec.ErrNotFound) {
			return nil, errors.New("there is no python3: install it, and " + missing)
		}
		return nil, err
	}
	a, err := p.ask(request{})
	if err != nil {
		p.close()
		if strings.Contains(p.errors.String(), "No module named") {
			return nil, errors.New("python3 has no tokenizers: " + missing)
		}
		return nil, err
	}
	p.version = a.Version
	return p, nil
}

func (p *peer) ask(r request) (answer, error) {
	var a answer
	line, err := json.Marshal(r)
	if err != nil {
		return a, err
	}
	if _, err := p.in.Write(append(line, '\n')); err != nil {
		p.close() // so that all it wrote is there
		return a, fmt.Errorf("the Python program has ended: %s", p.lastError())
	}
	reply, err := p.out.ReadBytes('\n')
	if err != nil {
		p.close()
		return a, fmt.Errorf("the Python program has ended: %s", p.lastError())
	}
	return a, json.Unmarshal(reply, &a)
}

func (p *peer) lastError() string {
	text := strings.TrimSpace(p.errors.String())
	return text[strings.LastIndexByte(text, '\n')+1:]
}

// run encodes the texts so many times.
func (p *peer) run(passes int) (time.Duration, error) {
	a, err := p.ask(request{Passes: passes})
	return time.Duration(a.NS), err
}

// unpack returns the text of a file that may lie there as name.xz.
func (p *peer) unpack(name string) (string, error) {
	path, err := packed(name)
	if err != nil {
		return "", err
	}
	a, err := p.ask(request{Unpack: path})
	return a.Text, err
}

// packed returns the path that a file has: name or name.xz.
func packed(name string) (string, error) {
	if _, err := os.Stat(name); err == nil {
		return name, nil
	}
	_, err := os.Stat(name + ".xz")
	return name + ".xz", err
}

func (p *peer) close() {
	_ = p.in.Close() // the program ends with its input
	_ = p.cmd.Wait()
}
