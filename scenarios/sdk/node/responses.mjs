// OpenAI's Node SDK and the Responses API; ../python/responses.py and ../go have the same
// cases under the same names (../README.md).

import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import OpenAI from 'openai';
import { all, run } from './harness.mjs';

const { HEARTH_BASE_URL: baseURL, HEARTH_API_KEY: apiKey, HEARTH_MODEL: model, HEARTH_SCRIPT: script } = process.env;

const client = new OpenAI({ baseURL, apiKey, maxRetries: 0, timeout: 60_000 });
const { responses } = client;

const ask = 'Tell me about a big red ball.';
const tools = [
  { type: 'function', name: 'weather', description: 'The weather', strict: false,
    parameters: { type: 'object', properties: { city: { type: 'string' } } } },
  { type: 'function', name: 'time', strict: false, parameters: { type: 'object', properties: {} } },
];

const say = (input, more = {}) => ({ model: script, input, ...more });

async function* both(body) {
  yield await responses.create(body);
  yield await responses.stream(body).finalResponse();
}

// echoed is what arrived at the engine.
async function echoed(body) {
  const input = body.input ? [...body.input, { role: 'user', content: 'echo' }] : 'echo';
  return JSON.parse((await responses.create({ model: script, ...body, input })).output_text);
}

async function refused(promise, kind, fields = {}) {
  await assert.rejects(promise, (e) => {
    assert.ok(e instanceof kind, `${e}`);
    for (const [name, want] of Object.entries(fields)) assert.equal(e[name], want);
    assert.ok(e.error.message && e.error.remedy, JSON.stringify(e.error));
    return true;
  });
}

async function ended(r) {
  for (let i = 0; i < 300; i++) {
    if (!['queued', 'in_progress'].includes(r.status)) return r;
    await sleep(100);
    r = await responses.retrieve(r.id);
  }
  assert.fail(`still ${r.status}`);
}

