import { describe, expect, it } from 'vitest';
import i18n from '../i18n';
import { sends } from '../pages/chat/composer';
import { meaning } from '../pages/chat/shortcuts';
import type { Turn } from '../pages/chat/tree';
import { speed } from '../pages/chat/turn';
import { bytes, parameters, span, uptime } from './format';

const t = i18n.getFixedT('en');

describe('figures', () => {
  it('are said as people say them', () => {
    expect([bytes(0), bytes(1023), bytes(1536), bytes(6.6 * 2 ** 30), bytes(200 * 2 ** 20)]).toEqual([
      '0 B',
      '1023 B',
      '1.5 KiB',
      '6.6 GiB',
      '200 MiB',
    ]);
    expect([parameters(7.6e9), parameters(6_230_016), parameters(671e9), parameters(12)]).toEqual(['7.6B', '6.2M', '671B', '12']);
    expect([span(840, t), span(12_300, t), span(125_000, t)]).toEqual(['0.8 s', '12 s', '2 min 5 s']);
    expect([uptime(5, t), uptime(3700, t), uptime(200_000, t)]).toEqual(['less than a minute', '1 h 1 min', '2 d 7 h']);
  });

  it('of speed are left out where an answer came at once', () => {
    const turn = (part: Partial<Turn>) => ({ usage: { prompt_tokens: 1, completion_tokens: 101 }, ...part }) as Turn;
    expect(speed(turn({ firstMs: 1000, tookMs: 3000 }))).toBe(50);
    expect(speed(turn({ firstMs: 1000, tookMs: 1050 }))).toBeUndefined();
    expect(speed({} as Turn)).toBeUndefined();
  });
});

describe('keys', () => {
  const key = (k: string, part = {}) => ({ key: k, ctrlKey: false, metaKey: false, shiftKey: false, altKey: false, target: null, ...part });

  it('do what the help says, and nothing while one types', () => {
    expect(meaning(key('O', { ctrlKey: true, shiftKey: true }))).toBe('create');
    expect(meaning(key('k', { metaKey: true }))).toBe('search');
    expect(meaning(key('/'))).toBe('focus');
    expect(meaning(key('/', { target: document.createElement('textarea') }))).toBeUndefined();
    expect(meaning(key('Escape', { target: document.createElement('textarea') }))).toBe('stop');
  });

  it('of an input method do not send', () => {
    const enter = (composing: boolean, keyCode = 13) =>
      sends({ key: 'Enter', shiftKey: false, keyCode, nativeEvent: { isComposing: composing } });
    expect([enter(false), enter(true), enter(false, 229)]).toEqual([true, false, false]);
  });
});
