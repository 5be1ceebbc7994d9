package hearth

import "time"

// Limits of conversations that are kept.
const (
	ConversationBytesMax = 4 << 20
	ConversationsMax     = 5000 // of one owner
	ConversationsPageMax = 1000
)

// Conversation is what somebody and models have said to one another in the console. It
// is its owner's alone, unless it is shared: then everybody of the tenant may read it.
type Conversation struct {
	ID       string
	Person   string // whose it is; empty: of the key's
	Key      string // a key that is nobody's
	Owner    string // name of whose it is
	Tenant   string
	Title    string
	Shared   bool
	Revision int64 // counts changes of Body and Title
	Created  time.Time
	Updated  time.Time
	Body     []byte // JSON, of the console's making; not in lists
	Said     string // words, to search in
}

// ConversationQuery chooses conversations.
type ConversationQuery struct {
	Text   string    // words that are all in it
	Shared bool      // those that others of the tenant share, and not one's own
	Before time.Time // updated before; zero begins with the latest
	Limit  int
}

// Feedback is what somebody thinks of an answer.
type Feedback struct {
	Conversation, Turn string
	Model              string
	Good               bool
	Reason             string // wrong, incomplete, off_topic, unsafe, advertising, slow, other; empty
	Comment            string
	At                 time.Time
}

// FeedbackReasons lists the reasons there are.
func FeedbackReasons() []string {
	return []string{"wrong", "incomplete", "off_topic", "unsafe", "advertising", "slow", "other"}
}
