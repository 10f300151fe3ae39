package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/bitnet-go/bitnet/bitnet-inference/synthetic"
)

type options struct {
	prefill, decode, threads counts

	runs, rounds int
	model        string // "": a synthetic one
	shape        string // of the synthetic model
	simd         string // BITNET_SIMD of bitnet; "": as it chooses
	flash        string
	disagree     bool
	install      bool
	json, quick  bool
	choices      string   // path of questions to ask instead; "" for none
	questions    int      // of those, the first
	extra        []string // further arguments of bitnet bench or choices

	random *synthetic.Model // to compare on, if there is no model

	bitnet, scripts, commit string // see setByRun
}

// setByRun are options that the script run gives, and people need not know.
var setByRun = []string{"bitnet", "scripts", "commit"}

const usage = `Usage: bitnet-benchmarks/peers/run [OPTION...] [-- ARGUMENT...]

Measures llama.cpp and bitnet in turns on the same file. Arguments after -- go to
bitnet bench, or with --choices to bitnet choices.

`

// A counts is a flag of numbers above 0, as 128,512. A single 0 is none.
type counts []int

func (c *counts) String() string {
	return strings.Trim(strings.ReplaceAll(fmt.Sprint(*c), " ", ","), "[]")
}

func (c *counts) Set(text string) error {
	*c = nil
	if text == "0" {
		return nil
	}
	for _, field := range strings.Split(text, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(field))
		if err != nil || n < 1 || n > 1<<20 {
			return errors.New("want numbers above 0 such as 128,512, or 0 for none")
		}
		if !slices.Contains(*c, n) {
			*c = append(*c, n)
		}
	}
	return nil
}

func parse(args []string, help io.Writer) (*options, error) {
	o := options{prefill: counts{128, 512}, decode: counts{64}, threads: counts{1, 2}}
	fs := flag.NewFlagSet("run", flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	fs.Usage = func() {}
	fs.Var(&o.prefill, "p", "prefill `N,...` tokens; 0: no such test")
	fs.Var(&o.decode, "n", "decode `N,...` tokens; 0: no such test")
	fs.Var(&o.threads, "t", "on `N,...` threads")
	fs.IntVar(&o.runs, "r", 1, "count `N` runs in each measurement")
	fs.IntVar(&o.rounds, "rounds", 5, "measure each engine `N` times")
	fs.BoolVar(&o.quick, "quick", false, "as -p 128 -n 32 --rounds 3, where nothing else is given")
	fs.StringVar(&o.model, "model", "", "compare on this GGUF `FILE` (default: a synthetic one)")
	fs.StringVar(&o.shape, "synthetic", "2b4t", "`SHAPE` of the synthetic model: fable, large, 2b4t or 8b")
	fs.StringVar(&o.choices, "choices", "", "instead, ask --model the questions of `FILE`, as bitnet choices reads it")
	fs.IntVar(&o.questions, "questions", 200, "ask the first `N` questions")
	fs.BoolVar(&o.install, "install", false, "only install llama.cpp, and print the directory of its libraries")
	fs.StringVar(&o.simd, "simd", "", "run bitnet with BITNET_SIMD=`LEVEL`, such as avx2")
	fs.StringVar(&o.flash, "flash", "auto", "flash attention of llama.cpp: `auto`, on or off")
	fs.BoolVar(&o.disagree, "allow-disagreement", false, "measure even if the engines compute different logits")
	fs.BoolVar(&o.json, "json", false, "print a JSON object")
	fs.StringVar(&o.bitnet, "bitnet", "bin/bitnet", "the program bitnet")
	fs.StringVar(&o.scripts, "scripts", "bitnet-benchmarks/peers", "the directory of llamacpp.py")
	fs.StringVar(&o.commit, "commit", "", "the commit that bitnet was built from")
	if err := fs.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			printHelp(help, fs)
		}
		return nil, err
	}
	given := map[string]bool{}
	fs.Visit(func(f *flag.Flag) { given[f.Name] = true })
	o.extra = fs.Args()
	if len(o.extra) > 0 && !slices.Contains(args, "--") {
		return nil, fmt.Errorf("%q is no option; name a file with --model FILE", o.extra[0])
	}
	if given["model"] && given["synthetic"] {
		return nil, errors.New("--model and --synthetic contradict each other")
	}
	if o.quick {
		if !given["p"] {
			o.prefill = counts{128}
		}
		if !given["n"] {
			o.decode = counts{32}
		}
		if !given["rounds"] {
			o.rounds = 3
		}
	}
	if o.choices != "" {
		if o.model == "" {
			return nil, errors.New("--choices needs a model that has a tokenizer: name it with --model FILE")
		}
		for _, name := range []string{"p", "n", "r"} {
			if given[name] {
				return nil, fmt.Errorf("-%s means nothing with --choices: drop it", name)
			}
		}
	}
	switch {
	case o.runs < 1 || o.runs > 1000:
		return nil, fmt.Errorf("-r is %d, want 1 to 1000 runs", o.runs)
	case o.rounds < 1 || o.rounds > 1000:
		return nil, fmt.Errorf("--rounds is %d, want 1 to 1000 rounds", o.rounds)
	case !slices.Contains([]string{"auto", "on", "off"}, o.flash):
		return nil, fmt.Errorf("--flash is %q, want auto, on or off", o.flash)
	case len(o.threads) == 0:
		return nil, errors.New("-t is 0, want numbers of threads such as 1,2")
	case len(o.tests()) == 0:
		return nil, errors.New("there is nothing to measure: give -p or -n a number above 0")
	}
	if o.questions < 1 {
		return nil, fmt.Errorf("--questions is %d, want 1 or more", o.questions)
	}
	if o.model == "" {
		var err error
		if o.random, err = peerModel(o.shape); err != nil {
			return nil, err
		}
	}
	return &o, nil
}

func printHelp(w io.Writer, fs *flag.FlagSet) {
	fmt.Fprint(w, usage)
	fs.VisitAll(func(f *flag.Flag) {
		if slices.Contains(setByRun, f.Name) {
			return
		}
		name, text := flag.UnquoteUsage(f)
		dashes := "--"
		if len(f.Name) == 1 {
			dashes = "-"
		}
		fmt.Fprintf(w, "  %-21s %s", strings.TrimSpace(dashes+f.Name+" "+name), text)
		if f.DefValue != "" && f.DefValue != "false" {
			fmt.Fprintf(w, " (default %s)", f.DefValue)
		}
		fmt.Fprintln(w)
	})
}

// A test is what is measured on one engine: prefill or decode, the other is 0.
type test struct{ prefill, decode, threads int }

// name is llama-bench's: pp512, tg64.
func (t test) name() string {
	if t.prefill > 0 {
		return fmt.Sprintf("pp%d", t.prefill)
	}
	return fmt.Sprintf("tg%d", t.decode)
}

func (o *options) tests() []test {
	var all []test
	for _, threads := range o.threads {
		for _, n := range o.prefill {
			all = append(all, test{prefill: n, threads: threads})
		}
		for _, n := range o.decode {
			all = append(all, test{decode: n, threads: threads})
		}
	}
	return all
}
