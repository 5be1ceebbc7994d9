// OpenAI's Node SDK, files and batches; ../python/batches.py has the same cases under the
// same names (../README.md).

import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import OpenAI, { toFile } from 'openai';
import { run } from './harness.mjs';

const { HEARTH_BASE_URL: baseURL, HEARTH_API_KEY: apiKey, HEARTH_SCRIPT: model } = process.env;
const client = new OpenAI({ baseURL, apiKey, maxRetries: 0, timeout: 60_000 });

const line = (name, what, url = '/v1/chat/completions') => `${JSON.stringify({ custom_id: name, method: 'POST', url,
  body: url === '/v1/responses' ? { model, input: what } : { model, messages: [{ role: 'user', content: what }] } })}\n`;

const upload = async (text) => client.files.create({ file: await toFile(Buffer.from(text), 'in.jsonl'), purpose: 'batch' });
const make = (input, endpoint = '/v1/chat/completions', more = {}) =>
  client.batches.create({ input_file_id: input, endpoint, completion_window: '24h', ...more });

async function ended(batch) {
  for (let i = 0; i < 300; i++) {
    const b = await client.batches.retrieve(batch.id);
    if (['completed', 'failed', 'expired', 'cancelled'].includes(b.status)) return b;
    await sleep(100);
  }
  throw new Error('it does not end');
}

const results = async (file) => (await (await client.files.content(file)).text()).trim().split('\n').map((text) => JSON.parse(text));
const refused = (promise, kind, code) => assert.rejects(promise, (e) => e instanceof kind && e.code === code);

run({
  'batches/files': async () => {
    const f = await upload(line('a', 'x'));
    assert.deepEqual([f.object, f.filename, f.purpose], ['file', 'in.jsonl', 'batch']);
    assert.equal((await client.files.retrieve(f.id)).bytes, line('a', 'x').length);
    assert.equal(await (await client.files.content(f.id)).text(), line('a', 'x'));
    const ids = [];
    for await (const x of client.files.list({ purpose: 'batch', limit: 1 })) ids.push(x.id);
    assert.ok(ids.includes(f.id));
    assert.ok((await client.files.delete(f.id)).deleted);
    await refused(client.files.retrieve(f.id), OpenAI.NotFoundError, 'file_not_found');
    await refused(client.files.create({ file: await toFile(Buffer.from('x'), 'x'), purpose: 'fine-tune' }), OpenAI.BadRequestError, 'not_one_of');
  },
  'batches/whole': async () => {
    let text = '';
    for (let i = 0; i < 20; i++) text += line(`line ${i}`, `number ${i}`);
    const f = await upload(text + line('bad', ''));
    let b = await make(f.id, undefined, { metadata: { for: 'test' } });
    assert.deepEqual([b.object, b.status, b.input_file_id, b.metadata], ['batch', 'in_progress', f.id, { for: 'test' }]);
    b = await ended(b);
    assert.deepEqual([b.status, b.request_counts.total, b.request_counts.completed + b.request_counts.failed], ['completed', 21, 21]);
    const answers = await results(b.output_file_id);
    for (let i = 0; i < 20; i++) {
      const a = answers[i];
      assert.deepEqual([a.custom_id, a.response.status_code, a.response.body.choices[0].message.content, a.error],
        [`line ${i}`, 200, `You said: number ${i}`, null]);
    }
    const ids = [];
    for await (const x of client.batches.list({ limit: 2 })) ids.push(x.id);
    assert.ok(ids.includes(b.id));
  },
  'batches/responses': async () => {
    const b = await ended(await make((await upload(line('a', 'think', '/v1/responses'))).id, '/v1/responses'));
    assert.equal((await results(b.output_file_id))[0].response.body.status, 'completed');
  },
  'batches/mistakes': async () => {
    const b = await make((await upload(`${line('a', 'x')}{\n`)).id);
    assert.deepEqual([b.status, b.errors.data[0].line], ['failed', 2]);
    await refused(make('zzz'), OpenAI.NotFoundError, 'file_not_found');
    await refused(client.batches.retrieve('zzz'), OpenAI.NotFoundError, 'batch_not_found');
  },
  'batches/cancelled': async () => {
    let text = '';
    for (let i = 0; i < 100; i++) text += line(String(i), 'slow');
    let b = await make((await upload(text)).id);
    assert.equal((await client.batches.cancel(b.id)).status, 'cancelling');
    b = await ended(b);
    assert.deepEqual([b.status, b.request_counts.completed + b.request_counts.failed], ['cancelled', 100]);
    assert.equal((await results(b.error_file_id)).at(-1).error.code, 'batch_cancelled');
  },
});
