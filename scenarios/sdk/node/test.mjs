// OpenAI's Node SDK, as published, against a running hearth. ../README.md says what
// is read from the environment and how the lines are to be read; the suites in
// ../python and ../go have the same cases under the same names.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import OpenAI from 'openai';
import { Skip, all, run } from './harness.mjs';

const {
  HEARTH_BASE_URL: baseURL,
  HEARTH_API_KEY: apiKey,
  HEARTH_MODEL: model,
  HEARTH_CHAT_MODEL: chatModel,
  HEARTH_EMBEDDING_MODEL: embeddingModel,
  HEARTH_GREEDY_JSON: greedyFile,
} = process.env;

// A retry would hide a failure, and a long wait is one.
const client = new OpenAI({ baseURL, apiKey, maxRetries: 0, timeout: 60_000 });
const chat = client.chat.completions;

const messages = [{ role: 'user', content: 'Tell me about a big red ball.' }];
const greedy = { model, messages, temperature: 0, max_tokens: 40 };

// The chat model has a token for every byte, whose id is the byte; three control
// tokens follow, of which one ends an answer. Without them it never ends by itself.
const endless = { 256: -100, 257: -100, 258: -100 };
const A = 'A'.charCodeAt(0);

// An answer that takes long, unless it is cancelled.
const much = { model: chatModel, messages, max_tokens: 1900, n: 16, logit_bias: endless };

// What a cancelled answer may take to end and its server to be free again: far more
// than either needs, far less than that answer would take.
const promptly = 5_000;

