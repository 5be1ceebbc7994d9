// Programs that ask the appliance, ready to be run.

export const languages = { curl: 'curl', python: 'Python', node: 'Node.js', go: 'Go', langchain: 'LangChain' } as const;
export type Programming = keyof typeof languages;

const quoted = (s: string) => JSON.stringify(s);

/** What a shell leaves alone between single quotes. */
const shell = (s: string) => s.replace(/'/g, `'\\''`);

export function example(language: Programming, base: string, model: string, hello: string): string {
  switch (language) {
    case 'curl':
      return `curl ${base}/chat/completions \\
  -H "Authorization: Bearer $HEARTH_API_KEY" \\
  -H "Content-Type: application/json" \\
  -d '${shell(JSON.stringify({ model, stream: true, messages: [{ role: 'user', content: hello }] }))}'`;
    case 'python':
      return `# pip install openai
import os
from openai import OpenAI

client = OpenAI(base_url=${quoted(base)}, api_key=os.environ["HEARTH_API_KEY"])
stream = client.chat.completions.create(
    model=${quoted(model)},
    messages=[{"role": "user", "content": ${quoted(hello)}}],
    stream=True,
)
for chunk in stream:
    if chunk.choices:
        print(chunk.choices[0].delta.content or "", end="", flush=True)`;
    case 'node':
      return `// npm install openai
import OpenAI from "openai";

const client = new OpenAI({ baseURL: ${quoted(base)}, apiKey: process.env.HEARTH_API_KEY });
const stream = await client.chat.completions.create({
  model: ${quoted(model)},
  messages: [{ role: "user", content: ${quoted(hello)} }],
  stream: true,
});
for await (const chunk of stream) {
  process.stdout.write(chunk.choices[0]?.delta?.content ?? "");
}`;
    case 'langchain':
      return `# pip install langchain-openai
import os
from langchain_openai import ChatOpenAI

model = ChatOpenAI(base_url=${quoted(base)}, api_key=os.environ["HEARTH_API_KEY"], model=${quoted(model)})
for chunk in model.stream(${quoted(hello)}):
    print(chunk.content, end="", flush=True)`;
    case 'go':
      return `// go get github.com/openai/openai-go/v3
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
)

func main() {
	client := openai.NewClient(option.WithBaseURL(${quoted(base)}), option.WithAPIKey(os.Getenv("HEARTH_API_KEY")))
	stream := client.Chat.Completions.NewStreaming(context.Background(), openai.ChatCompletionNewParams{
		Model:    ${quoted(model)},
		Messages: []openai.ChatCompletionMessageParamUnion{openai.UserMessage(${quoted(hello)})},
	})
	for stream.Next() {
		if c := stream.Current().Choices; len(c) > 0 {
			fmt.Print(c[0].Delta.Content)
		}
	}
	if err := stream.Err(); err != nil {
		panic(err)
	}
}`;
  }
}
