import { describe, expect, it } from 'vitest';
import type { ChatEvent, Message } from '../../api/events';
import { Problem } from '../../api/problem';
import { Chats } from './chats';
import { moveIn, type Storage } from './storage';
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

type Memory = Storage & { rows: Map<string, Conversation> };

/** An appliance that counts revisions, and lists without what was said. */
function memory(): Memory {
  const rows = new Map<string, Conversation>();
  const read = async (id: string) => {
    const c = rows.get(id);
    if (!c) throw new Problem(404, 'conversation_not_found', 'none');
    return c;
  };
  return {
    rows,
    read,
    list: async () => [...rows.values()].map((c) => ({ ...c, turns: {}, leaf: null, stub: true })),
    put: async (c) => {
      const revision = rows.get(c.id)?.revision ?? 0;
      if (revision !== (c.revision ?? 0)) throw new Problem(409, 'conversation_changed', 'changed');
      rows.set(c.id, { ...c, revision: revision + 1 });
      return revision + 1;
    },
    remove: async (id) => void rows.delete(id),
    share: async (id, shared) => void rows.set(id, { ...(await read(id)), shared }),
    judge: async (id) => void (await read(id)),
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

  it('are fetched when they are opened, and one that is gone is a problem', async () => {
    const store = memory();
    const model = script();
    const first = new Chats(store, model.ask, now);
    const id = first.send(undefined, 'm', 'hello');
    await model.say(text('hi'));
    await model.say(null);
    const second = new Chats(store, script().ask, now);
    await second.open();
    expect([second.get(id)?.title, second.get(id)?.stub]).toEqual(['hello', true]);
    await second.load(id);
    expect(last(second.get(id)).text).toBe('hi');
    await expect(second.load('nowhere')).rejects.toMatchObject({ status: 404 });
  });

  it('that are changed in two places keep both', async () => {
    const store = memory();
    const model = script();
    const here = new Chats(store, model.ask, now);
    const id = here.send(undefined, 'm', 'first');
    await model.say(text('one'));
    await model.say(null);
    const there = new Chats(store, model.ask, now);
    await there.open();
    await there.load(id);
    here.send(id, 'm', 'from here');
    await model.say(null);
    there.send(id, 'm', 'from there');
    await model.say(null);
    await settle();
    const said = Object.values((store.rows.get(id) as Conversation).turns).map((t) => t.text);
    expect(said).toEqual(expect.arrayContaining(['first', 'one', 'from here', 'from there']));
  });

  it('of others are copied before one goes on with them', async () => {
    const store = memory();
    store.rows.set('x', {
      id: 'x',
      title: 'theirs',
      created: 1,
      updated: 1,
      turns: { u: { id: 'u', parent: null, role: 'user', text: 'q', at: 1 } },
      leaf: 'u',
      owner: 'Li',
      revision: 4,
      shared: true,
    });
    const chats = new Chats(store, script().ask, now);
    await chats.open();
    await chats.load('x');
    const id = chats.copy(chats.get('x') as Conversation);
    await settle();
    expect(store.rows.get(id)).toMatchObject({ title: 'theirs', revision: 1 });
    expect([chats.get(id)?.owner, chats.get(id)?.shared, store.rows.get('x')?.revision]).toEqual([undefined, undefined, 4]);
  });

  it('that a browser kept move to the appliance, once', async () => {
    const old = indexedDB.open('hearth-k', 1);
    await new Promise<void>((resolve) => {
      old.onupgradeneeded = () => old.result.createObjectStore('conversations', { keyPath: 'id' });
      old.onsuccess = () => {
        const t = old.result.transaction('conversations', 'readwrite');
        t.objectStore('conversations').put({ id: 'c', title: 't', created: 1, updated: 1, turns: {}, leaf: null });
        t.oncomplete = () => {
          old.result.close();
          resolve();
        };
      };
    });
    const store = memory();
    expect([await moveIn('k', store), await moveIn('k', store), store.rows.get('c')?.revision]).toEqual([1, 0, 1]);
  });
});
