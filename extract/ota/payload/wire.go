package payload

import (
	"github.com/censorscan/censorscan/extract"
	"google.golang.org/protobuf/encoding/protowire"
)

// message is what is left to read of an encoded protobuf message.
type message struct {
	data []byte
	base int64 // offset of data in the payload
}

// field is one field of a message: value of a number, sub of a string, bytes or message.
type field struct {
	number protowire.Number
	value  uint64
	sub    message
}

// next takes one field off the message.
func (m *message) next() (field, error) {
	number, kind, n := protowire.ConsumeTag(m.data)
	if n < 0 {
		return field{}, extract.Damaged(m.base, "protobuf tag: %w", protowire.ParseError(n))
	}
	f, rest, length := field{number: number}, m.data[n:], 0
	switch kind {
	case protowire.VarintType:
		f.value, length = protowire.ConsumeVarint(rest)
	case protowire.BytesType:
		var b []byte
		b, length = protowire.ConsumeBytes(rest)
		f.sub = message{b, m.base + int64(n+length-len(b))}
	default:
		length = protowire.ConsumeFieldValue(number, kind, rest)
	}
	if length < 0 {
		return field{}, extract.Damaged(m.base, "protobuf field %d: %w", number, protowire.ParseError(length))
	}
	m.data, m.base = rest[length:], m.base+int64(n+length)
	return f, nil
}
