package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"time"
)

func main() {
	o, err := parse(os.Args[1:], os.Stderr)
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "peers:", err)
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	err = run(ctx, o)
	if ctx.Err() != nil {
		os.Exit(130) // 128 + SIGINT
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "peers:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o *options) error {
	show := newProgress(os.Stderr)
	defer show.done()
	cache, err := os.UserCacheDir()
	if err != nil {
		return fmt.Errorf("there is no cache directory for llama.cpp and the model (%w); set XDG_CACHE_HOME", err)
	}
	cache = filepath.Join(cache, "bitnet")
	// What is missing is said before anything is installed or written.
	path := o.model
	if path != "" {
		if _, err := os.Stat(path); err != nil {
			return err
		}
	}
	peer, err := installLlama(ctx, filepath.Join(cache, "peers"), o, show)
	if err != nil {
		return err
	}
	if o.install {
		show.done()
		_, err := fmt.Println(peer.libraries)
		return err
	}
	ours := &bitnet{program: o.bitnet, simd: o.simd, extra: o.extra}
	if o.choices != "" {
		return ask(ctx, peer, ours, path, o, show)
	}
	if o.random != nil {
		if path, err = makeModel(ctx, cache, o.random, show); err != nil {
			return err
		}
	}
	file, err := identify(path)
	if err != nil {
		return err
	}
	c := comparison{peer: peer, ours: ours, file: file, options: o, show: show}
	began, load := time.Now(), loadAverage()
	r, err := c.run(ctx)
	if err != nil {
		return err
	}
	show.done()
	r.setting(&c, began, load)
	if o.json {
		return printJSON(os.Stdout, r)
	}
	return printTable(os.Stdout, r)
}

// ask runs a quiz.
func ask(ctx context.Context, peer *llamacpp, ours *bitnet, path string, o *options, show *progress) error {
	dir, err := os.MkdirTemp("", "peers-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	q, err := newQuiz(dir, peer, ours, path, o, show)
	if err != nil {
		return err
	}
	all, err := q.run(ctx)
	if err != nil {
		return err
	}
	show.done()
	return printQuiz(os.Stdout, all, o.json)
}
