package nn

// window reads which layers look back only so far: the file states it for each, or every
// how many one looks back to the beginning, the last of them.
func (m *metadata) window(c *Config, every int) Window {
	const tokens, pattern = "attention.sliding_window", "attention.sliding_window_pattern"
	w := Window{Tokens: m.integerOr(tokens, 0, contextMax, 0), Layers: make([]bool, c.Layers)}
	if w.Tokens == 0 || m.err != nil {
		return Window{}
	}
	if !m.f.IsArray(m.prefix + pattern) {
		every = m.integerOr(pattern, 0, layersMax, every)
		for i := range w.Layers {
			w.Layers[i] = every == 0 || i%every < every-1
		}
		return w
	}
	list, err := m.f.Bools(m.prefix + pattern)
	if err != nil {
		m.fail(err)
	}
	if len(list) < c.Layers {
		m.fail(m.f.Refuse(m.prefix+pattern, "is of %d layers, not %d", len(list), c.Layers))
		return w
	}
	copy(w.Layers, list)
	return w
}
