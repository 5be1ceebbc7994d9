package engine

// Mute lets a model propose nothing.
func Mute(o *Options) { o.mute = true }
