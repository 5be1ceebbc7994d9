package engine

// Mute lets a model propose nothing.
func Mute(o *Options) { o.mute = true }

// TokenBytes is what a token takes in the cache.
func TokenBytes(m *Model) int64 { return int64(m.nn.KVBytes()) }
