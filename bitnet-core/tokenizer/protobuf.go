package tokenizer

import (
	"encoding/binary"
	"fmt"
)

// eachField walks over the fields of a protobuf message: its wire format is a
// sequence of (number << 3 | kind) varints, each followed by a value. bytes is
// set for strings and messages, number for varints and fixed values. Nothing
// is copied.
func eachField(msg []byte, field func(number int, value uint64, bytes []byte) error) error {
	for i := 0; i < len(msg); {
		at := i
		tag, n := binary.Uvarint(msg[i:])
		if n <= 0 || tag>>3 == 0 || tag>>3 > 1<<29 {
			return fmt.Errorf("offset %d: not a protobuf field; is this a SentencePiece model, and complete?", at)
		}
		i += n
		var value uint64
		var bytes []byte
		switch tag & 7 {
		case 0:
			if value, n = binary.Uvarint(msg[i:]); n <= 0 {
				return fmt.Errorf("offset %d: a number in field %d does not end", at, tag>>3)
			}
			i += n
		case 1:
			if len(msg)-i < 8 {
				return fmt.Errorf("offset %d: field %d is cut off", at, tag>>3)
			}
			value = binary.LittleEndian.Uint64(msg[i:])
			i += 8
		case 2:
			size, n := binary.Uvarint(msg[i:])
			if n <= 0 || size > uint64(len(msg)-i-n) {
				return fmt.Errorf("offset %d: field %d is longer than what is left; is the file complete?", at, tag>>3)
			}
			i += n
			bytes = msg[i : i+int(size) : i+int(size)]
			i += int(size)
		case 5:
			if len(msg)-i < 4 {
				return fmt.Errorf("offset %d: field %d is cut off", at, tag>>3)
			}
			value = uint64(binary.LittleEndian.Uint32(msg[i:]))
			i += 4
		default:
			return fmt.Errorf("offset %d: field %d has the unknown kind %d", at, tag>>3, tag&7)
		}
		if err := field(int(tag>>3), value, bytes); err != nil {
			return err
		}
	}
	return nil
}