const cases = {
  async 'models/list'() {
    const ids = [];
    for await (const m of client.models.list()) {
      assert.equal(m.object, 'model');
      assert.equal(typeof m.owned_by, 'string');
      assert.ok(Number.isInteger(m.created) && m.created > 0, 'created');
      ids.push(m.id);
    }
    assert.ok(ids.includes(model) && ids.includes(chatModel), `${ids}`);
  },

  async 'models/retrieve'() {
    const m = await client.models.retrieve(model);
    assert.equal(m.id, model);
    assert.equal(m.object, 'model');
  },

  async 'models/missing'() {
    await refused(client.models.retrieve('no-such-model'), OpenAI.NotFoundError, { code: 'model_not_found' });
  },

  async 'chat/whole'() {
    const a = await chat.create(greedy);
    assert.ok(a.choices[0].message.content.length > 0, 'no content');
    assert.equal(a.choices[0].finish_reason, 'length');
    assert.equal(a.model, model);
    addsUp(a.usage);
    assert.equal(a.usage.completion_tokens, 40);
  },

  async 'chat/types'() {
    const a = await chat.create({ ...greedy, logprobs: true });
    has(a, 'id object created model choices usage');
    assert.equal(a.object, 'chat.completion');
    assert.ok(Number.isInteger(a.created), `created is ${a.created}`);
    has(a.choices[0], 'index finish_reason logprobs message');
    has(a.choices[0].logprobs, 'content refusal');
    has(a.choices[0].logprobs.content[0], 'token logprob bytes top_logprobs');
    has(a.choices[0].message, 'role content refusal');
    assert.equal(a.choices[0].message.role, 'assistant');
    has(a.usage, 'prompt_tokens completion_tokens total_tokens');
    for await (const c of await chat.create({ ...greedy, max_tokens: 5, stream: true })) {
      has(c, 'id object created model choices');
      assert.equal(c.object, 'chat.completion.chunk');
      for (const choice of c.choices) has(choice, 'index delta finish_reason');
    }
  },

  async 'chat/stream'() {
    const whole = await chat.create(greedy);
    const chunks = await all(await chat.create({ ...greedy, stream: true }));
    assert.equal(said(chunks), whole.choices[0].message.content);
    assert.ok(chunks.length > 5, `the answer came in ${chunks.length} pieces`);
    assert.equal(new Set(chunks.map((c) => c.id)).size, 1, 'the id changes');
    assert.deepEqual(chunks.map((c) => c.choices[0].delta.role).filter(Boolean), ['assistant']);
    assert.equal(chunks[0].choices[0].delta.role, 'assistant');
    assert.deepEqual(chunks.map((c) => c.choices[0].finish_reason).filter(Boolean), ['length']);
    assert.equal(chunks.at(-1).choices[0].finish_reason, 'length');
    assert.ok(chunks.every((c) => c.usage === undefined), 'usage, unasked');
  },

  async 'chat/stream-usage'() {
    const whole = await chat.create(greedy);
    const chunks = await all(await chat.create({ ...greedy, stream: true, stream_options: { include_usage: true } }));
    assert.ok(chunks.slice(0, -1).every((c) => c.usage === null), 'usage before the end');
    assert.deepEqual(chunks.at(-1).choices, []);
    assert.deepEqual(totals(chunks.at(-1).usage), totals(whole.usage));
  },

  async 'chat/stream-helper'() {
    // Python's helper raises an error for an answer that was cut, so this one stops.
    const body = { ...greedy, stop: middleWord(textOf(await chat.create(greedy))) };
    const whole = await chat.create(body);
    const stream = chat.stream({ ...body, stream_options: { include_usage: true } });
    let text = '';
    stream.on('content', (delta) => (text += delta));
    const a = await stream.finalChatCompletion();
    assert.deepEqual([textOf(a), text], [textOf(whole), textOf(whole)]);
    assert.equal(a.choices[0].message.role, 'assistant');
    assert.equal(a.choices[0].finish_reason, 'stop');
    assert.deepEqual(totals(await stream.totalUsage()), totals(whole.usage));
  },

  async 'chat/content-parts'() {
    const parts = [{ role: 'user', content: [{ type: 'text', text: 'Tell me about ' }, { type: 'text', text: 'a big red ball.' }] }];
    assert.equal(textOf(await chat.create({ ...greedy, messages: parts })), textOf(await chat.create(greedy)));
  },

  async 'chat/roles'() {
    const turns = [{ role: 'user', content: 'Hello!' }, { role: 'assistant', content: 'Hi.' }, { role: 'user', content: 'Who are you?' }];
    const answers = [];
    for (const role of ['system', 'developer']) {
      answers.push(textOf(await chat.create({ ...greedy, model: chatModel, logit_bias: endless, messages: [{ role, content: 'Be brief.' }, ...turns] })));
    }
    assert.equal(answers[0], answers[1]);
  },

  async 'chat/follow-up'() {
    // Programs send the answer's message back as they got it.
    const { message } = (await chat.create(greedy)).choices[0];
    const a = await chat.create({ ...greedy, messages: [...messages, message, { role: 'user', content: 'And then?' }] });
    assert.ok(textOf(a).length > 0, 'no content');
  },

  async 'chat/choices'() {
    const ask = () => chat.create({ ...greedy, temperature: 1, seed: 7, n: 2 });
    const first = await ask();
    assert.deepEqual(first.choices.map((c) => c.index), [0, 1]);
    assert.notEqual(textOf(first, 0), textOf(first, 1));
    assert.equal(first.usage.completion_tokens, 80);
    addsUp(first.usage);
    const second = await ask();
    assert.deepEqual([textOf(second, 0), textOf(second, 1)], [textOf(first, 0), textOf(first, 1)]);
    const chunks = await all(await chat.create({ ...greedy, temperature: 1, seed: 7, n: 2, stream: true }));
    assert.deepEqual([said(chunks, 0), said(chunks, 1)], [textOf(first, 0), textOf(first, 1)]);
  },

  async 'chat/stop'() {
    const text = textOf(await chat.create(greedy));
    const word = middleWord(text);
    for (const stop of [word, ['no such words', word]]) {
      const a = await chat.create({ ...greedy, stop });
      assert.equal(textOf(a), text.slice(0, text.indexOf(word)));
      assert.equal(a.choices[0].finish_reason, 'stop');
      const chunks = await all(await chat.create({ ...greedy, stop, stream: true }));
      assert.equal(said(chunks), textOf(a));
      assert.equal(chunks.at(-1).choices[0].finish_reason, 'stop');
    }
  },

  async 'chat/max-tokens'() {
    for (const name of ['max_tokens', 'max_completion_tokens']) {
      const a = await chat.create({ model, messages, temperature: 0, [name]: 7 });
      assert.equal(a.choices[0].finish_reason, 'length');
      assert.equal(a.usage.completion_tokens, 7);
    }
  },

  async 'chat/seed'() {
    const ask = async (seed) => textOf(await chat.create({ ...greedy, temperature: 1, seed }));
    const [first, again, other] = [await ask(42), await ask(42), await ask(43)];
    assert.equal(again, first);
    assert.notEqual(other, first);
  },

  async 'chat/logprobs'() {
    const a = await chat.create({ ...greedy, logprobs: true, top_logprobs: 3 });
    oddsAreSound(a.choices[0].logprobs.content, 3);
    // The first token may begin with a space that is no part of the answer.
    assert.equal(decode(a.choices[0].logprobs.content).trimStart(), textOf(a).trimStart());
    assert.equal((await chat.create(greedy)).choices[0].logprobs, null);
  },

  async 'chat/logprobs-stream'() {
    const whole = await chat.create({ ...greedy, logprobs: true, top_logprobs: 3 });
    const chunks = await all(await chat.create({ ...greedy, logprobs: true, top_logprobs: 3, stream: true }));
    const odds = chunks.flatMap((c) => c.choices[0].logprobs?.content ?? []);
    assert.deepEqual(odds.map((o) => o.token), whole.choices[0].logprobs.content.map((o) => o.token));
    oddsAreSound(odds, 3);
  },

  async 'chat/logprobs-bytes'() {
    // Most tokens of this model are no whole character. Each counts all the same.
    const a = await chat.create({ model: chatModel, messages, temperature: 0, max_tokens: 24, logit_bias: endless, logprobs: true });
    const odds = a.choices[0].logprobs.content;
    assert.equal(odds.length, a.usage.completion_tokens);
    assert.equal(oneMark(decode(odds)), oneMark(textOf(a)));
  },

  async 'chat/logit-bias'() {
    const ask = (logit_bias) => chat.create({ model: chatModel, messages, temperature: 0, max_tokens: 5, logit_bias });
    assert.equal(textOf(await ask({ [A]: 100 })), 'AAAAA');
    await refused(ask({ 100000: 1 }), OpenAI.BadRequestError, { param: 'logit_bias' });
  },

  async 'chat/reasoning'() {
    // reasoning_content is not OpenAI's; where there is some, it is beside the
    // answer and not in it, whole and streamed alike.
    for (const enable_thinking of [true, false]) {
      const body = { model: chatModel, messages, temperature: 0, max_tokens: 24, logit_bias: endless, chat_template_kwargs: { enable_thinking } };
      const m = (await chat.create(body)).choices[0].message;
      assert.equal(typeof m.content, 'string');
      assert.ok(['undefined', 'string'].includes(typeof m.reasoning_content), typeof m.reasoning_content);
      const chunks = await all(await chat.create({ ...body, stream: true }));
      assert.equal(said(chunks), m.content);
      assert.equal(chunks.map((c) => c.choices[0].delta.reasoning_content ?? '').join(''), m.reasoning_content ?? '');
    }
  },

  async 'chat/concurrent'() {
    const alone = textOf(await chat.create(greedy));
    const together = await Promise.all(Array.from({ length: 6 }, () => chat.create(greedy)));
    assert.deepEqual(new Set(together.map((a) => textOf(a))), new Set([alone]));
  },

  async 'chat/cancel-stream'() {
    const stream = await chat.create({ ...much, stream: true });
    let chunks = 0;
    const began = Date.now();
    for await (const _ of stream) {
      if (++chunks === 3) stream.controller.abort();
    }
    await freeAgain(began);
  },

  async 'chat/cancel-whole'() {
    const began = Date.now();
    const answer = chat.create(much, { signal: AbortSignal.timeout(300) });
    await assert.rejects(answer, OpenAI.APIUserAbortError);
    await freeAgain(began);
  },

  async 'completion/types'() {
    const a = await client.completions.create({ model, prompt: 'Once', temperature: 0, max_tokens: 5 });
    has(a, 'id object created model choices usage');
    assert.equal(a.object, 'text_completion');
    has(a.choices[0], 'index text logprobs finish_reason');
    addsUp(a.usage);
  },

  async 'completion/greedy'() {
    for (const { prompt, text } of goldens()) {
      const a = await client.completions.create({ model, prompt, temperature: 0, max_tokens: 120 });
      assert.equal(a.choices[0].text, text);
      assert.equal(a.choices[0].finish_reason, 'length');
      addsUp(a.usage);
    }
  },

  async 'completion/greedy-stream'() {
    for (const { prompt, text } of goldens()) {
      const chunks = await all(await client.completions.create({ model, prompt, temperature: 0, max_tokens: 120, stream: true }));
      assert.equal(chunks.map((c) => c.choices[0].text).join(''), text);
      assert.equal(chunks.at(-1).choices[0].finish_reason, 'length');
      assert.ok(chunks.every((c) => c.usage === undefined), 'usage, unasked');
    }
  },

  async 'completion/stream-usage'() {
    const body = { model, prompt: 'Once', temperature: 0, max_tokens: 9, stream: true, stream_options: { include_usage: true } };
    const chunks = await all(await client.completions.create(body));
    assert.ok(chunks.slice(0, -1).every((c) => c.usage === null), 'usage before the end');
    assert.deepEqual(chunks.at(-1).choices, []);
    addsUp(chunks.at(-1).usage);
    assert.equal(chunks.at(-1).usage.completion_tokens, 9);
  },

  async 'completion/choices'() {
    const ask = async () => (await client.completions.create({ model, prompt: 'Once', temperature: 1, seed: 7, n: 2, max_tokens: 30 })).choices.map((c) => c.text);
    const first = await ask();
    assert.notEqual(first[0], first[1]);
    assert.deepEqual(await ask(), first);
  },

  async 'completion/stop'() {
    const body = { model, prompt: 'Once upon a time', temperature: 0, max_tokens: 60 };
    const { text } = (await client.completions.create(body)).choices[0];
    const word = middleWord(text);
    const [choice] = (await client.completions.create({ ...body, stop: word })).choices;
    assert.equal(choice.text, text.slice(0, text.indexOf(word)));
    assert.equal(choice.finish_reason, 'stop');
  },

  async 'completion/logprobs'() {
    const [choice] = (await client.completions.create({ model, prompt: 'Once upon a time', temperature: 0, max_tokens: 20, logprobs: 3 })).choices;
    const { tokens, token_logprobs, top_logprobs, text_offset } = choice.logprobs;
    assert.equal(tokens.join(''), choice.text);
    assert.deepEqual([token_logprobs.length, top_logprobs.length, text_offset.length], [20, 20, 20]);
    tokens.forEach((token, i) => assert.equal(top_logprobs[i][token], Math.max(...Object.values(top_logprobs[i]))));
  },

  async embeddings() {
    const input = ['hello', 'world'];
    const e = await client.embeddings.create({ model: embeddingModel, input });
    assert.deepEqual([e.data.length, e.data[1].index, e.data[0].embedding.length], [2, 1, 64]);
    assert.ok(e.usage.prompt_tokens > 0 && e.usage.prompt_tokens === e.usage.total_tokens, JSON.stringify(e.usage));
    const square = e.data[0].embedding.reduce((sum, x) => sum + x * x, 0);
    assert.ok(Math.abs(square - 1) < 1e-5, `length² ${square}`);
    assert.notEqual(e.data[0].embedding[0], e.data[1].embedding[0]);
    const short = await client.embeddings.create({ model: embeddingModel, input, dimensions: 16, encoding_format: 'float' });
    assert.equal(short.data[0].embedding.length, 16);
  },

  async 'tools/accepted'() {
    for (const tool_choice of ['auto', 'none']) {
      const a = await chat.create({ ...greedy, model: chatModel, tools: [weather], tool_choice });
      assert.ok(['stop', 'length', 'tool_calls'].includes(a.choices[0].finish_reason), a.choices[0].finish_reason);
    }
  },

  async 'tools/conversation'() {
    const call = { id: 'call_1', type: 'function', function: { name: 'weather', arguments: '{"city":"Xi\'an"}' } };
    const turns = [...messages, { role: 'assistant', content: null, tool_calls: [call] }, { role: 'tool', tool_call_id: 'call_1', content: '21 degrees' }];
    const a = await chat.create({ ...greedy, model: chatModel, messages: turns, tools: [weather] });
    assert.equal(a.choices.length, 1);
  },

  async 'tools/required'() {
    for (const tool_choice of ['required', { type: 'function', function: { name: 'weather' } }]) {
      const ask = chat.create({ ...greedy, model: chatModel, tools: [weather], tool_choice });
      await refused(ask, OpenAI.BadRequestError, { code: 'unsupported_value', param: 'tools' });
    }
  },

  async 'errors/wrong-key'() {
    const last = apiKey.at(-1) === 'x' ? 'y' : 'x';
    for (const key of ['sk-wrong', apiKey.slice(0, -1) + last]) {
      const ask = client.withOptions({ apiKey: key }).chat.completions.create(greedy);
      await refused(ask, OpenAI.AuthenticationError, { code: 'invalid_api_key' });
    }
  },

  async 'errors/missing-messages'() {
    await refused(chat.create({ model }), OpenAI.BadRequestError, { param: 'messages' });
  },

  async 'errors/temperature'() {
    await refused(chat.create({ ...greedy, temperature: 5 }), OpenAI.BadRequestError, { param: 'temperature' });
  },

  async 'errors/context'() {
    const long = [{ role: 'user', content: 'word '.repeat(2000) }];
    for (const stream of [false, true]) {
      await refused(chat.create({ ...greedy, messages: long, stream }), OpenAI.BadRequestError, { code: 'context_length_exceeded' });
    }
  },

  async 'errors/model'() {
    for (const stream of [false, true]) {
      await refused(chat.create({ ...greedy, model: 'no-such-model', stream }), OpenAI.NotFoundError, { code: 'model_not_found', param: 'model' });
    }
  },

  async 'errors/response-format'() {
    const response_format = { type: 'json_schema', json_schema: { name: 'answer', schema: { type: 'array', uniqueItems: true } } };
    await refused(chat.create({ ...greedy, response_format }), OpenAI.BadRequestError, { code: 'constraint_unsupported', param: 'response_format.json_schema.schema' });
  },

  async 'chat/schema'() {
    const schema = { type: 'object', properties: { mood: { enum: ['glad', 'sad'] }, age: { type: 'integer', minimum: 0, maximum: 99 } }, required: ['mood', 'age'], additionalProperties: false };
    const c = await chat.create({ ...greedy, max_tokens: 64, response_format: { type: 'json_schema', json_schema: { name: 'answer', strict: true, schema } } });
    const answer = JSON.parse(c.choices[0].message.content);
    assert.deepEqual(Object.keys(answer), ['mood', 'age']);
    assert.ok(['glad', 'sad'].includes(answer.mood) && Number.isInteger(answer.age));
  },

  async 'errors/image'() {
    const parts = [{ type: 'text', text: 'What is this?' }, { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } }];
    await refused(chat.create({ ...greedy, messages: [{ role: 'user', content: parts }] }), OpenAI.BadRequestError, { code: 'unsupported_value' });
  },

  async 'errors/route'() {
    await refused(client.images.generate({ prompt: 'a cat' }), OpenAI.NotFoundError, { code: 'unknown_url' });
  },

  async 'headers/ignored'() {
    const { data, response } = await chat.create({ ...greedy, made_up_parameter: 1, another_one: 'x' }).withResponse();
    assert.ok(textOf(data).length > 0);
    assert.equal(response.headers.get('x-hearth-ignored'), 'another_one, made_up_parameter');
  },

  async 'headers/request-id'() {
    const first = (await chat.create(greedy))._request_id;
    assert.match(first, /^req_/);
    const { data, response } = await chat.create({ ...greedy, stream: true }).withResponse();
    await all(data);
    assert.match(response.headers.get('x-request-id'), /^req_/);
    assert.notEqual(response.headers.get('x-request-id'), first);
    const err = await chat.create({ model }).catch((e) => e);
    assert.match(err.requestID, /^req_/);
  },
};

