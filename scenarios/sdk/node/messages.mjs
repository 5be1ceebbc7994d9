// Anthropic's Node SDK, as published, against a running hearth; ../python/messages.py
// has the same cases under the same names (../README.md).

import assert from 'node:assert/strict';
import Anthropic from '@anthropic-ai/sdk';
import { all, run } from './harness.mjs';

const { HEARTH_URL: baseURL, HEARTH_API_KEY: apiKey, HEARTH_MODEL: model, HEARTH_CHAT_MODEL: chat, HEARTH_SCRIPT: script } = process.env;

const client = new Anthropic({ baseURL, apiKey, maxRetries: 0, timeout: 60_000 });
const { messages } = client;

const ask = [{ role: 'user', content: 'Tell me about a big red ball.' }];
const tools = [
  { name: 'weather', description: 'The weather', input_schema: { type: 'object', properties: { city: { type: 'string' } } } },
  { name: 'time', input_schema: { type: 'object' } },
];

const say = (what, more = {}) => ({ model: script, max_tokens: 64, messages: [{ role: 'user', content: what }], ...more });

// echoed is what arrived at the engine.
async function echoed(request) {
  const turns = [...(request.messages ?? []), { role: 'user', content: 'echo' }];
  return JSON.parse((await messages.create({ model: script, max_tokens: 64, ...request, messages: turns })).content[0].text);
}

async function refused(promise, kind, fields) {
  await assert.rejects(promise, (e) => {
    assert.ok(e instanceof kind, `${e}`);
    for (const [name, want] of Object.entries(fields)) assert.equal(e.error.error[name], want);
    assert.ok(e.error.error.message && e.error.error.remedy, JSON.stringify(e.error));
    assert.match(e.requestID, /^req_/);
    return true;
  });
}

async function* both(body) {
  yield await messages.stream(body).finalMessage();
  yield await messages.create(body);
}

