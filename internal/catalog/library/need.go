package library

// Memory is what a model needs to run, in bytes.
type Memory struct {
	Weights int64
	Cache   int64 // keys and values of the context, and the state of hybrids
	Working int64 // everything else, see [Need]
}

// Total is all of it.
func (m Memory) Total() int64 { return m.Weights + m.Cache + m.Working }

// What is set aside beside weights and cache.
const (
	runtimeBytes = 128 << 20 // the process, its buffers and the vocabulary
	batchTokens  = 512       // computed at a time
	batchWidths  = 12        // vectors of the model's width alive per token of a batch
)

// Need computes what a file of a model needs with a context of so many tokens, whose
// keys and values are kept in 16, 8 or 4 bits; block formats take half a bit more for
// their scales. A context longer than the model's counts as the model's.
//
//	weights  the file
//	cache    tokens × layers × 2 × heads × head size × bits/8, or
//	         tokens × layers × latent × bits/8 with latent attention (MLA);
//	         of a hybrid only the layers that attend count, the others keep
//	         their state in 4 bytes a number
//	working  128 MiB + 512 tokens × 12 × width × 4 bytes
//
// Working memory is an allowance, not a measurement. ok is false if what the model
// keeps per token is not established.
func Need(m Model, f File, contextTokens, cacheBits int) (need Memory, ok bool) {
	perToken, state, ok := m.kept()
	tokens := float64(min(max(contextTokens, 0), m.Context))
	return Memory{
		Weights: f.Bytes,
		Cache:   int64(tokens*float64(perToken)*storedBits(cacheBits)/8) + 4*state,
		Working: runtimeBytes + batchTokens*batchWidths*m.Shape.Width*4,
	}, ok
}

// kept is how many numbers the model keeps per token, and how many whatever the
// length.
func (m *Model) kept() (perToken, state int64, ok bool) {
	s := m.Shape
	attending := s.Layers
	if s.AttentionLayers > 0 {
		attending = s.AttentionLayers
		state = (s.Layers - attending) * s.State
	}
	switch {
	case m.Architecture == "bert" || m.Architecture == "nomic-bert":
		return 0, 0, true
	case s.Layers == 0:
		return 0, 0, false
	case s.Latent > 0:
		return attending * s.Latent, state, true
	}
	return attending * 2 * s.KVHeads * s.HeadDim, state, true
}

func storedBits(bits int) float64 {
	if bits < 16 {
		return float64(bits) + 0.5
	}
	return float64(bits)
}
