import { describe, expect, it } from 'vitest';
import { en } from './en';
import { preferred } from './index';
import { laterEn } from './later.en';
import { laterZh } from './later.zh-CN';
import { enServe } from './serve.en';
import { zhServe } from './serve.zh-CN';
import { zh } from './zh-CN';

function leaves(o: object, at = ''): [string, string][] {
  return Object.entries(o).flatMap(([k, v]) => (typeof v === 'string' ? [[`${at}${k}`, v] as [string, string]] : leaves(v, `${at}${k}.`)));
}

const values = (s: string) => [...s.matchAll(/\{\{(\w+)\}\}/g)].map((m) => m[1]).sort();

describe('the words', () => {
  const chinese = leaves({ ...zh, ...laterZh, ...zhServe });
  const english = new Map(leaves({ ...en, ...laterEn, ...enServe }));

  it('are the same in both languages, with the same values in them', () => {
    const plurals = chinese.filter(([key]) => key.endsWith('_other')).length;
    expect(english.size).toBe(chinese.length + plurals);
    for (const [key] of chinese) if (key.endsWith('_other')) expect(english.get(key.replace(/_other$/, '_one')), key).toBeTruthy();
    for (const [key, text] of chinese) {
      expect(english.get(key), key).toBeTruthy();
      expect(values(english.get(key) ?? ''), key).toEqual(values(text));
    }
  });

  it('that come later are not among the first', () => {
    for (const section of Object.keys(laterZh)) expect(section in zh, section).toBe(false);
  });

  it('are in their own language', () => {
    for (const [key, text] of english) expect(text, key).not.toMatch(/[\u4e00-\u9fff]/);
  });

  it('are all used', () => {
    const files = import.meta.glob('../**/*.{ts,tsx}', { query: '?raw', import: 'default', eager: true }) as Record<string, string>;
    const code = Object.entries(files)
      .filter(([name]) => !/i18n\/((later|serve)\.)?(en|zh-CN)|\.test\./.test(name))
      .map(([, text]) => text)
      .join('\n');
    const computed = [
      'chat.try.',
      'standing.',
      'duty.',
      'audit.kinds.',
      'audit.acts.',
      'audit.faults.',
      'audit.fields.',
      'guard.actions.',
      'guard.views.',
      'guard.kinds.',
      'trust.types.',
      'trust.verdicts.',
      'trust.agreements.',
      'trust.stances.',
      'rights.',
      'models.origin.',
      'models.kinds.',
      'models.commercialUse.',
      'chat.today',
      'chat.week',
      'chat.earlier',
      'chat.others',
      'chat.reasons.',
      'chat.shortcut',
      'usage.',
      'quotas.each.',
      'quotas.measure.',
      'quotas.period.',
      'quotas.unit.',
      'queue.classes.',
      'queue.why.',
      'jobs.states.',
      'jobs.kinds.',
      'engines.states.',
      'engines.means.',
      'engines.data.',
      'engines.process.',
      'engines.done.',
      'bench.states.',
      'bench.all',
      'bench.each',
      'bench.ttft',
      'bench.gap95',
      'bench.failed',
      'guide.steps.',
      'guide.titles.',
      'making.kinds.',
      'making.states.',
    ];
    const idle = chinese
      .map(([key]) => key)
      .filter((key) => !computed.some((c) => key.startsWith(c)) && !code.includes(`'${key.replace(/_other$/, '')}'`));
    expect(idle).toEqual([]);
  });

  it('follow the browser, and Chinese where it says nothing', () => {
    expect([preferred(null, ['fr', 'en-GB']), preferred(null, ['zh-TW']), preferred(null, ['fr']), preferred('en', ['zh'])]).toEqual([
      'en',
      'zh-CN',
      'zh-CN',
      'en',
    ]);
  });
});
