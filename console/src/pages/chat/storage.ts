// Where conversations are kept: in this browser, apart for each key that signs in.

import type { Conversation } from './tree';

export interface Storage {
  list(): Promise<Conversation[]>;
  put(c: Conversation): Promise<void>;
  remove(id: string): Promise<void>;
}

const store = 'conversations';

function done<T>(r: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    r.onsuccess = () => resolve(r.result);
    r.onerror = () => reject(r.error);
  });
}

export async function openStorage(keyID: string): Promise<Storage> {
  const opening = indexedDB.open(`hearth-${keyID}`, 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore(store, { keyPath: 'id' });
  const db = await done(opening);
  const rows = (mode: IDBTransactionMode) => db.transaction(store, mode).objectStore(store);
  return {
    list: () => done(rows('readonly').getAll() as IDBRequest<Conversation[]>),
    put: async (c) => void (await done(rows('readwrite').put(c))),
    remove: async (id) => void (await done(rows('readwrite').delete(id))),
  };
}
