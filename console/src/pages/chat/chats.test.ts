import { describe, expect, it } from 'vitest';
import type { ChatEvent, Message } from '../../api/events';
import { Problem } from '../../api/problem';
import { Chats } from './chats';
import { openStorage, type Storage } from './storage';
import { type Conversation, path, type Turn } from './tree';

/** A model that says what the test has it say. */
function script() {
  const asked: { model: string; messages: Message[] }[] = [];
  const waiting: ((e: ChatEvent | Error | null) => void)[] = [];
  async function* ask(model: string, messages: Message[], signal: AbortSignal): AsyncGenerator<ChatEvent> {
    asked.push({ model, messages });
    for (;;) {
      const e = await new Promise<ChatEvent | Error | null>((resolve) => {
        waiting.push(resolve);
        signal.addEventListener('abort', () => resolve(new Error('aborted')));
      });
      if (e === null) return;
      if (e instanceof Error) throw e;
      yield e;
    }
  }
  const say = async (e: ChatEvent | Error | null) => {
    await settle();
    waiting.shift()?.(e);
    await settle();
  };
  return { ask, asked, say };
}

const settle = async () => {
  for (let i = 0; i < 30; i++) await Promise.resolve();
};

function memory(): Storage & { rows: Map<string, Conversation> } {
  const rows = new Map<string, Conversation>();
  return {
    rows,
    list: async () => [...rows.values()],
    put: async (c) => void rows.set(c.id, c),
    remove: async (id) => void rows.delete(id),
  };
}

const now = (f: () => void) => f();
const text = (s: string): ChatEvent => ({ type: 'delta', text: s, reasoning: '' });
const last = (c: Conversation | undefined) => path(c as Conversation).pop() as Turn;

describe('conversations', () => {
  it('are answered, saved and told in order', async () => {
    const model = script();
    const store = memory();
    const chats = new Chats(store, model.ask, now);
    const id = chats.send(undefined, 'm', 'hello');
    expect(last(chats.get(id)).state).toBe('waiting');
    await model.say({ type: 'queued', position: 2, etaMs: 5000 });
    expect(last(chats.get(id)).queued).toEqual({ position: 2, etaMs: 5000 });
    await model.say({ type: 'delta', text: '', reasoning: 'hm' });
    await model.say(text('hi '));
    await model.say(text('there'));
    expect(last(chats.get(id))).toMatchObject({ state: 'running', text: 'hi there', reasoning: 'hm', queued: undefined });
    await model.say({ type: 'usage', usage: { prompt_tokens: 1, completion_tokens: 2 } });
    await model.say(null);
    expect(last(chats.get(id))).toMatchObject({ state: 'done', usage: { completion_tokens: 2 } });
    expect(last(store.rows.get(id)).text).toBe('hi there');
    expect(chats.get(id)?.title).toBe('hello');
    chats.send(id, 'm', 'more');
    await settle();
    expect(model.asked[1]?.messages.map((m) => m.content)).toEqual(['hello', 'hi there', 'more']);
  });

  it('that are stopped keep what was said', async () => {
    const model = script();
    const chats = new Chats(memory(), model.ask, now);
    const id = chats.send(undefined, 'm', 'hello');
    await model.say(text('half'));
    chats.stop(chats.get(id) as Conversation);
    await settle();
    expect(last(chats.get(id))).toMatchObject({ state: 'stopped', text: 'half', problem: undefined });
    expect(chats.busy(chats.get(id) as Conversation)).toBe(false);
  });

  it('that fail say why', async () => {
    const model = script();
    const chats = new Chats(memory(), model.ask, now);
    const id = chats.send(undefined, 'm', 'hello');
    await model.say(new Problem(503, 'no_models', 'none', 'add one'));
    expect(last(chats.get(id))).toMatchObject({ state: 'failed', problem: { code: 'no_models', message: 'none', remedy: 'add one' } });
  });

  it('go on while another branch is shown', async () => {
    const model = script();
    const chats = new Chats(memory(), model.ask, now);
    const id = chats.send(undefined, 'm', 'first');
    await model.say(text('one'));
    await model.say(null);
    const before = chats.get(id) as Conversation;
    chats.retry(before, last(before), 'm');
    await model.say(text('tw'));
    chats.show(chats.get(id) as Conversation, last(before).id);
    await model.say(text('o'));
    await model.say(null);
    const after = chats.get(id) as Conversation;
    expect(last(after).text).toBe('one');
    expect(Object.values(after.turns).find((t) => t.text === 'two')?.state).toBe('done');
  });

  it('that are removed come back whole', async () => {
    const store = memory();
    const model = script();
    const chats = new Chats(store, model.ask, now);
    const id = chats.send(undefined, 'm', 'hello');
    await model.say(text('hi'));
    await model.say(null);
    const c = chats.get(id) as Conversation;
    chats.remove(c);
    await settle();
    expect([chats.list().length, store.rows.size]).toEqual([0, 0]);
    chats.restore(id);
    await settle();
    expect(last(chats.get(id)).text).toBe('hi');
    expect(store.rows.size).toBe(1);
  });

  it('say that they can’t be saved, and go on', async () => {
    const store = memory();
    store.put = async () => {
      throw new Error('the disk is full');
    };
    const chats = new Chats(store, script().ask, now);
    const id = chats.send(undefined, 'm', 'hello');
    await settle();
    expect([chats.trouble, !!chats.get(id)]).toEqual(['the disk is full', true]);
  });

  it('of one key are not another’s', async () => {
    const mine = await openStorage('a');
    await mine.put({ id: 'c', title: 't', created: 1, updated: 1, turns: {}, leaf: null });
    expect((await (await openStorage('b')).list()).length).toBe(0);
    expect((await (await openStorage('a')).list()).map((c) => c.id)).toEqual(['c']);
  });
});
