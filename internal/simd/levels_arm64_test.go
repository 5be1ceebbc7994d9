package simd

// FloatLevels are the sets of float kernels this machine has, plain Go first.
func FloatLevels() []string { return []string{"Go", "NEON"} }

// SetFloatLevel makes the i-th of them run, and returns what undoes that. Tests that
// use it don't run beside others.
func SetFloatLevel(i int) (undo func()) {
	before := floatNEON
	floatNEON = i == 1
	return func() { floatNEON = before }
}
