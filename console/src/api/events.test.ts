import { describe, expect, it } from 'vitest';
import { duration, Lines, read } from './events';

const stream = `: waiting
: queued position=3 eta=12s
: queued position=1
data: {"choices":[{"delta":{"role":"assistant","content":""}}]}

data: {"choices":[{"delta":{"reasoning_content":"hm 嗯"}}]}\r
\r
data: {"choices":[{"delta":{"content":"你好 🔥"}}],"usage":null}

data: {"choices":[{"delta":{},"finish_reason":"stop"}]}

data: {"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2}}

data: [DONE]

`;

const want = [
  { type: 'queued', position: 3, etaMs: 12_000 },
  { type: 'queued', position: 1, etaMs: undefined },
  { type: 'delta', text: '', reasoning: 'hm 嗯' },
  { type: 'delta', text: '你好 🔥', reasoning: '' },
  { type: 'finish', reason: 'stop' },
  { type: 'usage', usage: { prompt_tokens: 3, completion_tokens: 2 } },
  'done',
];

/** Reads a stream cut into pieces of so many bytes. */
function readBy(size: number) {
  const bytes = new TextEncoder().encode(stream);
  const decoder = new TextDecoder();
  const lines = new Lines();
  const out: unknown[] = [];
  for (let i = 0; i < bytes.length; i += size) {
    for (const line of lines.push(decoder.decode(bytes.slice(i, i + size), { stream: true }))) {
      const events = read(line);
      out.push(...(events === 'done' ? ['done'] : events));
    }
  }
  return out;
}

describe('a stream', () => {
  it('says the same wherever it is cut', () => {
    for (let size = 1; size < 200; size++) expect(readBy(size), `pieces of ${size}`).toEqual(want);
  });

  it('that fails in band throws what the appliance says', () => {
    expect(() => read('data: {"error":{"code":"upstream_failed","message":"it broke","remedy":"look"}}')).toThrow('it broke');
  });

  it('with a line that never ends is given up', () => {
    const lines = new Lines();
    expect(() => {
      for (let i = 0; i < 6; i++) lines.push('x'.repeat(1 << 20));
    }).toThrow();
  });

  it('knows times as Go writes them', () => {
    expect([duration('12s'), duration('1m30s'), duration('1h0m1.5s'), duration('800ms'), duration('soon')]).toEqual([
      12_000,
      90_000,
      3_601_500,
      800,
      undefined,
    ]);
  });
});
