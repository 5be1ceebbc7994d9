// A conversation is a tree: what is edited or answered again becomes a branch beside what
// was there. All functions are pure.

import type { Message, Usage } from '../../api/events';

export type State = 'waiting' | 'running' | 'done' | 'stopped' | 'interrupted' | 'failed';

/** A text that goes with what is said. */
export type Attached = { name: string; text: string };

/** What somebody thinks of an answer. */
export type Feedback = { good: boolean; reason?: Reason; comment?: string };

export const reasons = ['wrong', 'incomplete', 'off_topic', 'unsafe', 'advertising', 'slow', 'other'] as const;
export type Reason = (typeof reasons)[number];

export type Turn = {
  id: string;
  parent: string | null;
  role: 'user' | 'assistant';
  text: string;
  at: number; // ms since 1970
  reasoning?: string;
  model?: string;
  state?: State; // of an answer
  queued?: { position: number; etaMs?: number };
  problem?: { code: string; message: string; remedy: string };
  finish?: string;
  usage?: Usage;
  firstMs?: number; // until the first word, thinking included
  thinkMs?: number;
  tookMs?: number;
  feedback?: Feedback;
  files?: Attached[];
};

export type Conversation = {
  id: string;
  title: string;
  named?: boolean; // by a person
  model?: string;
  created: number;
  updated: number;
  turns: Record<string, Turn>;
  leaf: string | null; // where the shown branch ends
  revision?: number; // as the appliance counts; it has none before it is kept there
  shared?: boolean; // with everybody of the tenant
  owner?: string; // somebody else's: their name; it can only be read
  stub?: boolean; // what was said is not here yet
};

/** The shown branch, from its beginning. */
export function path(c: Conversation): Turn[] {
  const turns: Turn[] = [];
  for (
    let t = c.leaf ? c.turns[c.leaf] : undefined;
    t && turns.length <= Object.keys(c.turns).length;
    t = t.parent ? c.turns[t.parent] : undefined
  )
    turns.push(t);
  return turns.reverse();
}

/** A turn and its other versions, oldest first. */
export function versions(c: Conversation, t: Turn): Turn[] {
  return Object.values(c.turns)
    .filter((x) => x.parent === t.parent && x.role === t.role)
    .sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1));
}

/** Adds a turn and shows the branch that ends with it. */
export function add(c: Conversation, t: Turn): Conversation {
  return { ...c, turns: { ...c.turns, [t.id]: t }, leaf: t.id, updated: t.at };
}

export function change(c: Conversation, id: string, part: Partial<Turn>): Conversation {
  const t = c.turns[id];
  return t ? { ...c, turns: { ...c.turns, [id]: { ...t, ...part } } } : c;
}

/** Shows the branch through a turn: on to its newest end. */
export function show(c: Conversation, id: string): Conversation {
  for (let leaf = id; ; ) {
    const next = Object.values(c.turns)
      .filter((t) => t.parent === leaf)
      .sort((a, b) => b.at - a.at)[0];
    if (!next) return { ...c, leaf };
    leaf = next.id;
  }
}

/** What is sent to a model: the branch before an answer, without answers that failed empty. */
export function messages(turns: Turn[]): Message[] {
  return turns.filter((t) => t.role === 'user' || t.text).map((t) => ({ role: t.role, content: spoken(t) }));
}

/** What is said with its files, each between marks that name it. */
function spoken(t: Turn): string {
  const name = (f: Attached) => f.name.replace(/["\n\r<>]/g, ' ');
  return [t.text, ...(t.files ?? []).map((f) => `<file name="${name(f)}">\n${f.text}\n</file>`)].join('\n\n');
}

/** What was done in two places, as one: turns are only ever added. Ours is shown. */
export function merge(theirs: Conversation, ours: Conversation): Conversation {
  const newer = theirs.updated > ours.updated ? theirs : ours;
  return { ...ours, title: newer.title, named: newer.named, shared: theirs.shared, turns: { ...theirs.turns, ...ours.turns } };
}

/** The first words of a conversation as its title. */
export function titleOf(text: string): string {
  const line = text.trim().split('\n', 1)[0] ?? '';
  const runes = [...line];
  return runes.length > 40 ? `${runes.slice(0, 40).join('')}…` : line;
}

/** Whether every word is in the title or in what was said. */
export function matches(c: Conversation, query: string): boolean {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return true;
  const said = [c.title, ...Object.values(c.turns).map((t) => t.text)].join('\n').toLowerCase();
  return words.every((w) => said.includes(w));
}

/** Answers that were under way when the page went away. */
export function settled(c: Conversation): Conversation {
  const turns = Object.fromEntries(
    Object.entries(c.turns).map(([id, t]) => [
      id,
      t.state === 'running' || t.state === 'waiting' ? { ...t, state: 'interrupted' as State, queued: undefined } : t,
    ]),
  );
  return { ...c, turns };
}

/** The shown branch as Markdown, labelled as the work of a model. */
export function markdown(c: Conversation, words: { title: string; you: string; label: string; exported: string }): string {
  const parts = [`# ${c.title || words.title}`, `> ${words.label}\n> ${words.exported}`];
  for (const t of path(c)) parts.push(`## ${t.role === 'user' ? words.you : (t.model ?? 'AI')}`, t.text);
  return `${parts.join('\n\n')}\n`;
}
