package hearth

import "strings"

// Language is a language the appliance speaks.
type Language int

// The languages. English is the zero value because logs and Go errors use it;
// people see what they asked for.
const (
	English Language = iota
	Chinese
	languages // how many there are
)

// Words is one text in every language.
type Words [languages]string

// String is the English text, for logs.
func (w Words) String() string { return w[English] }

// String is the BCP 47 tag.
func (l Language) String() string {
	if l == Chinese {
		return "zh-CN"
	}
	return "en"
}

// ParseLanguage reads a locale name or an Accept-Language value and returns the
// first language in it that the appliance speaks; English if there is none.
func ParseLanguage(s string) Language {
	for tag := range strings.SplitSeq(s, ",") {
		tag = strings.ToLower(strings.TrimSpace(tag))
		switch {
		case strings.HasPrefix(tag, "zh"):
			return Chinese
		case strings.HasPrefix(tag, "en"), tag == "c", tag == "posix":
			return English
		}
	}
	return English
}
