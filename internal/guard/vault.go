package guard

import (
	"strconv"
	"strings"
	"sync"
)

// Vault keeps what placeholders stand for, for one request. Conversations are sent
// whole each time, and placeholders are numbered as values appear in them, so that a
// value has the same one in every turn without anything being kept between them.
type Vault struct {
	mu     sync.Mutex
	byText map[string]string // kind and value, to the placeholder
	values map[string]string // back
	count  map[Kind]int
}

// placeholderMax is the longest placeholder: [CREDIT_CODE_99999].
const placeholderMax = 24

// NewVault makes an empty one.
func NewVault() *Vault {
	return &Vault{byText: map[string]string{}, values: map[string]string{}, count: map[Kind]int{}}
}

// placeholder is what stands for a value.
func (v *Vault) placeholder(k Kind, value string) string {
	v.mu.Lock()
	defer v.mu.Unlock()
	key := string(k) + " " + value
	if p, ok := v.byText[key]; ok {
		return p
	}
	p := ""
	for p == "" || v.values[p] != "" {
		v.count[k]++
		p = "[" + strings.ToUpper(string(k)) + "_" + strconv.Itoa(v.count[k]) + "]"
	}
	v.byText[key], v.values[p] = p, value
	return p
}

// empty reports whether nothing was put away.
func (v *Vault) empty() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return len(v.values) == 0
}

// restorer puts values back into a text that comes in pieces.
type restorer struct {
	vault *Vault
	held  string
}

// write returns what can be said of the text so far: placeholders are replaced, and
// what may become one is held.
func (r *restorer) write(piece string) string {
	text := r.held + piece
	r.held = ""
	var out strings.Builder
	for text != "" {
		i := strings.IndexByte(text, '[')
		if i < 0 {
			out.WriteString(text)
			break
		}
		out.WriteString(text[:i])
		text = text[i:]
		n := placeholderLength(text)
		if n < 0 {
			r.held = text
			break
		}
		if value, ok := r.vault.value(text[:n]); ok {
			out.WriteString(value)
		} else {
			n = max(n, 1)
			out.WriteString(text[:n])
		}
		text = text[n:]
	}
	return out.String()
}

// end returns what was held.
func (r *restorer) end() string {
	text := r.held
	r.held = ""
	return text
}

func (v *Vault) value(placeholder string) (string, bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	s, ok := v.values[placeholder]
	return s, ok
}

// placeholderLength is how long the placeholder at the beginning of a text is; 1 where
// there is none, and -1 where it is not complete.
func placeholderLength(text string) int {
	for i := 1; i < len(text) && i < placeholderMax; i++ {
		switch c := text[i]; {
		case c == ']':
			return i + 1
		case c >= 'A' && c <= 'Z', c == '_', isDigit09(c):
		default:
			return 1
		}
	}
	if len(text) >= placeholderMax {
		return 1
	}
	return -1
}
