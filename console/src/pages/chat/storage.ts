// Where conversations are kept: on the appliance, each its owner's alone.

import type { Schemas } from '../../api/client';
import { admin, body } from '../../api/client';
import { Problem } from '../../api/problem';
import { type Conversation, type Feedback, settled } from './tree';

export interface Storage {
  /** All there are, without what was said; the latest first. */
  list(): Promise<Conversation[]>;
  read(id: string): Promise<Conversation>;
  /** Keeps one in the place of the revision that it has, and returns the new one. */
  put(c: Conversation): Promise<number>;
  remove(id: string): Promise<void>;
  share(id: string, shared: boolean): Promise<void>;
  judge(id: string, turn: string, model: string, feedback: Feedback | undefined): Promise<void>;
}

/** How many are listed, of one's own and of those that others share. */
const listMax = 1000;

/** How much of the words is sent to be searched in. */
const saidCharsMax = 1 << 20;

const stub = (s: Schemas['ConversationSummary']): Conversation => ({
  id: s.id,
  title: s.title,
  created: s.created,
  updated: s.updated,
  revision: s.revision,
  shared: s.shared,
  owner: s.own ? undefined : (s.owner ?? ''),
  turns: {},
  leaf: null,
  stub: true,
});

/** What is kept of one as it is. */
type Kept = Pick<Conversation, 'turns' | 'leaf' | 'model' | 'named'>;

export const remote: Storage = {
  async list() {
    const [own, shared] = await Promise.all(
      [false, true].map((of) =>
        body(admin.GET('/admin/v1/conversations', { params: { query: { limit: listMax, shared: of || undefined } } })),
      ),
    );
    return [...(own?.conversations ?? []), ...(shared?.conversations ?? [])].map(stub);
  },
  async read(id) {
    const c = await body(admin.GET('/admin/v1/conversations/{id}', { params: { path: { id } } }));
    const { turns, leaf, model, named } = c.body as Kept;
    return { ...stub(c), turns: turns ?? {}, leaf: leaf ?? null, model, named, stub: undefined };
  },
  async put(c) {
    const kept: Kept = { turns: c.turns, leaf: c.leaf, model: c.model, named: c.named };
    const said = [c.title, ...Object.values(c.turns).map((t) => t.text)].join('\n').slice(0, saidCharsMax);
    const { id, title, created, updated, revision = 0 } = c;
    const done = await body(
      admin.PUT('/admin/v1/conversations/{id}', {
        params: { path: { id } },
        body: { title, created, updated, revision, said, body: kept },
      }),
    );
    return done.revision;
  },
  async remove(id) {
    await body(admin.DELETE('/admin/v1/conversations/{id}', { params: { path: { id } } }));
  },
  async share(id, shared) {
    await body(admin.PUT('/admin/v1/conversations/{id}/shared', { params: { path: { id } }, body: { shared } }));
  },
  async judge(id, turn, model, feedback) {
    const path = { id, turn };
    if (feedback) await body(admin.PUT('/admin/v1/conversations/{id}/feedback/{turn}', { params: { path }, body: { model, ...feedback } }));
    else await body(admin.DELETE('/admin/v1/conversations/{id}/feedback/{turn}', { params: { path } }));
  },
};

/** Ids of conversations that have all the words in them. */
export async function search(text: string): Promise<string[]> {
  const found = await Promise.all(
    [false, true].map((shared) =>
      body(admin.GET('/admin/v1/conversations', { params: { query: { text, limit: listMax, shared: shared || undefined } } })),
    ),
  );
  return found.flatMap((f) => (f.conversations ?? []).map((c) => c.id));
}

const store = 'conversations';

function done<T>(r: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    r.onsuccess = () => resolve(r.result);
    r.onerror = () => reject(r.error);
  });
}

/** Moves what an earlier console kept in this browser to the appliance. What can't be moved stays. */
export async function moveIn(keyID: string, to: Storage): Promise<number> {
  const name = `hearth-${keyID}`;
  const opening = indexedDB.open(name, 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore(store, { keyPath: 'id' });
  const db = await done(opening);
  const rows = (mode: IDBTransactionMode) => db.transaction(store, mode).objectStore(store);
  let moved = 0;
  try {
    for (const c of (await done(rows('readonly').getAll())) as Conversation[]) {
      await to.put({ ...settled(c), revision: 0 }).catch((e: unknown) => {
        if (!(e instanceof Problem && e.code === 'conversation_changed')) throw e; // it was moved before
      });
      await done(rows('readwrite').delete(c.id));
      moved++;
    }
  } finally {
    db.close();
  }
  indexedDB.deleteDatabase(name);
  return moved;
}
