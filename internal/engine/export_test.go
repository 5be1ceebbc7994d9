package engine

// TokenBytes is what a token takes in the cache.
func TokenBytes(m *Model) int64 { return int64(m.nn.KVBytes()) }

// StateBytes is what a sequence takes besides its pages.
func StateBytes(m *Model) int64 { return m.nn.StateBytes() }
