import { describe, expect, it } from 'vitest';
import { cut, type Span } from './spans';

const span = (start: number, end: number, title = 'x'): Span => ({ start, end, title, tone: 'warm' });

describe('marks in a text', () => {
  it('are counted in characters, not in halves of them', () => {
    expect(cut('🔥a号码13b', [span(2, 4)]).map((p) => p.text)).toEqual(['🔥a', '号码', '13b']);
  });

  it('that overlap or lie outside lose no text and say none twice', () => {
    for (const spans of [[span(0, 3), span(2, 5)], [span(2, 2)], [span(4, 99)], [span(3, 5), span(0, 5)]]) {
      const parts = cut('abcde', spans);
      expect(parts.map((p) => p.text).join('')).toBe('abcde');
    }
    expect(cut('abcde', [span(0, 3, '1'), span(2, 5, '2')]).map((p) => [p.text, p.span?.title])).toEqual([
      ['abc', '1'],
      ['de', '2'],
    ]);
  });
});
