package hearth

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"
)

// Kind says what sort of trouble an error is. Doors map it to their own terms: an
// HTTP status, an exit code.
type Kind int

// The kinds of trouble.
const (
	KindInternal        Kind = iota // ours; the zero value, so that a forgotten kind is not blamed on the caller
	KindInvalid                     // the request can't be honoured as written
	KindUnauthenticated             // who asks is unknown
	KindForbidden                   // who asks may not
	KindNotFound                    // what was named does not exist
	KindConflict                    // it exists already, or is in use
	KindStale                       // it has changed since the caller read it
	KindTooLarge                    // beyond a stated limit of size
	KindExhausted                   // a stated limit of amount is reached for now
	KindUnavailable                 // something the answer needs is not there
	KindCanceled                    // the caller went away
)

// Error is trouble told three ways: a code for machines, a message for people
// and a remedy for whoever can mend it, the latter two in every [Language].
//
// The cause is for the operator's log alone: what is shown to clients is made
// from the code and its parameters only.
type Error struct {
	Code  Code
	Field string // the part of the request at fault, for example "messages[2].role"

	// Retry is after how long the same may be asked again with a chance; 0 is not known.
	Retry time.Duration

	params []any
	cause  error
	told   *[2]string // message and remedy as another appliance put them
}

// NewError makes an error of the code. The parameters are name, value pairs, as
// the catalogue's text names them in braces. A value that is [Words] is told in the
// reader's language.
func NewError(code Code, params ...any) *Error {
	return &Error{Code: code, params: params}
}

// FileError says of a file or folder that it can't be used, and why.
func FileError(path string, err error) *Error {
	why := any(err)
	var p *fs.PathError
	switch {
	case errors.Is(err, fs.ErrNotExist):
		why = Words{"it does not exist", "该路径不存在"}
	case errors.Is(err, fs.ErrPermission):
		why = Words{"permission is denied", "没有权限"}
	case errors.As(err, &p):
		why = p.Err
	}
	return NewError(FileFailed, "path", path, "detail", why).Because(err)
}

// Told repeats an error of another appliance, in the words and the language it used.
// A code this one does not know becomes an [InternalError] in those words.
func Told(code Code, message, remedy string) *Error {
	if _, ok := catalogue[code]; !ok {
		code = InternalError
	}
	return &Error{Code: code, told: &[2]string{message, remedy}}
}

// At says which part of the request is at fault.
func (e *Error) At(field string) *Error {
	c := *e
	c.Field = field
	return &c
}

// Because attaches the cause, for the log.
func (e *Error) Because(cause error) *Error {
	c := *e
	c.cause = cause
	return &c
}

// After says after how long the same may be asked again with a chance.
func (e *Error) After(d time.Duration) *Error {
	c := *e
	c.Retry = d
	return &c
}

// Error is the English message with its cause.
func (e *Error) Error() string {
	s := e.Message(English)
	if e.Field != "" {
		s = e.Field + ": " + s
	}
	if e.cause != nil {
		s += ": " + e.cause.Error()
	}
	return s
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.cause }

// Is makes errors.Is match by code, so that NewError(X) serves as a target.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code
}

// Kind is the sort of trouble.
func (e *Error) Kind() Kind { return e.Code.entry().kind }

// Message says what is wrong.
func (e *Error) Message(l Language) string {
	if e.told != nil {
		return e.told[0]
	}
	return e.fill(e.Code.entry().message[l], l)
}

// Remedy says what to do about it.
func (e *Error) Remedy(l Language) string {
	if e.told != nil {
		return e.told[1]
	}
	return e.fill(e.Code.entry().remedy[l], l)
}

func (e *Error) fill(text string, l Language) string {
	pairs := make([]string, 0, len(e.params))
	for i := 0; i+1 < len(e.params); i += 2 {
		value := e.params[i+1]
		if w, ok := value.(Words); ok {
			value = w[l]
		}
		pairs = append(pairs, fmt.Sprintf("{%v}", e.params[i]), fmt.Sprint(value))
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

// AsError finds the *Error in err's chain. A context that was canceled becomes
// [Canceled]; anything else an [InternalError] with err as its cause, so that no
// unforeseen text reaches a client.
func AsError(err error) *Error {
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	if errors.Is(err, context.Canceled) {
		return NewError(Canceled).Because(err)
	}
	return NewError(InternalError).Because(err)
}
