package guard

// Action is what happens to what was found.
type Action string

// The actions, mildest first.
const (
	Allow   Action = "allow"   // a word that is no match, nor is what it contains
	Label   Action = "label"   // it passes, and is counted
	Mask    Action = "mask"    // its characters become ＊
	Replace Action = "replace" // a fixed text stands for it
	Stop    Action = "stop"    // the request is refused, the answer ends
)
