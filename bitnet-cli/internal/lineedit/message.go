package lineedit

import "strings"

// quotes open and close a message of several lines.
const quotes = `"""`

// ReadMessage reads one message. It is a line, and goes on in the next one if
// the line ends with a backslash; a message that begins with """ goes on until
// the next """. prompt is shown before the first line, more before the others.
// The error is the editor's; an unfinished message is dropped with it.
func ReadMessage(e Editor, prompt, more string) (string, error) {
	line, err := e.ReadLine(prompt)
	if err != nil {
		return line, err
	}
	if rest, ok := strings.CutPrefix(strings.TrimLeft(line, " \t"), quotes); ok {
		return readQuoted(e, rest, more)
	}
	var message strings.Builder
	for {
		head, goesOn := strings.CutSuffix(line, `\`)
		message.WriteString(head)
		if !goesOn {
			return message.String(), nil
		}
		message.WriteByte('\n')
		if line, err = e.ReadLine(more); err != nil {
			return "", err
		}
	}
}

// readQuoted reads up to the closing quotes. What follows them on their line
// belongs to the message, too, so that nothing typed is lost.
func readQuoted(e Editor, line, more string) (string, error) {
	var message strings.Builder
	for {
		if head, tail, ok := strings.Cut(line, quotes); ok {
			message.WriteString(head + tail)
			return strings.Trim(message.String(), "\n"), nil
		}
		message.WriteString(line + "\n")
		var err error
		if line, err = e.ReadLine(more); err != nil {
			return "", err
		}
	}
}
