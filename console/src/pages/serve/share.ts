import type { Schemas } from './queries';

/** What somebody takes of the appliance: now, and lately. */
export type Taking = { key: string; name: string; running: number; waiting: number; tokens: number; part: number };

/** Who takes how much: those in line, who waits most first; `part` is of what all of them had lately. */
export function share(list: Schemas['Queued'][], had: Schemas['UsageGroup'][]): Taking[] {
  const tokens = new Map(had.map((g) => [g.by.key, g.prompt_tokens + g.completion_tokens]));
  const all = new Map<string, Taking>();
  for (const q of list) {
    const k = all.get(q.key) ?? { key: q.key, name: q.name, running: 0, waiting: 0, tokens: tokens.get(q.key) ?? 0, part: 0 };
    k[q.state]++;
    all.set(q.key, k);
  }
  const sum = [...all.values()].reduce((n, k) => n + k.tokens, 0);
  for (const k of all.values()) k.part = sum > 0 ? k.tokens / sum : 0;
  return [...all.values()].sort((a, b) => b.waiting - a.waiting || b.running - a.running || a.name.localeCompare(b.name));
}
