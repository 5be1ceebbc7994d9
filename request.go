package hearth

import "time"

// Request asks a model for one thing: to answer a conversation (Messages), to continue a
// plain text (Prompt), for the vectors of texts (Embed), or how well texts answer a query
// (Rerank). Of the latter two the answer is one chunk, and what is said of answers below
// does not concern them.
type Request struct {
	Model    string
	Messages []Message
	Prompt   *string
	Embed    *EmbeddingRequest
	Rerank   *RerankRequest

	Tools    []Tool
	Calls    Calls
	Thinking Thinking
	Ending   Ending

	Decoding

	// By is who asks, with the request of this id, from this address.
	By   Principal
	ID   string
	From string

	// Trail collects what is found out about the request, for its record; nil if it
	// is not recorded.
	Trail *Trail

	// Realm is among whom it may show, in how long an answer takes, that a text
	// began like another one: what an engine knows of a text is used again only for
	// texts of the same realm. Empty is a realm like any other.
	Realm string

	// Class and Deadline say how soon the answer is wanted: when it has to have begun.
	// Zero values leave that to the appliance.
	Class    Class
	Deadline time.Time

	// DataClass is of which class what is asked is; empty leaves that to the appliance.
	DataClass DataClass

	// Ticket, if not empty, is what a caller who comes back shows: whoever leaves with
	// [PlaceKept] as the cause is given, with the same ticket, the same place in line,
	// or the answer that has begun meanwhile.
	Ticket string

	// Once, if not empty, names the request across restarts, where it is made again if its
	// answer was lost: what it took is counted once.
	Once string

	// Source, if not empty, is where it is to be answered, of several places where the
	// model is.
	Source string
}

// Completion asks a [Completer] to continue a text.
type Completion struct {
	Prompt []Span

	// ShowControl renders control tokens in the answer as text, for the parser
	// that needs them. End-of-generation tokens are never shown.
	ShowControl bool

	Aside Aside

	// Realm is as in [Request].
	Realm string

	Decoding
}

// Aside is a stretch of an answer between two markers in which stop strings do not
// count: they are about the answer, and a model that thinks first would trip over
// them while it thinks. The zero value is none.
type Aside struct {
	Open, Close string
	Begun       bool // the prompt has opened it
}

// Span is a piece of a prompt. Where Literal is set, text that looks like a special
// token stays text: what a person typed can never become a turn marker.
type Span struct {
	Text    string
	Literal bool
}

// Decoding is how an answer is decoded, the same for chat and completion. The
// zero value samples one answer from the model's own distribution, up to the
// end of the context.
type Decoding struct {
	Choices   int // how many answers; 0 means 1
	MaxTokens int // of each answer; 0 means what the context leaves
	// MayFallShort lets MaxTokens be more than the context leaves, which then ends the
	// answer: for clients that must name a number and name a large one.
	MayFallShort bool
	Stop         []string

	// IgnoreEnd goes on past the model's end of text, up to MaxTokens: for measuring.
	IgnoreEnd bool

	Sampling Sampling

	// Constraint is what the answer shall be; nil is any text. What is thought before
	// it and calls of tools are no part of it.
	Constraint *Constraint

	// LogProbs asks for the log-probability of each chosen token and of the
	// TopLogProbs likeliest at its place.
	LogProbs    bool
	TopLogProbs int
}

// Sampling is how the next token is drawn. Penalties and biases act on logits
// first, then temperature, then the cuts: top-k, top-p, min-p.
type Sampling struct {
	// Temperature divides the logits. 0 is greedy. Nil leaves the model's own
	// default, which is 1 unless its source says otherwise.
	Temperature *float64

	TopK int      // keep the k likeliest; 0 keeps all
	TopP *float64 // keep the smallest set whose probability reaches p; nil keeps all
	MinP float64  // drop tokens below p times the likeliest's probability

	// Repetition divides the positive and multiplies the negative logits of
	// tokens already seen, prompt included (Keskar et al. 2019); 1 or 0 is off.
	// Frequency and Presence are subtracted per occurrence and once, over the
	// answer only, as OpenAI defines them.
	Repetition float64
	Frequency  float64
	Presence   float64

	// Bias is added to the logits of single tokens.
	Bias map[int]float64

	// Seed makes sampling repeatable on the same build and model. Choice i of
	// a request uses Seed+i.
	Seed *int64
}

// Calls says how the tools of a request are called. The zero value leaves it to the
// model.
type Calls struct {
	Required bool   // the answer is a call, and nothing else
	Name     string // of the one tool that may be called; empty is any
	Single   bool   // no more than one call
}

// Thinking says whether a model that can think before it answers shall.
type Thinking int

// The zero value leaves it to the model's template.
const (
	ThinkingDefault Thinking = iota
	ThinkingOn
	ThinkingOff
)

// Ending says how the prompt of a conversation ends.
type Ending int

// The zero value is what is wanted nearly always.
const (
	ForAnswer  Ending = iota // with the words that open the model's turn
	AfterLast                // with the last message, closed
	InsideLast               // within the last message, the assistant's, for the model to go on with
)

// ChoiceCount is how many answers are asked for, at least one.
func (d Decoding) ChoiceCount() int { return max(1, d.Choices) }
