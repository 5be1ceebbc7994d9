package gguf

import (
	"encoding/binary"
	"fmt"
	"math"
)

// Kind is the type of a metadata value. Values are those of the file format.
type Kind uint32

// The kinds of metadata values.
const (
	Uint8   Kind = 0
	Int8    Kind = 1
	Uint16  Kind = 2
	Int16   Kind = 3
	Uint32  Kind = 4
	Int32   Kind = 5
	Float32 Kind = 6
	Bool    Kind = 7
	String  Kind = 8
	Array   Kind = 9
	Uint64  Kind = 10
	Int64   Kind = 11
	Float64 Kind = 12
)

var kindNames = [...]string{"uint8", "int8", "uint16", "int16", "uint32", "int32", "float32",
	"bool", "string", "array", "uint64", "int64", "float64"}

// kindBytes is the size of one value; strings and arrays, whose size varies, have
// their least size.
var kindBytes = [...]int{1, 1, 2, 2, 4, 4, 4, 1, 8, 12, 8, 8, 8}

// String is the kind's name in the format's words.
func (k Kind) String() string {
	if int(k) >= len(kindNames) {
		return fmt.Sprintf("kind %d", uint32(k))
	}
	return kindNames[k]
}

// Value is one metadata value, kept as the file's bytes until it is asked for: a
// vocabulary of 150,000 strings costs nothing to a caller who only lists models.
type Value struct {
	Kind   Kind // of the value, or of the elements of an array
	Array  bool
	Len    int // elements of an array, 1 otherwise
	raw    []byte
	offset int64
}

// decode turns the bytes of one number or bool into int64, uint64, float64 or bool.
func decode(k Kind, b []byte) any {
	le := binary.LittleEndian
	switch k {
	case Uint8:
		return uint64(b[0])
	case Int8:
		return int64(int8(b[0]))
	case Uint16:
		return uint64(le.Uint16(b))
	case Int16:
		return int64(int16(le.Uint16(b)))
	case Uint32:
		return uint64(le.Uint32(b))
	case Int32:
		return int64(int32(le.Uint32(b)))
	case Uint64:
		return le.Uint64(b)
	case Int64:
		return int64(le.Uint64(b))
	case Float32:
		return float64(math.Float32frombits(le.Uint32(b)))
	case Float64:
		return math.Float64frombits(le.Uint64(b))
	case Bool:
		return b[0] != 0
	}
	return nil
}

// integer is decode for the integer kinds; ok is false for others and for what
// int64 can't hold.
func integer(k Kind, b []byte) (n int64, ok bool) {
	switch v := decode(k, b).(type) {
	case int64:
		return v, true
	case uint64:
		return int64(v), v <= math.MaxInt64
	}
	return 0, false
}

// text reads the string at the start of b, which the reader has validated.
func text(b []byte) (s string, rest []byte) {
	n := binary.LittleEndian.Uint64(b)
	return string(b[8 : 8+n]), b[8+n:]
}

// Display is the value for people: a number, a text, or the size of an array.
func (v Value) Display() string {
	switch {
	case v.Array:
		return fmt.Sprintf("[%d × %s]", v.Len, v.Kind)
	case v.Kind == String:
		s, _ := text(v.raw)
		return s
	}
	return fmt.Sprint(decode(v.Kind, v.raw))
}
