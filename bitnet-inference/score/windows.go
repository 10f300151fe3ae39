package score

// Windows cuts ids into windows of at most length tokens, each headed by bos if that is not
// negative, and begun stride tokens after the one before; 0 and what leaves gaps stand for
// as far as it reaches. Every token is predicted once, in the first window that has it, but
// for those with nothing before them, where there is no bos.
func Windows(ids []int32, bos int32, length, stride int) []Sequence {
	var head []int32
	if bos >= 0 {
		head = []int32{bos}
	}
	room := max(length-len(head), 1)
	if stride <= 0 || stride > room {
		stride = room
	}
	var all []Sequence
	for at, known := 0, 0; known < len(ids); at += stride {
		end := min(at+room, len(ids))
		w := append(head[:len(head):len(head)], ids[at:end]...)
		all = append(all, Sequence{IDs: w, From: max(len(head)+known-at, 1)})
		known = end
	}
	return all
}

// SecondHalves cuts ids, headed by bos if that is not negative, into windows of exactly
// length tokens, and leaves out what remains. Only the tokens after the first length/2+1 are
// predicted, so that each has at least half a window before it, and bos takes the place of
// a window's first token. That is how llama.cpp's llama-perplexity does it.
func SecondHalves(ids []int32, bos int32, length int) []Sequence {
	if bos >= 0 {
		ids = append([]int32{bos}, ids...)
	}
	var all []Sequence
	for ; len(ids) >= length; ids = ids[length:] {
		w := append([]int32{}, ids[:length]...)
		if bos >= 0 {
			w[0] = bos
		}
		all = append(all, Sequence{IDs: w, From: length/2 + 1})
	}
	return all
}
