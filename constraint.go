package hearth

// Constraint is a set of texts, of which an answer shall be one: JSON under a schema,
// what an expression matches, or parts put together. An answer that is cut at
// [Decoding.MaxTokens] is the beginning of such a text, and finishes as
// [FinishLength].
type Constraint struct {
	Kind ConstraintKind

	// Source is the schema, the expression, the grammar or the text, by Kind.
	Source string

	Parts    []Constraint
	Min, Max int // of ConstrainRepeat; a Max below 0 is any number

	// Field is what the request calls it, for errors.
	Field string

	// Loose says of ConstrainSchema that any JSON object will do in place of a schema
	// that can't be kept. Otherwise that is refused.
	Loose bool

	// Name is the schema's own, which some upstreams want to know.
	Name string
}

// ConstraintKind says what a [Constraint] is.
type ConstraintKind string

// What requests ask for.
const (
	ConstrainObject  ConstraintKind = "json_object" // any JSON object
	ConstrainSchema  ConstraintKind = "json_schema" // JSON that is valid under the schema
	ConstrainRegex   ConstraintKind = "regex"       // what the expression (RE2) matches as a whole
	ConstrainGrammar ConstraintKind = "grammar"     // what the grammar (GBNF) derives
	ConstrainChoice  ConstraintKind = "choice"      // one of the parts
)

// What answers are put together of, beside.
const (
	ConstrainText     ConstraintKind = "text"     // this text
	ConstrainMarker   ConstraintKind = "marker"   // this text, or the special token of it
	ConstrainWithout  ConstraintKind = "without"  // any text in which this one does not occur
	ConstrainSequence ConstraintKind = "sequence" // the parts, one after the other
	ConstrainRepeat   ConstraintKind = "repeat"   // the one part, Min to Max times
)
