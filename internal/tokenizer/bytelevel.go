package tokenizer

// GPT-2 writes its vocabulary in printable characters: a byte that is one in
// Latin-1 stands for itself, and the other 68 are numbered from U+0100 on.

// appendBytes adds the bytes that a token's characters stand for; ok is false if
// one of them stands for none.
func appendBytes(dst []byte, token string) (_ []byte, ok bool) {
	for _, r := range token {
		b, ok := byteOf(r)
		if !ok {
			return dst, false
		}
		dst = append(dst, b)
	}
	return dst, true
}

func byteOf(r rune) (byte, bool) {
	switch {
	case printable(r):
		return byte(r), true
	case r < 0x100 || r > 0x143:
		return 0, false
	case r <= 0x120: // 0x00 to 0x20
		return byte(r - 0x100), true
	case r <= 0x142: // 0x7f to 0xa0
		return byte(r - 0x121 + 0x7f), true
	}
	return 0xad, true // a soft hyphen
}

func printable(r rune) bool {
	return r > 0x20 && r < 0x7f || r > 0xa0 && r <= 0xff && r != 0xad
}
