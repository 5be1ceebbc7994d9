package engine

// TokenBytes is what a token takes in the cache.
func TokenBytes(m *Model) int64 { return int64(m.nn.KVBytes()) }
