// Command go speaks to a running hearth with OpenAI's Go SDK, as published.
// ../README.md says what is read from the environment and how the lines are to be
// read; the suites in ../node and ../python have the same cases under the same
// names. It is a module of its own, so that the SDK is no requirement of hearth's.
package main

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"time"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
)

// suite is a hearth to be asked.
type suite struct {
	client         openai.Client
	key            string
	model          string // of trained weights
	chatModel      string // of random weights, with a token for every byte
	embeddingModel string // of random weights too

	script string // that does as it is told
	greedy string // a file of prompts and what trained weights make of them
}

// testCase fails by panicking with a failure, so that expectations read as a list.
type testCase struct {
	name string
	run  func()
}

type failure string

var errSkip = errors.New("skip")

func main() {
	s := &suite{key: os.Getenv("HEARTH_API_KEY"), model: os.Getenv("HEARTH_MODEL"),
		chatModel: os.Getenv("HEARTH_CHAT_MODEL"), embeddingModel: os.Getenv("HEARTH_EMBEDDING_MODEL"), script: os.Getenv("HEARTH_SCRIPT"), greedy: os.Getenv("HEARTH_GREEDY_JSON")}
	// A retry would hide a failure, and a long wait is one.
	s.client = openai.NewClient(option.WithBaseURL(os.Getenv("HEARTH_BASE_URL")), option.WithAPIKey(s.key),
		option.WithMaxRetries(0), option.WithRequestTimeout(time.Minute))
	cases := s.cases()
	if len(os.Args) > 1 && os.Args[1] == "responses" {
		cases = s.responsesCases()
	}
	failed := false
	for _, c := range cases {
		switch err := attempt(c); {
		case err == nil:
			fmt.Println("ok", c.name)
		case errors.Is(err, errSkip):
			fmt.Println("ok", c.name, "# skip")
		default:
			failed = true
			fmt.Printf("not ok %s: %s\n", c.name, oneLine(err.Error()))
		}
	}
	if failed {
		os.Exit(1)
	}
}

func attempt(c testCase) (err error) {
	defer func() {
		switch v := recover().(type) {
		case nil:
		case failure:
			err = errors.New(string(v))
		case error:
			err = v
		default:
			panic(v)
		}
	}()
	c.run()
	return nil
}

var lineEnds = regexp.MustCompile(`\s*\n\s*`)

func oneLine(text string) string { return lineEnds.ReplaceAllString(text, " | ") }

func (s *suite) cases() []testCase {
	return []testCase{
		{"models/list", s.modelsList},
		{"models/retrieve", s.modelsRetrieve},
		{"models/missing", s.modelsMissing},

		{"chat/whole", s.chatWhole},
		{"chat/types", s.chatTypes},
		{"chat/stream", s.chatStream},
		{"chat/stream-usage", s.chatStreamUsage},
		{"chat/stream-helper", s.chatStreamHelper},
		{"chat/content-parts", s.chatContentParts},
		{"chat/roles", s.chatRoles},
		{"chat/follow-up", s.chatFollowUp},
		{"chat/choices", s.chatChoices},
		{"chat/stop", s.chatStop},
		{"chat/max-tokens", s.chatMaxTokens},
		{"chat/seed", s.chatSeed},
		{"chat/logprobs", s.chatLogprobs},
		{"chat/logprobs-stream", s.chatLogprobsStream},
		{"chat/logprobs-bytes", s.chatLogprobsBytes},
		{"chat/logit-bias", s.chatLogitBias},
		{"chat/reasoning", s.chatReasoning},
		{"chat/concurrent", s.chatConcurrent},
		{"chat/cancel-stream", s.chatCancelStream},
		{"chat/cancel-whole", s.chatCancelWhole},

		{"completion/types", s.completionTypes},
		{"completion/greedy", s.completionGreedy},
		{"completion/greedy-stream", s.completionGreedyStream},
		{"completion/stream-usage", s.completionStreamUsage},
		{"completion/choices", s.completionChoices},
		{"completion/stop", s.completionStop},
		{"completion/logprobs", s.completionLogprobs},

		{"embeddings", s.embeddings},

		{"tools/accepted", s.toolsAccepted},
		{"tools/conversation", s.toolsConversation},
		{"tools/required", s.toolsRequired},

		{"errors/wrong-key", s.errorsWrongKey},
		{"errors/missing-messages", s.errorsMissingMessages},
		{"errors/temperature", s.errorsTemperature},
		{"errors/context", s.errorsContext},
		{"errors/model", s.errorsModel},
		{"errors/response-format", s.errorsResponseFormat},
		{"chat/schema", s.chatSchema},
		{"errors/image", s.errorsImage},
		{"errors/route", s.errorsRoute},

		{"headers/ignored", s.headersIgnored},
		{"headers/request-id", s.headersRequestID},
	}
}
