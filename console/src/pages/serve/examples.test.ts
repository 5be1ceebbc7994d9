import { describe, expect, it } from 'vitest';
import { example, languages, type Programming } from './examples';

describe('examples', () => {
  it('carry the address, the model and no key', () => {
    for (const l of Object.keys(languages) as Programming[]) {
      const text = example(l, 'https://box/hearth/v1', 'm"x', "it's");
      expect(text).toContain('https://box/hearth/v1');
      expect(text).toContain('HEARTH_API_KEY');
      expect(text).toContain('m\\"x');
      expect(text).not.toContain('hk_');
    }
  });

  it('quote for the shell', () => {
    expect(example('curl', 'u', 'm', "it's")).toContain(`it'\\''s`);
  });
});
