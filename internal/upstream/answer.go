package upstream

import (
	"bufio"
	"cmp"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/hearthbox/hearth"
)

// errEnough ends an answer whose reader has stopped.
var errEnough = errors.New("the reader has had enough")

// answer turns what a server sends into chunks, whatever it is written in.
type answer struct {
	upstream *Server
	choices  int
	plain    bool // no conversation
	emit     func(hearth.Chunk) bool

	begun  bool
	each   []choiceState
	ended  int           // choices whose end has come
	held   *hearth.Chunk // the chunk that ends the last one
	usage  *hearth.Usage // as the upstream counts
	pieces int           // of the answer, which are tokens as a rule
	blocks map[int]block // Anthropic's, by index
}

// choiceState is what is known of one choice.
type choiceState struct {
	finished bool
	calls    []string    // their ids
	at       map[int]int // by the server's index: which of the calls it means
	thinking thinking
}

// piece is a step of an answer as servers send it.
type piece struct {
	choice    int
	text      string
	reasoning string
	calls     []callStep
	logProbs  []hearth.TokenLogProb
	finish    string
	stop      string
}

// callStep is a step of a tool call. A server may leave out the index, and the id.
type callStep struct {
	index     *int
	id, name  string
	arguments string
}

func newAnswer(u *Server, r *hearth.Request, emit func(hearth.Chunk) bool) *answer {
	return &answer{upstream: u, choices: r.ChoiceCount(), plain: r.Prompt != nil || r.Ending == hearth.InsideLast, emit: emit, each: make([]choiceState, r.ChoiceCount())}
}

// readAll reads the body to its end. What it is shows at its first letter, and not by
// its type, which proxies and small servers get wrong: events, lines, or one object, which
// is an error or all of the answer.
func (a *answer) readAll(body io.Reader) error {
	in := bufio.NewReader(body)
	first, err := firstLetter(in)
	switch {
	case err != nil && !errors.Is(err, io.EOF):
		return err
	case first == '<':
		return a.upstream.protocol("it sent a page", nil)
	case a.upstream.kind.wire.lines():
		err = readLines(in, a.read)
	case first == '{' || first == '"':
		err = a.readWhole(in)
	default:
		err = readEvents(in, a.read, a.aside)
	}
	if err != nil {
		return err
	}
	return a.end()
}

func (a *answer) read(data []byte) error { return a.upstream.kind.wire.read(a, data) }

func (a *answer) readWhole(in io.Reader) error {
	text, err := io.ReadAll(io.LimitReader(in, lineBytesMax))
	if err != nil {
		return err
	}
	if text[0] == '"' {
		return a.fault(text)
	}
	return a.read(text)
}

// firstLetter is the first one that is not blank; it stays to be read.
func firstLetter(in *bufio.Reader) (byte, error) {
	for {
		b, err := in.ReadByte()
		if err != nil {
			return 0, err
		}
		switch b {
		case ' ', '\t', '\r', '\n':
			continue
		case 0xEF, 0xBB, 0xBF: // a byte order mark
			continue
		}
		return b, in.UnreadByte()
	}
}

// end checks that the answer is whole, and sends its last chunk, which was held back to
// carry the usage that comes after it.
func (a *answer) end() error {
	if a.ended < a.choices {
		return a.upstream.protocol("the answer broke off", nil)
	}
	if a.held == nil {
		a.held = &hearth.Chunk{}
	}
	usage := cmp.Or(a.usage, &hearth.Usage{CompletionTokens: a.pieces})
	for _, n := range []*int{&usage.PromptTokens, &usage.CachedTokens, &usage.CompletionTokens, &usage.ReasoningTokens} {
		*n = max(0, *n)
	}
	if a.held.Usage = usage; !a.emit(*a.held) {
		return errEnough
	}
	return nil
}

// fault is an error that came with a good status, or within an answer.
func (a *answer) fault(data []byte) error {
	if told := a.upstream.peerError(data); told != nil {
		return told
	}
	s := saidIn(data)
	if s.message == "" {
		s.message = "an error without words"
	}
	return a.upstream.trouble(200, s)
}

// aside reads the comments in which another hearth says where the request stands.
func (a *answer) aside(comment []byte) error {
	var p hearth.Place
	var seconds int
	n, _ := fmt.Sscanf(string(comment), " queued position=%d eta=%ds", &p.Position, &seconds)
	if n == 0 || a.begun || p.Position < 1 {
		return nil
	}
	p.Wait = time.Duration(min(max(0, seconds), waitSecondsMax)) * time.Second
	if !a.emit(hearth.Chunk{Place: &p}) {
		return errEnough
	}
	return nil
}

// waitSecondsMax is the longest wait that is believed.
const waitSecondsMax = 30 * 24 * 3600

// take makes a chunk of a piece. After the end of a choice there is no more of it: what
// comes is the same end again, from servers and proxies that send it twice.
func (a *answer) take(p piece) error {
	if p.choice < 0 || p.choice >= a.choices {
		return a.upstream.protocol("it sent a choice nobody asked for", nil)
	}
	s := &a.each[p.choice]
	if s.finished {
		return nil
	}
	out := hearth.Chunk{Choice: p.choice, Text: p.text, Reasoning: p.reasoning, LogProbs: p.logProbs}
	if !a.plain {
		s.thinking.split(&out)
	}
	for _, step := range p.calls {
		d, err := a.call(s, step)
		if err != nil {
			return err
		}
		out.ToolCalls = append(out.ToolCalls, d)
	}
	if p.finish != "" {
		if broken(p.finish) {
			return a.upstream.protocol("it gave up the answer: "+p.finish, nil)
		}
		s.thinking.rest(&out)
		out.Finish, out.StopString = finishOf(p.finish), p.stop
		if out.Finish == hearth.FinishStop && len(s.calls) > 0 {
			out.Finish = hearth.FinishToolCalls // which not all servers call it
		}
		s.finished = true
		a.ended++
	}
	return a.pass(out)
}

