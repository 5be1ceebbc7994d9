import { describe, expect, it } from 'vitest';
import { days, stretch } from './period';

describe('a period', () => {
  const now = new Date(2026, 2, 1, 15, 30); // the first of March
  const told = (p: Parameters<typeof stretch>[0]) => {
    const { since, until } = stretch(p, now);
    const list = days(since, until);
    return [list[0], list.at(-1), list.length];
  };

  it('is of whole days, and today is in it', () => {
    expect(told('today')).toEqual(['2026-03-01', '2026-03-01', 1]);
    expect(told('week')).toEqual(['2026-02-23', '2026-03-01', 7]);
    expect(told('month')).toEqual(['2026-03-01', '2026-03-01', 1]);
    expect(told('quarter')).toEqual(['2025-12-02', '2026-03-01', 90]);
  });

  it('before this month is the whole one before', () => {
    expect(told('before')).toEqual(['2026-02-01', '2026-02-28', 28]);
  });
});
