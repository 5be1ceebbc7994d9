// Ollama's Node SDK, as published, against a running hearth; ../python/ollamas.py has
// the same cases under the same names (../README.md).

import assert from 'node:assert/strict';
import { Ollama } from 'ollama';
import { all, run } from './harness.mjs';

const { HEARTH_URL: host, HEARTH_API_KEY: key, HEARTH_MODEL: model, HEARTH_SCRIPT: script } = process.env;

const headers = { Authorization: `Bearer ${key}` };
const client = new Ollama({ host, headers });

const ask = [{ role: 'user', content: 'Tell me about a big red ball.' }];
const greedy = { temperature: 0, num_predict: 20 };
const tools = [
  { type: 'function', function: { name: 'weather', description: 'The weather', parameters: { type: 'object', properties: { city: { type: 'string' } } } } },
  { type: 'function', function: { name: 'time', parameters: { type: 'object', properties: {} } } },
];

const say = (what, more = {}) => ({ model: script, messages: [{ role: 'user', content: what }], ...more });

async function refused(ask, status, text = '') {
  await assert.rejects(ask, (e) => {
    assert.equal(e.status_code, status, `${e}`);
    assert.ok(e.error.includes(text), e.error);
    return true;
  });
}

async function* both(body) {
  yield await client.chat(body);
  const pieces = await all(await client.chat({ ...body, stream: true }));
  const last = pieces.at(-1);
  const calls = pieces.flatMap((p) => p.message.tool_calls ?? []);
  const join = (name) => pieces.map((p) => p.message[name] ?? '').join('');
  last.message = { role: last.message.role, content: join('content'), thinking: join('thinking') || undefined, tool_calls: calls.length ? calls : undefined };
  yield last;
}

const counts = (a) => [a.prompt_eval_count, a.eval_count];

