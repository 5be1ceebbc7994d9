package hearth

// EmbeddingRequest asks a model for the vectors of texts.
type EmbeddingRequest struct {
	Model string
	Texts []string

	// Dimensions keeps so many leading numbers of each vector, which is then of
	// length 1 again; models trained for that lose little (Kusupati et al. 2022).
	// 0 keeps all.
	Dimensions int
}

// Embeddings are the vectors of an [EmbeddingRequest], in the order of its texts, each
// of Euclidean length 1.
type Embeddings struct {
	ServedBy string
	Vectors  [][]float32
	Usage    Usage
}

// RerankRequest asks a model how well each text answers the query.
type RerankRequest struct {
	Model string
	Query string
	Texts []string
}

// Ranking holds a score for each text of a [RerankRequest], in its order: from 0, not at
// all, to 1.
type Ranking struct {
	ServedBy string
	Scores   []float64
	Usage    Usage
}
