package library

// size is how large a file is in bytes, and whether that is an estimate: the exact
// size if the table has it, else what a listing shows, else what its weights come to.
func size(m *Model, f *File, q Quantization) (bytes int64, estimated bool) {
	if f.Bytes > 0 {
		return f.Bytes, false
	}
	if f.Listed > 0 {
		return int64(f.Listed * (1 << 30)), true
	}
	return weights(m, f, q), true
}

// weights is what a model comes to in a quantisation, in bytes. Embedding and output
// matrix are counted apart from the layers because quantisers give them other types,
// and because in a small model they are much of it:
//
//	layers × bits of layers + embedding × bits of embedding + output × bits of output
//
// A tied matrix is stored once, as an output; a file that is untied again stores it
// twice. The header and the vocabulary's texts, some megabytes, are left out.
func weights(m *Model, f *File, q Quantization) int64 {
	matrix := float64(m.Shape.Vocabulary * m.Shape.Width)
	layers := float64(m.Parameters) - matrix
	bits := matrix * q.Output
	if !m.Shape.Tied {
		layers -= matrix
	}
	if !m.Shape.Tied || f.Untied {
		bits += matrix * q.Embedding
	}
	return int64((layers*q.Layers + bits) / 8)
}
