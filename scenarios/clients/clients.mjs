// Libraries that stand between programs and APIs, against a running hearth: the AI SDK and
// LangChain, each over every dialect it speaks. The lines are as in ../sdk/README.md.

import assert from 'node:assert/strict';
import { createAnthropic } from '@ai-sdk/anthropic';
import { createOpenAI } from '@ai-sdk/openai';
import { HumanMessage, ToolMessage } from '@langchain/core/messages';
import { tool as lcTool } from '@langchain/core/tools';
import { ChatAnthropic } from '@langchain/anthropic';
import { ChatOllama } from '@langchain/ollama';
import { ChatOpenAI } from '@langchain/openai';
import { generateText, stepCountIs, streamText, tool } from 'ai';
import { z } from 'zod';

const { HEARTH_URL: url, HEARTH_API_KEY: key, HEARTH_SCRIPT: script } = process.env;

const openai = createOpenAI({ baseURL: `${url}/v1`, apiKey: key });
const anthropic = createAnthropic({ baseURL: `${url}/v1`, apiKey: key });
const models = { responses: openai.responses(script), chat: openai.chat(script), messages: anthropic(script) };

const tools = {
  weather: tool({ description: 'The weather', inputSchema: z.object({ city: z.string() }), execute: async ({ city }) => `rain in ${city}` }),
  time: tool({ description: 'The time', inputSchema: z.object({}), execute: async () => 'noon' }),
};

const chains = {
  chat: () => new ChatOpenAI({ model: script, apiKey: key, configuration: { baseURL: `${url}/v1` }, maxRetries: 0 }),
  responses: () => new ChatOpenAI({ model: script, apiKey: key, configuration: { baseURL: `${url}/v1` }, useResponsesApi: true, maxRetries: 0 }),
  messages: () => new ChatAnthropic({ model: script, apiKey: key, anthropicApiUrl: url, maxRetries: 0 }),
  ollama: () => new ChatOllama({ model: script, baseUrl: url, headers: new Headers({ Authorization: `Bearer ${key}` }), maxRetries: 0 }),
};

const chainTools = [
  lcTool(async ({ city }) => `rain in ${city}`, { name: 'weather', description: 'The weather', schema: z.object({ city: z.string() }) }),
  lcTool(async () => 'noon', { name: 'time', description: 'The time', schema: z.object({}) }),
];

const cases = {};

for (const [dialect, model] of Object.entries(models)) {
  cases[`ai-sdk/${dialect}/whole`] = async () => {
    const r = await generateText({ model, prompt: 'hi', maxRetries: 0 });
    assert.deepEqual([r.text, r.finishReason, r.usage.outputTokens], ['You said: hi', 'stop', 5]);
  };
  cases[`ai-sdk/${dialect}/thinking`] = async () => {
    const r = streamText({ model, prompt: 'think', maxRetries: 0 });
    let text = '';
    for await (const piece of r.textStream) text += piece;
    assert.equal(text, 'Two and two are four.');
    assert.equal(await r.finishReason, 'stop');
  };
  cases[`ai-sdk/${dialect}/tools`] = async () => {
    for (const ask of [generateText, streamText]) {
      const r = await ask({ model, prompt: 'call', tools, stopWhen: stepCountIs(3), maxRetries: 0 });
      const steps = await r.steps;
      assert.deepEqual(steps[0].toolCalls.map((c) => [c.toolName, c.input]), [['weather', { city: "Xi'an" }], ['time', {}]]);
      assert.equal(await r.text, 'I see: noon');
    }
  };
  cases[`ai-sdk/${dialect}/slow`] = async () => {
    const r = streamText({ model, prompt: 'slow', maxRetries: 0 });
    assert.equal(await r.text, 'At last.');
  };
}

for (const [dialect, make] of Object.entries(chains)) {
  cases[`langchain/${dialect}/whole`] = async () => {
    const r = await make().invoke('hi');
    assert.equal(r.text, 'You said: hi');
    assert.equal(r.usage_metadata.output_tokens, 5);
  };
  cases[`langchain/${dialect}/stream`] = async () => {
    let text = '';
    for await (const piece of await make().stream('think')) text += piece.text;
    assert.equal(text, 'Two and two are four.');
  };
  cases[`langchain/${dialect}/tools`] = async () => {
    const model = make().bindTools(chainTools);
    const first = await model.invoke('call');
    assert.deepEqual(first.tool_calls.map((c) => [c.name, c.args]), [['weather', { city: "Xi'an" }], ['time', {}]]);
    const results = first.tool_calls.map((c) => new ToolMessage({ content: c.name === 'time' ? 'noon' : 'rain', tool_call_id: c.id, name: c.name }));
    const second = await model.invoke([new HumanMessage('call'), first, ...results]);
    assert.equal(second.text, 'I see: noon');
  };
}

let failed = 0;
for (const [name, attempt] of Object.entries(cases)) {
  try {
    await attempt();
    console.log(`ok ${name}`);
  } catch (e) {
    failed++;
    console.log(`not ok ${name}: ${String(e.stack ?? e).replace(/\s*\n\s*/g, ' | ').slice(0, 600)}`);
  }
}
process.exit(failed === 0 ? 0 : 1);