const weather = {
  type: 'function',
  function: {
    name: 'weather',
    description: 'The weather in a city',
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  },
};

// refused expects an error of that class with those fields, and a way out of it.
async function refused(answer, kind, fields) {
  const err = await Promise.resolve(answer).then(
    () => assert.fail('accepted'),
    (e) => e,
  );
  assert.ok(err instanceof kind, `${err.constructor.name}: ${err.message}`);
  for (const [name, value] of Object.entries(fields)) assert.equal(err[name], value, name);
  for (const name of ['message', 'type', 'remedy']) {
    assert.ok(typeof err.error[name] === 'string' && err.error[name] !== '', `no ${name}`);
  }
}

// freeAgain expects that a cancelled answer has ended and holds nobody up.
async function freeAgain(began) {
  assert.ok(Date.now() - began < promptly, `ended after ${Date.now() - began} ms`);
  began = Date.now();
  await chat.create({ model: chatModel, messages, max_tokens: 1 });
  assert.ok(Date.now() - began < promptly, `the next answer took ${Date.now() - began} ms`);
}

function goldens() {
  if (!greedyFile) throw new Skip();
  return JSON.parse(readFileSync(greedyFile, 'utf8'));
}

// said joins the pieces of one choice.
function said(chunks, index = 0) {
  return chunks.flatMap((c) => c.choices).filter((c) => c.index === index).map((c) => c.delta.content ?? '').join('');
}

