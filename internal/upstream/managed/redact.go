package managed

import (
	"bytes"
	"fmt"
	"os"
	"regexp"
	"strings"
	"sync"
)

// Limits of an engine's log.
const (
	logBytesMax  = 8 << 20 // then it is moved to NAME.log.1, and what was there is lost
	lineBytesMax = 64 << 10
	tailLines    = 20
)

// secretLooks are forms that keys have, whoever gave them.
var secretLooks = regexp.MustCompile(`(?i)(bearer\s+|api[_-]?key["']?\s*[=:]\s*["']?|token["']?\s*[=:]\s*["']?|password["']?\s*[=:]\s*["']?)[^\s"',&]{6,}|\b(?:sk|hk|hf|ghp|xox[bp])[-_][A-Za-z0-9_-]{12,}`)

// secretNames are variables whose values are not for logs.
var secretNames = regexp.MustCompile(`(?i)key|token|secret|passw|credential`)

// logFile takes what an engine prints, without its secrets.
type logFile struct {
	path    string
	secrets []string

	mu   sync.Mutex
	file *os.File
	size int64
	part []byte   // of a line
	tail []string // the last lines
}

func newLogFile(path string, env []string, more ...string) *logFile {
	l := &logFile{path: path, secrets: more}
	for _, v := range env {
		name, value, _ := strings.Cut(v, "=")
		if len(value) >= 4 && secretNames.MatchString(name) {
			l.secrets = append(l.secrets, value)
		}
	}
	return l
}

// redact takes the secrets out of a line.
func (l *logFile) redact(line string) string {
	for _, s := range l.secrets {
		if s != "" {
			line = strings.ReplaceAll(line, s, "***")
		}
	}
	low := strings.ToLower(line)
	for _, w := range secretWords { // which costs a tenth of the expression
		if strings.Contains(low, w) {
			return secretLooks.ReplaceAllString(line, "$1***")
		}
	}
	return line
}

// secretWords are what secretLooks needs at the least.
var secretWords = []string{"bearer", "key", "token", "password", "sk-", "sk_", "hk-", "hk_", "hf-", "hf_", "ghp", "xoxb", "xoxp"}

// Write takes output as it comes; lines are written when they are whole, as a secret may
// be cut in two.
func (l *logFile) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.part = append(l.part, p...)
	for {
		i := bytes.IndexByte(l.part, '\n')
		if i < 0 && len(l.part) < lineBytesMax {
			return len(p), nil
		}
		if i < 0 {
			i = len(l.part)
		}
		l.line(string(bytes.TrimRight(l.part[:i], "\r\n")))
		l.part = append(l.part[:0], l.part[min(len(l.part), i+1):]...)
	}
}

func (l *logFile) line(s string) {
	s = l.redact(s)
	l.tail = append(l.tail, s)
	l.tail = l.tail[max(0, len(l.tail)-tailLines):]
	if l.file == nil || l.size > logBytesMax {
		if l.reopen() != nil {
			return // an engine runs without a log rather than not at all
		}
	}
	n, _ := fmt.Fprintln(l.file, s)
	l.size += int64(n)
}

// reopen begins the file, or goes on with it; a full one is moved away.
func (l *logFile) reopen() (err error) {
	if l.file != nil {
		_ = l.file.Close()
		l.file = nil
	}
	if info, err := os.Stat(l.path); err == nil && info.Size() > logBytesMax {
		_ = os.Rename(l.path, l.path+".1")
	}
	if l.file, err = os.OpenFile(l.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600); err != nil {
		return err
	}
	info, err := l.file.Stat()
	if err == nil {
		l.size = info.Size()
	}
	return err
}

// last are the last lines.
func (l *logFile) last() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]string(nil), l.tail...)
}

func (l *logFile) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.part) > 0 {
		l.line(string(l.part))
		l.part = nil
	}
	if l.file != nil {
		_ = l.file.Close()
		l.file = nil
	}
}
