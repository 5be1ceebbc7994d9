package hearth

// ContentLabel says that a text was made by a model, as GB 45438-2025 (Annex E) has it
// written into files. All values are texts.
type ContentLabel struct {
	Label             string `json:"Label"` // 1: it was; 2: perhaps; 3: it is suspected
	ContentProducer   string `json:"ContentProducer"`
	ProduceID         string `json:"ProduceID"`
	ReservedCode1     string `json:"ReservedCode1"`
	ContentPropagator string `json:"ContentPropagator"`
	PropagateID       string `json:"PropagateID"`
	ReservedCode2     string `json:"ReservedCode2"`
}
