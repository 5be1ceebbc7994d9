package trust

import (
	"bytes"
	"compress/flate"
	_ "embed"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"sync"
)

// room is a stretch of the weights into which the features of one classifier are hashed.
type room struct{ begin, size uint32 }

// rooms are those of each language: of the classifier of sentences, and of that of
// clauses. They share no weight: what was learned apart would meet by chance.
var rooms = map[string]struct{ sentences, clauses room }{
	"en": {room{0, 1 << 20}, room{1 << 20, 1 << 18}},
	"zh": {room{1<<20 + 1<<18, 1 << 19}, room{1<<20 + 1<<18 + 1<<19, 1 << 18}},
}

// linesRoom is that of the classifier of the lines of pages.
var linesRoom = room{1<<20 + 1<<19 + 2<<18, 1 << 18}

// modelWeights is how many weights there are in all rooms.
const modelWeights = 1<<20 + 1<<19 + 3<<18

// Model judges sentences. It is read-only and may be used by many at once.
type Model struct {
	Card    Card
	weights []int16
}

// Card says what a model is and how its figures become verdicts. It is the head of the
// model's file.
type Card struct {
	Name     string            `json:"name"`
	Licence  string            `json:"licence"`
	Sources  map[string]string `json:"sources"` // what it learned from, by the SHA-256 of the file
	Seed     uint64            `json:"seed"`
	Examples map[string]int    `json:"examples"` // by language
	Scale    float32           `json:"scale"`    // of the weights
	Heads    map[string]Head   `json:"heads"`    // by language
	Lines    Head              `json:"lines"`    // of pages
}

// Head makes verdicts of a language's sentences.
type Head struct {
	Bias    float32 `json:"bias"`
	Parting float32 `json:"parting"` // the bias of the classifier of clauses

	// Slope and Offset make a probability of an answer's highest sentence (Platt 1999),
	// fitted on sentences the classifier had not seen.
	Slope  float64 `json:"slope"`
	Offset float64 `json:"offset"`

	// Flag is the probability from which an answer is said to advertise, Clear the one
	// below which it is said not to; between them there is not enough evidence.
	Flag  float64 `json:"flag"`
	Clear float64 `json:"clear"`
}

//go:embed ads.model
var shipped []byte

// Shipped is the model in the binary. It is unpacked when first used, which takes
// milliseconds and two megabytes.
var Shipped = sync.OnceValue(func() *Model {
	m, err := Decode(shipped)
	if err != nil {
		panic("the model in the binary: " + err.Error()) // a broken build
	}
	return m
})

// modelMagic begins the file of a model.
const modelMagic = "hearth-ads-1\n"

// Encode writes a model: the magic, the length of the card, the card as JSON, and the
// weights, deflated.
func (m *Model) Encode() ([]byte, error) {
	card, err := json.Marshal(m.Card)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	b.WriteString(modelMagic)
	_ = binary.Write(&b, binary.LittleEndian, uint32(len(card)))
	b.Write(card)
	z, err := flate.NewWriter(&b, flate.BestCompression)
	if err != nil {
		return nil, err
	}
	if err := binary.Write(z, binary.LittleEndian, m.weights); err != nil {
		return nil, err
	}
	err = z.Close()
	return b.Bytes(), err
}

// Decode reads what Encode wrote.
func Decode(file []byte) (*Model, error) {
	rest, ok := bytes.CutPrefix(file, []byte(modelMagic))
	if !ok || len(rest) < 4 {
		return nil, errors.New("not a model of advertising")
	}
	n := binary.LittleEndian.Uint32(rest)
	rest = rest[4:]
	if uint64(n) > uint64(len(rest)) {
		return nil, errors.New("the card is cut")
	}
	m := &Model{weights: make([]int16, modelWeights)}
	if err := json.Unmarshal(rest[:n], &m.Card); err != nil {
		return nil, fmt.Errorf("the card: %w", err)
	}
	if err := binary.Read(flate.NewReader(bytes.NewReader(rest[n:])), binary.LittleEndian, m.weights); err != nil {
		return nil, fmt.Errorf("the weights: %w", err)
	}
	return m, nil
}

// logits of a document's sentences.
func (m *Model) logits(d *document) []float64 {
	out := make([]float64, len(d.sentences))
	for i := range out {
		out[i] = m.logit(d, i)
	}
	return out
}

// logit of one sentence.
func (m *Model) logit(d *document, i int) float64 {
	return m.sum(d.features(i)) + float64(m.Card.Heads[d.language()].Bias)
}

func (m *Model) sum(fs []feature) float64 {
	var z float32
	for _, f := range fs {
		z += float32(m.weights[f.at]) * f.value
	}
	return float64(z * m.Card.Scale)
}

// probability that an answer advertises whose highest sentence has that logit.
func (h Head) probability(highest float64) float64 {
	return 1 / (1 + math.Exp(-h.Slope*highest-h.Offset))
}

// quantise keeps weights as whole numbers of a scale. A few weights are a hundred times
// larger than most, so that eight bits would lose the rest.
func quantise(w []float32) ([]int16, float32) {
	var largest float32
	for _, x := range w {
		largest = max(largest, float32(math.Abs(float64(x))))
	}
	scale := largest / 4095
	out := make([]int16, len(w))
	if scale == 0 {
		return out, 1
	}
	for i, x := range w {
		out[i] = int16(math.RoundToEven(float64(x / scale)))
	}
	return out, scale
}
