package main

import (
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/packages/respjson"
	"github.com/openai/openai-go/v3/packages/ssestream"
)

func check(ok bool, format string, args ...any) {
	if !ok {
		panic(failure(fmt.Sprintf(format, args...)))
	}
}

func equal(what string, got, want any) {
	check(reflect.DeepEqual(got, want), "%s: got %#v, want %#v", what, got, want)
}

// must returns what was asked for, or fails with what the server said.
func must[T any](v T, err error) T {
	if e, ok := errors.AsType[*openai.Error](err); ok {
		panic(failure(fmt.Sprintf("%v: %s", e, e.RawJSON())))
	}
	if err != nil {
		panic(err)
	}
	return v
}

// all reads a stream to its end.
func all[T any](stream *ssestream.Stream[T]) []T {
	var chunks []T
	for stream.Next() {
		chunks = append(chunks, stream.Current())
	}
	return must(chunks, stream.Err())
}

// refusal is what an error has to be. Empty fields may be anything.
type refusal struct {
	status      int
	code, param string
}

// refused expects such an error, and a way out of it.
func refused(err error, want refusal) *openai.Error {
	e, ok := errors.AsType[*openai.Error](err)
	check(ok, "want an error of status %d, got %v", want.status, err)
	equal("status", e.StatusCode, want.status)
	if want.code != "" {
		equal("code", e.Code, want.code)
	}
	if want.param != "" {
		equal("param", e.Param, want.param)
	}
	check(e.Message != "" && e.Type != "", "no message or no type: %s", e.RawJSON())
	check(len(e.JSON.ExtraFields["remedy"].Raw()) > len(`""`), "no remedy: %s", e.RawJSON())
	return e
}

// typed expects that every field that the SDK's types require was sent, and that
// every field sent is of its type.
func typed(v any) { typedAt(reflect.ValueOf(v), reflect.TypeOf(v).String()) }

func typedAt(v reflect.Value, at string) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			typedAt(v.Elem(), at)
		}
	case reflect.Slice:
		for i := range v.Len() {
			typedAt(v.Index(i), fmt.Sprintf("%s[%d]", at, i))
		}
	case reflect.Struct:
		meta := v.FieldByName("JSON")
		if !meta.IsValid() {
			return
		}
		for i := range v.NumField() {
			f := v.Type().Field(i)
			field, known := metaOf(meta, f.Name)
			if !known {
				continue
			}
			_, constant := f.Tag.Lookup("default")
			here := at + "." + f.Name
			check(field.Raw() != respjson.Omitted || !constant && f.Tag.Get("api") != "required", "%s is missing", here)
			check(field.Valid() || field.Raw() == respjson.Omitted || field.Raw() == respjson.Null, "%s is of another type: %s", here, field.Raw())
			if field.Valid() {
				typedAt(v.Field(i), here)
			}
		}
	}
}

func metaOf(meta reflect.Value, name string) (respjson.Field, bool) {
	f := meta.FieldByName(name)
	if !f.IsValid() {
		return respjson.Field{}, false
	}
	field, ok := f.Interface().(respjson.Field)
	return field, ok
}

// said joins the pieces of one choice.
func said(chunks []openai.ChatCompletionChunk, index int64) string {
	var b strings.Builder
	for _, c := range chunks {
		for _, choice := range c.Choices {
			if choice.Index == index {
				b.WriteString(choice.Delta.Content)
			}
		}
	}
	return b.String()
}

func textOf(a *openai.ChatCompletion, index int) string { return a.Choices[index].Message.Content }

// extra is a text that OpenAI does not have, and whether it is one.
func extra(fields map[string]respjson.Field, name string) string {
	raw := fields[name].Raw()
	if raw == respjson.Omitted || raw == respjson.Null {
		return ""
	}
	var text string
	mustParse(raw, &text)
	return text
}

// totals are the counts that answers to one request share; how much of a prompt
// was found in the cache may differ.
func totals(u openai.CompletionUsage) [3]int64 {
	return [3]int64{u.PromptTokens, u.CompletionTokens, u.TotalTokens}
}

func addsUp(u openai.CompletionUsage) {
	check(u.PromptTokens > 0 && u.CompletionTokens > 0, "usage: %s", u.RawJSON())
	equal("total_tokens", u.TotalTokens, u.PromptTokens+u.CompletionTokens)
}

var words = regexp.MustCompile(`[a-z]{3,}`)

// middleWord is a word of the text that is neither at its beginning nor at its end.
func middleWord(text string) string {
	found := words.FindAllString(text, -1)
	check(len(found) > 2, "an answer of few words: %q", text)
	return found[len(found)/2]
}

func before(text, word string) string {
	head, _, _ := strings.Cut(text, word)
	return head
}

// oddsAreSound expects of each token as many likeliest ones as asked for, in
// descending order, the first of them the token itself: decoding was greedy.
func oddsAreSound(odds []openai.ChatCompletionTokenLogprob, top int) {
	check(len(odds) > 0, "no logprobs")
	for _, o := range odds {
		check(o.Logprob <= 0, "logprob %v", o.Logprob)
		equal("the number of top_logprobs", len(o.TopLogprobs), top)
		equal("the likeliest", o.TopLogprobs[0].Token, o.Token)
		equal("the likeliest's logprob", o.TopLogprobs[0].Logprob, o.Logprob)
		check(slices.IsSortedFunc(o.TopLogprobs, func(a, b openai.ChatCompletionTokenLogprobTopLogprob) int {
			return compareDescending(a.Logprob, b.Logprob)
		}), "top_logprobs are in disorder: %s", o.RawJSON())
	}
}

func compareDescending(a, b float64) int {
	switch {
	case a > b:
		return -1
	case a < b:
		return 1
	}
	return 0
}

func tokensOf(odds []openai.ChatCompletionTokenLogprob) []string {
	var tokens []string
	for _, o := range odds {
		tokens = append(tokens, o.Token)
	}
	return tokens
}

func decode(odds []openai.ChatCompletionTokenLogprob) string {
	var b []byte
	for _, o := range odds {
		for _, v := range o.Bytes {
			b = append(b, byte(v))
		}
	}
	return strings.ToValidUTF8(string(b), string(utf8.RuneError))
}

var marks = regexp.MustCompile("\ufffd+")

// oneMark is for decoders that differ in how many U+FFFD stand for a row of bytes
// that are no text.
func oneMark(text string) string { return marks.ReplaceAllString(text, "\ufffd") }

// requestID is the id of a request as its answer's header has it.
func requestID(r *http.Response) string {
	check(r != nil, "no response")
	id := r.Header.Get("X-Request-Id")
	check(strings.HasPrefix(id, "req_"), "request id %q", id)
	return id
}