await run({
  async 'responses/whole'() {
    const r = await responses.create({ model, input: ask, temperature: 0, max_output_tokens: 20 });
    assert.deepEqual([r.object, r.status, r.model, r.incomplete_details.reason], ['response', 'incomplete', model, 'max_output_tokens']);
    assert.ok(r.output_text && r.id.startsWith('resp_'));
    assert.deepEqual([r.usage.output_tokens, r.usage.total_tokens], [20, 20 + r.usage.input_tokens]);
    assert.deepEqual([r.error, r.temperature, r.parallel_tool_calls, r.tool_choice, r.tools], [null, 0, true, 'auto', []]);
  },

  async 'responses/stream'() {
    const body = { model, input: ask, temperature: 0, max_output_tokens: 20 };
    const whole = await responses.create(body);
    const events = await all(await responses.create({ ...body, stream: true }));
    assert.equal(events.filter((e) => e.type === 'response.output_text.delta').map((e) => e.delta).join(''), whole.output_text);
    assert.deepEqual(events.map((e) => e.sequence_number), [...events.keys()]);
    const kinds = events.map((e) => e.type).filter((k) => k !== 'response.output_text.delta');
    assert.deepEqual(kinds, ['response.created', 'response.in_progress', 'response.output_item.added', 'response.content_part.added',
      'response.output_text.done', 'response.content_part.done', 'response.output_item.done', 'response.incomplete']);
    assert.equal(events.at(-1).response.output[0].content[0].text, whole.output_text);
  },

  async 'responses/reasoning'() {
    for await (const r of both(say('think', { reasoning: { effort: 'high' } }))) {
      assert.deepEqual(r.output.map((o) => o.type), ['reasoning', 'message']);
      assert.deepEqual([r.output[0].content[0].text, r.output_text, r.status], ['Let me think.', 'Two and two are four.', 'completed']);
      const u = r.usage;
      assert.deepEqual([u.input_tokens, u.input_tokens_details.cached_tokens, u.output_tokens, u.output_tokens_details.reasoning_tokens], [7, 4, 5, 2]);
      assert.equal(r.reasoning.effort, 'high');
    }
  },

  async 'responses/tools'() {
    for await (const r of both(say('call', { tools }))) {
      assert.deepEqual(r.output.map((o) => o.type), ['message', 'function_call', 'function_call']);
      assert.deepEqual(r.output.slice(1).map((o) => [o.call_id, o.name, JSON.parse(o.arguments)]),
        [['call_w', 'weather', { city: "Xi'an" }], ['call_t', 'time', {}]]);
      const results = [{ type: 'function_call_output', call_id: 'call_w', output: '21 degrees' },
        { type: 'function_call_output', call_id: 'call_t', output: 'noon' }];
      for (const again of [{ input: results, previous_response_id: r.id },
        { input: [{ role: 'user', content: 'call' }, ...r.output, ...results] }]) {
        assert.equal((await responses.create({ model: script, tools, ...again })).output_text, 'I see: noon');
      }
    }
  },

  async 'responses/one-tool'() {
    for await (const r of both(say('call', { tools, parallel_tool_calls: false }))) {
      assert.deepEqual(r.output.map((o) => o.type), ['message', 'function_call']);
    }
  },

  async 'responses/conversation'() {
    const got = await echoed({ instructions: 'Be kind.', tools, top_p: 0.5, max_output_tokens: 9, input: [
      { role: 'developer', content: 'Be brief.' },
      { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'a' }, { type: 'input_text', text: 'b' }] },
      { type: 'reasoning', id: 'rs_1', summary: [], content: [{ type: 'reasoning_text', text: 'hm' }] },
      { type: 'function_call', call_id: 't1', name: 'weather', arguments: '{"city":"x"}' },
      { type: 'function_call_output', call_id: 't1', output: [{ type: 'input_text', text: 'ok' }] },
      { role: 'assistant', content: 'd' }] });
    const m = got.messages;
    assert.deepEqual(m.map((x) => x.role), ['system', 'system', 'user', 'assistant', 'tool', 'assistant', 'user']);
    assert.deepEqual(m.map((x) => x.content), ['Be kind.', 'Be brief.', 'ab', null, 'ok', 'd', 'echo']);
    assert.deepEqual([m[3].reasoning_content, m[3].tool_calls[0].id, m[3].tool_calls[0].function.arguments], ['hm', 't1', '{"city":"x"}']);
    assert.deepEqual([got.top_p, got.max_tokens, got.tools.map((t) => t.function.name)], [0.5, 9, ['weather', 'time']]);
    assert.equal((await echoed({ tools, tool_choice: 'none' })).tools, undefined);
  },

  async 'responses/previous'() {
    const first = await responses.create(say('think', { instructions: 'Be brief.' }));
    const second = await responses.create(say('hi', { previous_response_id: first.id }));
    const got = (await echoed({ previous_response_id: second.id, instructions: 'Be kind.' })).messages;
    assert.deepEqual(got.map((m) => [m.role, m.content]), [['system', 'Be kind.'], ['user', 'think'], ['assistant', 'Two and two are four.'],
      ['user', 'hi'], ['assistant', 'You said: hi'], ['user', 'echo']]);
    assert.equal(got[2].reasoning_content, 'Let me think.');
    await refused(responses.create(say('hi', { previous_response_id: 'resp_none' })), OpenAI.NotFoundError,
      { code: 'response_not_found', param: 'previous_response_id' });
  },

  async 'responses/stored'() {
    let r = await responses.create(say([{ role: 'user', content: 'a' }, { role: 'user', content: 'b' }], { metadata: { k: 'v' } }));
    const again = await responses.retrieve(r.id);
    assert.deepEqual([again.id, again.output, again.metadata], [r.id, r.output, { k: 'v' }]);
    const items = await all(responses.inputItems.list(r.id, { order: 'asc', limit: 1 }));
    assert.deepEqual(items.map((i) => (Array.isArray(i.content) ? i.content[0].text : i.content)), ['a', 'b']);
    await refused(responses.cancel(r.id), OpenAI.BadRequestError);
    await responses.delete(r.id);
    await refused(responses.retrieve(r.id), OpenAI.NotFoundError, { code: 'response_not_found' });
    r = await responses.create(say('hi', { store: false }));
    await refused(responses.retrieve(r.id), OpenAI.NotFoundError, { code: 'response_not_found' });
  },

  async 'responses/background'() {
    const r = await responses.create(say('hi', { background: true }));
    assert.deepEqual([r.status, r.background], ['queued', true]);
    const last = await ended(r);
    assert.deepEqual([last.status, last.output[0].content[0].text], ['completed', 'You said: hi']);
    const events = await all(await responses.create(say('hi', { background: true, stream: true })));
    assert.equal(events[1].type, 'response.queued');
    const rest = await all(await responses.retrieve(events[0].response.id, { stream: true, starting_after: 3 }));
    assert.deepEqual(rest.map((e) => [e.sequence_number, e.type]), events.slice(4).map((e) => [e.sequence_number, e.type]));
    const slow = await responses.create(say('slow', { background: true }));
    assert.equal((await responses.cancel(slow.id)).status, 'cancelled');
    assert.equal((await responses.retrieve(slow.id)).status, 'cancelled');
  },

  async 'responses/logprobs'() {
    const r = await responses.create({ model, input: ask, temperature: 0, max_output_tokens: 5, include: ['message.output_text.logprobs'], top_logprobs: 2 });
    const odds = r.output[0].content[0].logprobs;
    assert.ok(odds.length > 0 && odds[0].top_logprobs.length === 2);
  },

  async 'responses/slow'() {
    for await (const r of both(say('slow'))) assert.equal(r.output_text, 'At last.');
  },

  async 'responses/refused'() {
    const bad = (param, more) => refused(responses.create(say('hi', more)), OpenAI.BadRequestError, { code: 'unsupported_value', param });
    await bad('tools[0].type', { tools: [{ type: 'web_search' }] });
    await bad('conversation', { conversation: 'conv_1' });
    const image = { type: 'input_image', image_url: 'data:image/png;base64,AAAA', detail: 'auto' };
    await bad('input[0].content', { input: [{ role: 'user', content: [image] }] });
    await refused(responses.create({ model, input: 'word '.repeat(2000) }), OpenAI.BadRequestError, { code: 'context_length_exceeded', param: 'input' });
    await refused(responses.create(say('hi', { model: 'no-such-model' })), OpenAI.NotFoundError, { code: 'model_not_found', param: 'model' });
    const stranger = new OpenAI({ baseURL, apiKey: 'hk_no', maxRetries: 0 });
    await refused(stranger.responses.create(say('hi')), OpenAI.AuthenticationError, { code: 'invalid_api_key' });
  },

  async 'responses/broken'() {
    const events = await all(await responses.create(say('break', { stream: true })));
    assert.deepEqual(events.slice(-2).map((e) => e.type), ['error', 'response.failed']);
    assert.deepEqual([events.at(-2).code, events.at(-1).response.status, events.at(-1).response.error.code], ['upstream_protocol', 'failed', 'server_error']);
  },
});
