package hearth

import "time"

// Standing is what a principal may do on the appliance. Finer rights are a later
// matter.
type Standing string

// What a key may do.
const (
	StandingAdmin Standing = "admin" // manage the appliance and use models
	StandingUser  Standing = "user"  // use models
)

// Principal is who asks: the holder of a key.
type Principal struct {
	KeyID    string
	Name     string
	Standing Standing
}

// IsAdmin reports whether the principal may manage the appliance.
func (p Principal) IsAdmin() bool { return p.Standing == StandingAdmin }

// Key is an API key as the appliance remembers it: never the secret, only a keyed
// hash of it.
type Key struct {
	ID       string
	Name     string
	Standing Standing
	Hash     []byte
	Created  time.Time
	Expires  time.Time // zero: never
}

// Principal is who holds the key.
func (k Key) Principal() Principal {
	return Principal{KeyID: k.ID, Name: k.Name, Standing: k.Standing}
}

// Session lets a browser act for the holder of a key, until it expires or is ended, or
// the key is: the appliance remembers a keyed hash of what the browser holds.
type Session struct {
	Hash    []byte
	KeyID   string
	Created time.Time
	Expires time.Time
}
