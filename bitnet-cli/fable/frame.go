package fable

import (
	"errors"
	"fmt"

	"github.com/klauspost/compress/zstd"
)

// A frame is one Zstandard frame and its size when unpacked.
type frame struct {
	data []byte
	size int
}

// split finds the frames in data by their block headers (RFC 8878, section 3.1.1).
// Every frame must say how large its content is.
func split(data []byte) ([]frame, error) {
	var frames []frame
	for len(data) > 0 {
		var h zstd.Header
		if err := h.Decode(data); err != nil {
			return nil, fmt.Errorf("frame %d: %w", len(frames), err)
		}
		if h.Skippable || !h.HasFCS {
			return nil, fmt.Errorf("frame %d does not say its size", len(frames))
		}
		end := h.HeaderSize
		for last := false; !last; {
			if len(data)-end < 3 {
				return nil, errors.New("the last frame is cut off")
			}
			block := int(data[end]) | int(data[end+1])<<8 | int(data[end+2])<<16
			last = block&1 != 0
			size := block >> 3
			if block>>1&3 == 1 { // one byte, repeated
				size = 1
			}
			end += 3 + size
		}
		if h.HasCheckSum {
			end += 4
		}
		if end > len(data) {
			return nil, errors.New("the last frame is cut off")
		}
		frames = append(frames, frame{data[:end], int(h.FrameContentSize)})
		data = data[end:]
	}
	return frames, nil
}