// toolCallsMax bounds the calls of one answer.
const toolCallsMax = 127

// call finds out which call a step is of. Servers number calls, or give each an id and
// all the same number, or leave out both where calls come whole.
func (a *answer) call(s *choiceState, step callStep) (d hearth.ToolCallDelta, err error) {
	if s.at == nil {
		s.at = map[int]int{}
	}
	last := len(s.calls) - 1
	index := 0
	switch {
	case step.index != nil:
		index = *step.index
	case step.name != "" || last < 0:
		index = len(s.calls)
	default:
		index = last
	}
	if index < 0 || index > toolCallsMax || last >= toolCallsMax {
		return d, a.upstream.protocol("it sent a tool call out of range", nil)
	}
	at, known := s.at[index]
	if known && step.id != "" && step.name != "" && s.calls[at] != step.id {
		known = false // another one under the same number
	}
	switch {
	case !known:
		if step.id == "" {
			step.id = newCallID()
		}
		at = len(s.calls)
		s.at[index], s.calls = at, append(s.calls, step.id)
		return hearth.ToolCallDelta{Index: at, ID: step.id, Name: step.name, Arguments: step.arguments}, nil
	case at < last:
		return d, a.upstream.protocol("it went back to an earlier tool call", nil)
	}
	return hearth.ToolCallDelta{Index: at, Arguments: step.arguments}, nil // id and name came with the first step
}

// newCallID names a call for servers that do not: results are told apart by it.
func newCallID() string {
	b := make([]byte, 12)
	_, _ = rand.Read(b) // does not fail
	return "call_" + hex.EncodeToString(b)
}

// pass emits a chunk, but holds the one that ends the last choice.
func (a *answer) pass(c hearth.Chunk) error {
	if c.Text == "" && c.Reasoning == "" && c.ToolCalls == nil && c.LogProbs == nil && c.Finish == "" {
		return nil
	}
	if c.Text != "" || c.Reasoning != "" || c.ToolCalls != nil {
		a.pieces++
	}
	if !a.begun {
		a.begun, c.ServedBy = true, a.upstream.Source()
	}
	if c.Finish != "" && a.ended == a.choices {
		a.held = &c
		return nil
	}
	if !a.emit(c) {
		return errEnough
	}
	return nil
}

// broken is how engines say that an answer is not whole.
func broken(finish string) bool {
	switch finish {
	case "abort", "aborted", "error", "cancelled", "canceled", "timeout", "insufficient_system_resource":
		return true
	}
	return false
}

// finishOf maps what servers send. What is unknown ended somehow.
func finishOf(s string) hearth.FinishReason {
	switch s {
	case "length", "max_tokens", "model_context_window_exceeded":
		return hearth.FinishLength
	case "tool_calls", "function_call", "tool_use":
		return hearth.FinishToolCalls
	case "content_filter", "sensitive", "refusal":
		return hearth.FinishFiltered
	}
	return hearth.FinishStop
}

// thinking takes the thinking out of texts of servers that leave it there: it is what
// stands between the markers, if the answer begins with the first.
type thinking struct {
	state int // 0: nothing has come; 1: within; 2: behind it
	held  string
}

const (
	thinkOpen  = "<think>"
	thinkClose = "</think>"
)

func (t *thinking) split(c *hearth.Chunk) {
	if t.state == 2 || c.Text == "" {
		if c.Reasoning != "" && t.state == 0 {
			t.state = 2 // the server knows the difference
		}
		return
	}
	if c.Reasoning != "" {
		t.state = 2
		return
	}
	text := t.held + c.Text
	t.held, c.Text = "", ""
	if t.state == 0 {
		begin := strings.TrimLeft(text, " \n\r\t")
		switch {
		case strings.HasPrefix(begin, thinkOpen):
			t.state, text = 1, strings.TrimLeft(begin[len(thinkOpen):], "\n")
		case strings.HasPrefix(thinkOpen, begin):
			t.held = text // it may become one
			return
		default:
			t.state, c.Text = 2, text
			return
		}
	}
	before, after, ended := strings.Cut(text, thinkClose)
	if ended {
		t.state = 2
		c.Reasoning, c.Text = before, strings.TrimLeft(after, "\n")
		return
	}
	keep := overlap(text, thinkClose)
	c.Reasoning, t.held = text[:len(text)-keep], text[len(text)-keep:]
}

// rest lets go of what was held back, at the end.
func (t *thinking) rest(c *hearth.Chunk) {
	if t.state == 1 {
		c.Reasoning += t.held
	} else {
		c.Text += t.held
	}
	t.held, t.state = "", 2
}

// overlap is how much of the end of s is a beginning of marker.
func overlap(s, marker string) int {
	for n := min(len(s), len(marker)-1); n > 0; n-- {
		if strings.HasSuffix(s, marker[:n]) {
			return n
		}
	}
	return 0
}
