package hearth

// Standing is the role of a principal on the appliance. Finer rights are a later matter.
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
