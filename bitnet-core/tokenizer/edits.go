package tokenizer

import "bytes"

// replaceText replaces every occurrence of old.
func replaceText(old, new string) tokenEdit {
	return func(text []byte, _ bool) []byte {
		return bytes.ReplaceAll(text, []byte(old), []byte(new))
	}
}

// spacesOf makes spaces of marks, but nothing in the first token if drop.
func spacesOf(mark string, drop bool) tokenEdit {
	return func(text []byte, first bool) []byte {
		if first && drop {
			return bytes.ReplaceAll(text, []byte(mark), nil)
		}
		return bytes.ReplaceAll(text, []byte(mark), []byte{' '})
	}
}

// continued joins tokens that begin with prefix to the one before and puts a
// space before others.
func continued(prefix string, clean bool) tokenEdit {
	return func(text []byte, first bool) []byte {
		if !first {
			if rest, found := bytes.CutPrefix(text, []byte(prefix)); found {
				text = rest
			} else {
				text = append([]byte{' '}, text...)
			}
		}
		if clean {
			text = tidy(text)
		}
		return text
	}
}

// untidy are the spaces that cutting at punctuation leaves in English text, and
// what should be there, in the order in which they are replaced.
var untidy = [][2]string{
	{" .", "."},
	{" ?", "?"},
	{" !", "!"},
	{" ,", ","},
	{" ' ", "'"},
	{" n't", "n't"},
	{" 'm", "'m"},
	{" do not", " don't"},
	{" 's", "'s"},
	{" 've", "'ve"},
	{" 're", "'re"},
}

func tidy(text []byte) []byte {
	if bytes.IndexByte(text, ' ') < 0 {
		return text
	}
	for _, r := range untidy {
		text = bytes.ReplaceAll(text, []byte(r[0]), []byte(r[1]))
	}
	return text
}

// unpadded removes padding and, if clean, makes spaces of delimiters.
func unpadded(pad, delimiter string, clean bool) tokenEdit {
	return func(text []byte, _ bool) []byte {
		text = bytes.ReplaceAll(text, []byte(pad), nil)
		if clean {
			text = bytes.ReplaceAll(tidy(text), []byte(delimiter), []byte{' '})
		}
		return text
	}
}

// trimmed removes c from both ends of a token, at most so often.
func trimmed(c string, start, stop int) tokenEdit {
	return func(text []byte, _ bool) []byte {
		for n := 0; n < start && bytes.HasPrefix(text, []byte(c)); n++ {
			text = text[len(c):]
		}
		for n := 0; n < stop && bytes.HasSuffix(text, []byte(c)); n++ {
			text = text[:len(text)-len(c)]
		}
		return text
	}
}