await run({
  async 'ollama/chat'() {
    const answers = await all(both({ model, messages: ask, options: greedy }));
    for (const a of answers) {
      assert.deepEqual([a.model, a.message.role, a.done, a.done_reason, a.eval_count], [model, 'assistant', true, 'length', 20]);
      assert.ok(a.message.content.length > 0);
      assert.ok(a.total_duration >= a.eval_duration && a.eval_duration > 0 && a.prompt_eval_duration > 0 && a.load_duration === 0);
    }
    assert.deepEqual([answers[1].message.content, counts(answers[1])], [answers[0].message.content, counts(answers[0])]);
  },

  async 'ollama/latest'() {
    const a = await client.chat({ ...say('hi'), model: `${script}:latest` });
    assert.deepEqual([a.model, a.message.content], [`${script}:latest`, 'You said: hi']);
  },

  async 'ollama/generate'() {
    assert.equal((await client.generate({ model: script, prompt: 'hi' })).response, 'You said: hi');
    const pieces = await all(await client.generate({ model: script, prompt: 'hi', stream: true }));
    assert.equal(pieces.map((p) => p.response).join(''), 'You said: hi');
    const raw = await client.generate({ model, prompt: 'Once upon a time', raw: true, options: greedy });
    assert.ok(raw.response && raw.eval_count === 20, JSON.stringify(raw));
  },

  async 'ollama/generate-system'() {
    const got = JSON.parse((await client.generate({ model: script, prompt: 'echo', system: 'Be brief.' })).response);
    assert.deepEqual(got.messages.map((m) => [m.role, m.content]), [['system', 'Be brief.'], ['user', 'echo']]);
  },

  async 'ollama/load'() {
    for (const a of [await client.generate({ model, prompt: '', keep_alive: '10m' }), await client.chat({ model, messages: [] })]) {
      assert.deepEqual([a.done, a.done_reason], [true, 'load']);
    }
  },

  async 'ollama/thinking'() {
    for await (const a of both(say('think', { think: true }))) {
      assert.deepEqual([a.message.thinking, a.message.content, a.done_reason], ['Let me think.', 'Two and two are four.', 'stop']);
      assert.deepEqual(counts(a), [7, 5]);
    }
  },

  async 'ollama/tools'() {
    for await (const a of both(say('call', { tools }))) {
      assert.equal(a.message.content, 'I look.');
      assert.deepEqual(a.message.tool_calls.map((c) => [c.function.name, c.function.arguments]), [['weather', { city: "Xi'an" }], ['time', {}]]);
      const turns = [...say('call').messages, a.message, { role: 'tool', tool_name: 'weather', content: '21 degrees' },
        { role: 'tool', tool_name: 'time', content: 'noon' }];
      assert.equal((await client.chat({ model: script, messages: turns, tools })).message.content, 'I see: noon');
    }
  },

  async 'ollama/conversation'() {
    const answer = await client.chat({ model: script, tools, messages: [
      { role: 'system', content: 'Be brief.' }, { role: 'user', content: 'a' },
      { role: 'assistant', content: '', thinking: 'hm', tool_calls: [
        { function: { name: 'time', arguments: {} } }, { function: { name: 'weather', arguments: { city: 'x' } } }] },
      { role: 'tool', content: 'ok', tool_name: 'weather' }, { role: 'user', content: 'echo' }],
      options: { temperature: 0.5, top_k: 5, top_p: 0.5, min_p: 0.1, seed: 3, stop: ['END'], num_predict: 9, num_ctx: 2048, repeat_penalty: 1.1 } });
    const got = JSON.parse(answer.message.content);
    const m = got.messages;
    assert.deepEqual(m.map((x) => x.role), ['system', 'user', 'assistant', 'tool', 'user']);
    assert.deepEqual([m[2].reasoning_content, m[2].tool_calls[1].function.arguments], ['hm', '{"city":"x"}']);
    assert.deepEqual([m[3].tool_call_id, m[3].name], [m[2].tool_calls[1].id, 'weather']);
    assert.deepEqual(['temperature', 'top_k', 'top_p', 'min_p', 'seed', 'stop', 'max_tokens', 'repeat_penalty'].map((k) => got[k]),
      [0.5, 5, 0.5, 0.1, 3, ['END'], 9, 1.1]);
  },

  async 'ollama/stop'() {
    const whole = (await client.chat({ model, messages: ask, options: greedy })).message.content;
    const word = whole.slice(8, 14);
    for await (const a of both({ model, messages: ask, options: { ...greedy, stop: [word] } })) {
      assert.deepEqual([a.message.content, a.done_reason], [whole.slice(0, whole.indexOf(word)), 'stop']);
    }
  },

  async 'ollama/logprobs'() {
    const a = await client.chat({ model, messages: ask, options: greedy, logprobs: true, top_logprobs: 2 });
    assert.ok(a.logprobs.length > 0 && a.logprobs[0].top_logprobs.length === 2);
  },

  async 'ollama/slow'() {
    for await (const a of both(say('slow'))) assert.equal(a.message.content, 'At last.');
  },

  async 'ollama/models'() {
    const listed = Object.fromEntries((await client.list()).models.map((m) => [m.model, m]));
    assert.ok(listed[model] && listed[script], Object.keys(listed).join());
    const m = listed[model];
    assert.ok(m.size > 0 && m.digest.length === 64 && m.details.format === 'gguf' && m.modified_at, JSON.stringify(m));
    const shown = await client.show({ model });
    assert.deepEqual([shown.details.family, shown.model_info['general.architecture']], [m.details.family, m.details.family]);
    assert.ok(shown.capabilities.includes('completion'));
    await client.generate({ model, prompt: 'Once', raw: true, options: { num_predict: 1 } });
    assert.ok((await client.ps()).models.some((x) => x.model === model), 'not in memory');
    await refused(() => client.show({ model: 'no-such-model' }), 404, 'no-such-model');
  },

  async 'ollama/probes'() {
    // What tools look at to see whether there is a server, and what it can do.
    for (const path of ['/', '/api/tags', '/api/version']) {
      assert.equal((await fetch(host + path, { method: 'HEAD', headers })).status, 200, path);
    }
    const { version } = await client.version();
    const [major, minor, patch] = version.split('.').map(Number);
    assert.ok((major * 1000 + minor) * 1000 + patch >= 6_004, version);
  },

  async 'ollama/refused'() {
    await refused(() => client.chat({ model: script, messages: [{ role: 'user', content: 'hi', images: ['AAAA'] }] }), 400, 'image');
    await refused(() => client.generate({ model: script, prompt: 'hi', suffix: 'x' }), 400, 'suffix');
    await refused(() => client.chat(say('hi', { options: { mirostat: 2 } })), 400, 'mirostat');
    await refused(() => client.chat({ ...say('hi'), model: 'no-such-model' }), 404, 'no-such-model');
    await refused(() => new Ollama({ host, headers: { Authorization: 'Bearer hk_no' } }).list(), 401, 'key');
    await refused(() => client.pull({ model: 'no-such-model' }), 404, 'no-such-model');
  },

  async 'ollama/broken'() {
    const read = async () => all(await client.chat({ ...say('break'), stream: true }));
    await assert.rejects(read, /broke off/);
  },
});