function textOf(answer, index = 0) {
  return answer.choices[index].message.content;
}

function has(object, names) {
  for (const name of names.split(' ')) assert.ok(Object.hasOwn(object, name), `${name} is missing`);
}

function totals({ prompt_tokens, completion_tokens, total_tokens }) {
  return { prompt_tokens, completion_tokens, total_tokens };
}

function addsUp(usage) {
  assert.ok(usage.prompt_tokens > 0 && usage.completion_tokens > 0, JSON.stringify(usage));
  assert.equal(usage.total_tokens, usage.prompt_tokens + usage.completion_tokens);
}

// middleWord is a word of the text that is neither at its beginning nor at its end.
function middleWord(text) {
  const words = text.match(/[a-z]{3,}/g);
  return words[Math.floor(words.length / 2)];
}

// oddsAreSound expects of each token as many likeliest ones as asked for, in
// descending order, the first of them the token itself: decoding was greedy.
function oddsAreSound(odds, top) {
  assert.ok(odds.length > 0, 'no logprobs');
  for (const o of odds) {
    assert.ok(o.logprob <= 0, `${o.logprob}`);
    assert.equal(o.top_logprobs.length, top);
    assert.deepEqual([o.top_logprobs[0].token, o.top_logprobs[0].logprob], [o.token, o.logprob]);
    const sorted = o.top_logprobs.map((t) => t.logprob).sort((a, b) => b - a);
    assert.deepEqual(o.top_logprobs.map((t) => t.logprob), sorted);
  }
}

function decode(odds) {
  return Buffer.from(odds.flatMap((o) => o.bytes)).toString('utf8');
}

// oneMark is for decoders that differ in how many U+FFFD stand for a row of bytes
// that are no text.
function oneMark(text) {
  return text.replace(/\ufffd+/g, '\ufffd');
}

await run(cases);
