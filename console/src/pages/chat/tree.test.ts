import { describe, expect, it } from 'vitest';
import { byAge } from './conversations';
import { add, type Conversation, markdown, matches, messages, path, settled, show, type Turn, titleOf, versions } from './tree';

const turn = (id: string, parent: string | null, role: Turn['role'], at: number, text = id): Turn => ({
  id,
  parent,
  role,
  at,
  text,
  state: role === 'assistant' ? 'done' : undefined,
});
const empty: Conversation = { id: 'c', title: 'T', created: 0, updated: 0, turns: {}, leaf: null };
const talk = [
  turn('u1', null, 'user', 1),
  turn('a1', 'u1', 'assistant', 2),
  turn('u2', 'a1', 'user', 3),
  turn('a2', 'u2', 'assistant', 4),
].reduce(add, empty);

describe('a conversation', () => {
  it('keeps the branch that was left when a message is edited', () => {
    const edited = [turn('u1b', null, 'user', 5), turn('a1b', 'u1b', 'assistant', 6)].reduce(add, talk);
    expect(path(edited).map((t) => t.id)).toEqual(['u1b', 'a1b']);
    expect(versions(edited, edited.turns.u1 as Turn).map((t) => t.id)).toEqual(['u1', 'u1b']);
    expect(path(show(edited, 'u1')).map((t) => t.id)).toEqual(['u1', 'a1', 'u2', 'a2']);
  });

  it('does not loop in a record that is damaged', () => {
    const damaged: Conversation = { ...empty, leaf: 'x', turns: { x: turn('x', 'y', 'user', 1), y: turn('y', 'x', 'user', 1) } };
    expect(path(damaged).length).toBeLessThan(4);
  });

  it('sends no empty answers', () => {
    expect(messages([turn('u', null, 'user', 1), turn('a', 'u', 'assistant', 2, '')])).toEqual([{ role: 'user', content: 'u' }]);
  });

  it('that was cut by the page says so', () => {
    const cut = settled(add(empty, { ...turn('a', null, 'assistant', 1), state: 'running' }));
    expect(cut.turns.a?.state).toBe('interrupted');
  });

  it('is found by every word, in its title or in what was said', () => {
    expect([matches(talk, 't u2'), matches(talk, 'u2 nowhere'), matches(talk, '')]).toEqual([true, false, true]);
  });

  it('is titled by its first line, whole characters', () => {
    expect(titleOf('  你好\n再见')).toBe('你好');
    expect([...titleOf('🔥'.repeat(60))].length).toBe(41);
  });

  it('is exported with the label of a model’s work', () => {
    const text = markdown(talk, { title: 'T', you: 'Me', label: 'by AI', exported: 'today' });
    expect(text).toBe('# T\n\n> by AI\n> today\n\n## Me\n\nu1\n\n## AI\n\na1\n\n## Me\n\nu2\n\n## AI\n\na2\n');
  });

  it('is listed by age', () => {
    const now = new Date(2026, 5, 15, 12);
    const at = (days: number) => ({ ...empty, updated: now.getTime() - days * 86_400_000 });
    expect(byAge([at(0), at(2), at(30)], now).map(([age, l]) => [age, l.length])).toEqual([
      ['today', 1],
      ['week', 1],
      ['earlier', 1],
    ]);
  });
});
