package fetch

import "time"

// What the tests and the fuzzer see of the parsers.

type (
	Header  = header
	Arrival = arrival
)

func ParseJournal(text []byte) (Header, []Arrival, int, error) { return parseJournal(text) }

func JournalLine(v any) []byte {
	line, err := journalLine(v)
	if err != nil {
		panic(err)
	}
	return line
}

func ParseContentRange(text string) (start, end, total int64, ok bool) {
	s, total, ok := parseContentRange(text)
	return s.start, s.end, total, ok
}

func ParseRetryAfter(text string, now time.Time) time.Duration { return parseRetryAfter(text, now) }

const RetryAfterMax = retryAfterMax