await run({
  async 'messages/whole'() {
    const m = await messages.create({ model, max_tokens: 20, temperature: 0, messages: ask });
    assert.deepEqual([m.type, m.role, m.model, m.stop_reason, m.stop_sequence], ['message', 'assistant', model, 'max_tokens', null]);
    assert.ok(m.content[0].type === 'text' && m.content[0].text);
    assert.equal(m.usage.output_tokens, 20);
    assert.match(m.id, /^msg_/);
  },

  async 'messages/stream'() {
    const body = { model, max_tokens: 20, temperature: 0, messages: ask };
    const whole = await messages.create(body);
    const stream = messages.stream(body);
    let text = '';
    stream.on('text', (t) => (text += t));
    const last = await stream.finalMessage();
    assert.deepEqual([text, last.content[0].text], [whole.content[0].text, whole.content[0].text]);
    assert.deepEqual([last.stop_reason, last.usage.output_tokens], ['max_tokens', 20]);
    const total = (u) => u.input_tokens + u.cache_read_input_tokens;
    assert.equal(total(last.usage), total(whole.usage));
  },

  async 'messages/events'() {
    const kinds = (await all(await messages.create({ ...say('think'), stream: true }))).map((e) => e.type);
    assert.equal(kinds[0], 'message_start');
    assert.deepEqual(kinds.slice(-2), ['message_delta', 'message_stop']);
    const ends = kinds.filter((k) => k.startsWith('content_block') && k !== 'content_block_delta');
    assert.deepEqual(ends, ['content_block_start', 'content_block_stop', 'content_block_start', 'content_block_stop']);
  },

  async 'messages/thinking'() {
    for await (const m of both(say('think', { thinking: { type: 'enabled', budget_tokens: 1024 } }))) {
      assert.deepEqual(m.content.map((b) => b.type), ['thinking', 'text']);
      assert.deepEqual([m.content[0].thinking, m.content[1].text], ['Let me think.', 'Two and two are four.']);
      assert.ok(m.content[0].signature, 'no signature: clients leave such thinking out');
      assert.deepEqual([m.usage.input_tokens, m.usage.cache_read_input_tokens, m.usage.output_tokens], [3, 4, 5]);
      assert.equal(m.stop_reason, 'end_turn');
    }
  },

  async 'messages/tools'() {
    for await (const m of both(say('call', { tools }))) {
      assert.deepEqual(m.content.map((b) => b.type), ['text', 'tool_use', 'tool_use']);
      assert.deepEqual(m.content.slice(1).map((b) => [b.id, b.name, b.input]),
        [['call_w', 'weather', { city: "Xi'an" }], ['call_t', 'time', {}]]);
      assert.equal(m.stop_reason, 'tool_use');
      const turns = [...say('call').messages, { role: 'assistant', content: m.content }, { role: 'user', content: [
        { type: 'tool_result', tool_use_id: 'call_w', content: [{ type: 'text', text: '21 degrees' }] },
        { type: 'tool_result', tool_use_id: 'call_t', content: 'noon' }] }];
      const after = await messages.create({ model: script, max_tokens: 64, tools, messages: turns });
      assert.equal(after.content[0].text, 'I see: noon');
    }
  },

  async 'messages/one-tool'() {
    for await (const m of both(say('call', { tools, tool_choice: { type: 'auto', disable_parallel_tool_use: true } }))) {
      assert.deepEqual(m.content.map((b) => b.type), ['text', 'tool_use']);
    }
  },

  async 'messages/conversation'() {
    const got = await echoed({
      system: [{ type: 'text', text: 'Be brief.', cache_control: { type: 'ephemeral' } }, { type: 'text', text: 'Be kind.' }],
      tools, top_k: 5, top_p: 0.5, temperature: 0.5, stop_sequences: ['END'],
      messages: [
        { role: 'user', content: [{ type: 'text', text: 'a' }, { type: 'text', text: 'b', cache_control: { type: 'ephemeral' } }] },
        { role: 'assistant', content: [
          { type: 'thinking', thinking: 'hm', signature: 's' }, { type: 'text', text: 'c' },
          { type: 'tool_use', id: 't1', name: 'weather', input: { city: 'x' } }] },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't1', content: 'ok' }, { type: 'text', text: 'and?' }] },
        { role: 'assistant', content: 'd' }],
    });
    assert.deepEqual(got.messages.map((m) => m.role), ['system', 'user', 'assistant', 'tool', 'user', 'assistant', 'user']);
    assert.deepEqual(got.messages.map((m) => m.content), ['Be brief.\n\nBe kind.', 'ab', 'c', 'ok', 'and?', 'd', 'echo']);
    assert.deepEqual([got.messages[2].reasoning_content, got.messages[2].tool_calls[0].function.arguments], ['hm', '{"city":"x"}']);
    assert.deepEqual([got.messages[3].tool_call_id, got.messages[3].name], ['t1', 'weather']);
    assert.deepEqual([got.top_k, got.top_p, got.temperature, got.stop, got.max_tokens], [5, 0.5, 0.5, ['END'], 64]);
    assert.deepEqual(got.tools.map((t) => t.function.name), ['weather', 'time']);
    assert.equal((await echoed({ tools, tool_choice: { type: 'none' } })).tools, undefined);
  },

  async 'messages/stop-sequence'() {
    const body = { model, max_tokens: 40, temperature: 0, messages: ask };
    const whole = (await messages.create(body)).content[0].text;
    const words = whole.match(/[a-z]{4,}/g);
    const word = words[Math.floor(words.length / 2)];
    for await (const m of both({ ...body, stop_sequences: ['no such words', word] })) {
      assert.deepEqual([m.stop_reason, m.stop_sequence], ['stop_sequence', word]);
      assert.equal(m.content[0].text, whole.slice(0, whole.indexOf(word)));
    }
  },

  async 'messages/context'() {
    // Its clients name a large number whatever the model; the answer ends where the context does.
    const body = { model, max_tokens: 20_000, temperature: 0, messages: ask };
    assert.ok(['end_turn', 'model_context_window_exceeded'].includes((await messages.create(body)).stop_reason));
    const long = [{ role: 'user', content: 'word '.repeat(2000) }];
    await refused(messages.create({ model, max_tokens: 1, messages: long }), Anthropic.BadRequestError,
      { type: 'invalid_request_error', code: 'context_length_exceeded', field: 'messages' });
  },

  async 'messages/prefill'() {
    const turns = [...ask, { role: 'assistant', content: 'A big red ball is' }];
    assert.equal((await messages.create({ model: chat, max_tokens: 5, messages: turns })).usage.output_tokens, 5);
  },

  async 'messages/count-tokens'() {
    const { input_tokens } = await messages.countTokens({ model, messages: ask });
    const { usage } = await messages.create({ model, max_tokens: 1, messages: ask });
    assert.equal(input_tokens, usage.input_tokens + usage.cache_read_input_tokens + usage.cache_creation_input_tokens);
    await refused(messages.countTokens({ model: script, messages: ask }), Anthropic.BadRequestError, { code: 'unsupported_value' });
  },

  async 'messages/slow'() {
    for await (const m of both(say('slow'))) assert.equal(m.content[0].text, 'At last.');
  },

  async 'messages/models'() {
    const ids = (await all(client.models.list())).map((m) => m.id);
    assert.ok(ids.includes(model) && ids.includes(script), `${ids}`);
    assert.equal((await client.models.retrieve(model)).type, 'model');
    await refused(client.models.retrieve('no-such-model'), Anthropic.NotFoundError, { type: 'not_found_error', code: 'model_not_found' });
  },

  async 'messages/bearer'() {
    const other = new Anthropic({ baseURL, authToken: apiKey, apiKey: null, maxRetries: 0 });
    assert.equal((await other.messages.create(say('hi'))).content[0].text, 'You said: hi');
    const stranger = new Anthropic({ baseURL, apiKey: 'hk_no', maxRetries: 0 });
    await refused(stranger.messages.create(say('hi')), Anthropic.AuthenticationError, { type: 'authentication_error', code: 'invalid_api_key' });
  },

  async 'messages/beta'() {
    const m = await client.beta.messages.create({ ...say('hi'), betas: ['fine-grained-tool-streaming-2025-05-14'] });
    assert.equal(m.content[0].text, 'You said: hi');
  },

  async 'messages/refused'() {
    const bad = (more) => refused(messages.create(say('hi', more)), Anthropic.BadRequestError, { type: 'invalid_request_error', code: 'unsupported_value' });
    await bad({ tools: [{ type: 'web_search_20250305', name: 'web_search' }] });
    const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } };
    await bad({ messages: [{ role: 'user', content: [image] }] });
    await refused(messages.create(say('hi', { model: 'no-such-model' })), Anthropic.NotFoundError, { type: 'not_found_error' });
  },

  async 'messages/broken'() {
    const read = async () => all(await messages.create({ ...say('break'), stream: true }));
    await assert.rejects(read, (e) => e instanceof Anthropic.APIError && e.error.error.code === 'upstream_protocol');
  },
});
