import { describe, expect, it } from 'vitest';
import { readStep } from './trust';

describe('a step of asking everyone', () => {
  it('is read, and what says nothing is not', () => {
    expect(readStep('data: {"answer":{"model":"a","text":"x","seconds":1},"done":false}')).toMatchObject({ answer: { model: 'a' } });
    expect([': waiting', '', 'event: x', 'data: {}'].map(readStep)).toEqual([undefined, undefined, undefined, undefined]);
    expect(readStep('data: [DONE]')).toBe('done');
  });

  it('of an error is that error', () => {
    expect(() => readStep('data: {"error":{"code":"out_of_range","message":"no","remedy":"r"}}')).toThrow('no');
  });
});
