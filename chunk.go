package hearth

import "time"

// Chunk is one step of an answer: the only stream format inside the appliance.
// A chunk may carry several things at once; fields that say nothing are zero.
type Chunk struct {
	// Choice is which of the asked-for answers this belongs to, from 0.
	Choice int

	// Place, where set, says that the request stands in line. Such a chunk carries
	// nothing else but Steps and comes before all that do: nothing has been generated yet.
	Place *Place

	// Steps names what was changed about the request because its answer would have been
	// long in coming. It is set with every place, and on the first chunk of the answer.
	Steps string

	// ServedBy names what produced the answer. It is set on the first chunk that is
	// part of it.
	ServedBy string

	// Waited is how long the request stood in line, where it did, and Expected how long
	// that was to be when it came, 0 if nothing was known. They come with the first chunk
	// that is part of the answer.
	Waited, Expected time.Duration

	Reasoning string // thinking, to be appended
	Text      string // answer, to be appended
	ToolCalls []ToolCallDelta
	LogProbs  []TokenLogProb // of the tokens whose text this chunk completes

	// Tokens is how many tokens were generated for this chunk, shown or not, where
	// the source knows; it lets thinking be counted.
	Tokens int

	// Run, where set, is a step of a tool that a door itself has run for the model. Such a
	// chunk carries nothing else.
	Run *ToolRun

	// Finish is set on the last chunk of each choice. StopString is then the string of
	// [Decoding.Stop] that ended it, where one did and the source knows.
	Finish     FinishReason
	StopString string

	// What was asked for instead of a text.
	Embeddings *Embeddings
	Ranking    *Ranking

	// Usage is set once, on the last chunk of the stream.
	Usage *Usage
}

// Place is where a request stands in line.
type Place struct {
	Position int           // 1 is served next; 0 is being served, and nothing has come yet
	Wait     time.Duration // expected, until the answer begins; 0 is unknown
}

// ToolCallDelta is a step of one tool call. ID and Name come whole, with the
// first step; Arguments is to be appended. Calls come one after the other: where one
// has begun, there are no more steps of those before it.
type ToolCallDelta struct {
	Index     int
	ID        string
	Name      string
	Arguments string
}

// ToolStage is what happens to a tool.
type ToolStage string

// The stages.
const (
	ToolsListed ToolStage = "listed" // a server has these
	ToolAsked   ToolStage = "asked"  // the model calls one, which somebody has to approve
	ToolBegun   ToolStage = "begun"
	ToolEnded   ToolStage = "ended"
)

// ToolRun is a step of what the appliance does with tools of servers.
type ToolRun struct {
	Stage     ToolStage
	Server    string
	Tools     []Tool // of a list
	Tool      string
	Arguments string
	Approval  string // the id of the wish that was approved, if it had to be
	Output    string
	Failed    *Error // nil if it has not
}

// TokenLogProb is a token with its natural-log probability under the model's
// own distribution, before penalties, temperature and cuts.
type TokenLogProb struct {
	Token   string // the token's text; a part of a character shows as U+FFFD
	Bytes   []byte // the token's exact bytes
	LogProb float64
	Top     []TokenLogProb // likeliest first; their own Top is nil
}

// FinishReason says why a choice ended.
type FinishReason string

// The reasons, in no dialect's spelling but OpenAI's.
const (
	FinishStop      FinishReason = "stop"       // the model ended, or a stop string came
	FinishLength    FinishReason = "length"     // MaxTokens or the context was reached
	FinishToolCalls FinishReason = "tool_calls" // the model waits for tools
	FinishFiltered  FinishReason = "content_filter"
)

// Usage counts tokens.
type Usage struct {
	PromptTokens     int
	CachedTokens     int // of PromptTokens, those not computed anew
	CompletionTokens int // over all choices, thinking included
	ReasoningTokens  int // of CompletionTokens, those spent thinking
}
