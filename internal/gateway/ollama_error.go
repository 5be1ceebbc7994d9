package gateway

import (
	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/door"
)

var ollama = dialect{status: door.Status, left: openAILeft, errorBody: ollamaError}

// ollamaErrorBody is an error as Ollama writes it, with hearth's code and remedy added.
type ollamaErrorBody struct {
	Error  string `json:"error"`
	Code   string `json:"code"`
	Field  string `json:"field,omitempty"`
	Remedy string `json:"remedy"`
}

func ollamaError(x *exchange, e *hearth.Error) any {
	return ollamaErrorBody{e.Message(x.lang), string(e.Code), e.Field, e.Remedy(x.lang)}
}
