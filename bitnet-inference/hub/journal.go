package hub

import (
	"os"
	"path"
	"runtime"
	"time"
)

// noteEvery is how often what is on disk is noted, and so the time whose bytes a killed process loses.
const noteEvery = 500 * time.Millisecond

// journal notes in the sidecar what is on disk, until stop is closed and once more then.
func (d *download) journal(stop <-chan struct{}) error {
	tick := time.NewTicker(d.c.noteEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			if err := d.flush(); err != nil {
				return err
			}
		case <-stop:
			if d.hashed.Load() == d.size() {
				return nil // commit puts it on disk
			}
			return d.flush()
		}
	}
}

// flush puts what is written on disk, then says so. A sidecar that is lost with the machine's
// power costs another fetch; one that says too much would cost a wrong hash.
func (d *download) flush() error {
	d.mu.Lock()
	written := append(ranges{}, d.done...)
	d.mu.Unlock()
	var lines []byte
	for _, s := range written {
		for _, g := range d.noted.missingIn(s) {
			lines = append(lines, sidecarLine(g)...)
		}
	}
	if len(lines) == 0 {
		return nil
	}
	if err := d.ours(); err != nil {
		return err
	}
	if err := d.file.Sync(); err != nil {
		return d.c.store.failed(d.part(), err)
	}
	if d.length += len(lines); d.length > d.limit {
		if err := d.rewrite(written); err != nil {
			return err
		}
	} else if _, err := d.note.Write(lines); err != nil {
		return d.c.store.failed(d.side(), err)
	}
	d.noted = written
	return nil
}

// syncDirectory waits until the names in a file's directory are on disk, where that can be asked.
func (s *Store) syncDirectory(name string) {
	if runtime.GOOS == "windows" {
		return
	}
	dir, err := s.root.OpenFile(path.Dir(name), os.O_RDONLY, 0)
	if err != nil {
		return // the blob is there; only its survival of a power cut is less sure
	}
	_ = dir.Sync() // likewise
	_ = dir.Close()
}
