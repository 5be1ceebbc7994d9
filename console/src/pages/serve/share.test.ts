import { describe, expect, it } from 'vitest';
import type { Schemas } from './queries';
import { share } from './share';

const q = (key: string, state: 'running' | 'waiting'): Schemas['Queued'] => ({
  key,
  name: `n${key}`,
  state,
  class: 'default',
  model: 'm',
  since: '',
});

describe('what each takes', () => {
  it('is counted by key, who waits most first, and set against what all in line had', () => {
    const sum = { requests: 1, prompt_tokens: 10, cached_tokens: 0, completion_tokens: 20, cost_yuan: 0 };
    const had = [
      { by: { key: 'a' }, ...sum },
      { by: { key: 'b' }, ...sum, completion_tokens: 80 },
      { by: { key: 'gone' }, ...sum },
    ];
    expect(share([q('b', 'running'), q('a', 'waiting'), q('a', 'waiting'), q('c', 'waiting')], had)).toEqual([
      { key: 'a', name: 'na', running: 0, waiting: 2, tokens: 30, part: 0.25 },
      { key: 'c', name: 'nc', running: 0, waiting: 1, tokens: 0, part: 0 },
      { key: 'b', name: 'nb', running: 1, waiting: 0, tokens: 90, part: 0.75 },
    ]);
  });
});
