import { describe, expect, it } from 'vitest';
import { beside, steps } from './guide';

describe('the steps', () => {
  it('are gone through forwards and backwards, and end', () => {
    expect(steps.map((s) => beside(s, 1))).toEqual(['data', 'model', 'deploy', 'verify', 'operate', 'operate']);
    expect(steps.map((s) => beside(s, -1))).toEqual(['plan', 'plan', 'data', 'model', 'deploy', 'verify']);
  });
});
