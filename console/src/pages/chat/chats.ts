// All conversations and the answers under way, for as long as the page is open: whoever
// looks at another conversation does not stop an answer.

import { type ChatEvent, chat, type Message } from '../../api/events';
import { Problem } from '../../api/problem';
import type { Storage } from './storage';
import {
  type Attached,
  add,
  type Conversation,
  change,
  type Feedback,
  merge,
  messages,
  path,
  settled,
  show,
  type Turn,
  titleOf,
} from './tree';

type Ask = (model: string, messages: Message[], signal: AbortSignal) => AsyncGenerator<ChatEvent>;

/** How often an answer under way is saved. */
const saveEveryMs = 3000;

/** How long one waits to save again what could not be, because the appliance was out of reach. */
const againMs = 5000;

export class Chats {
  private all = new Map<string, Conversation>();
  private answering = new Map<string, AbortController>(); // by turn
  private listeners = new Set<() => void>();
  private pending = new Map<string, Conversation>(); // changes not shown yet
  private removed = new Map<string, Conversation>();
  private sorted: Conversation[] = [];
  private revisions = new Map<string, number>(); // as the appliance has them
  private unsaved = new Set<string>();
  private at = new Map<string, Promise<void>>(); // what is being done to each there, one after the other
  private again: ReturnType<typeof setTimeout> | undefined;
  trouble: string | null = null; // why the last change was not saved

  constructor(
    private storage: Storage,
    private ask: Ask = chat,
    private frame: (f: () => void) => void = nextFrame,
  ) {}

  async open() {
    for (const c of await this.storage.list()) this.take(c);
    this.tell();
  }

  /** Takes what the appliance has. */
  private take(c: Conversation) {
    this.all.set(c.id, c.owner === undefined ? settled(c) : c);
    this.revisions.set(c.id, c.revision ?? 0);
  }

  /** Looks what was done elsewhere. What is being answered or saved here stays. */
  async refresh() {
    const list = await this.storage.list();
    const there = new Set(list.map((c) => c.id));
    for (const c of list) {
      const here = this.all.get(c.id);
      if (this.removed.has(c.id) || this.unsaved.has(c.id) || (here && this.busy(here))) continue;
      if (!here || c.revision !== this.revisions.get(c.id) || c.shared !== here.shared) this.take(c);
    }
    for (const c of this.all.values()) if (!there.has(c.id) && this.revisions.has(c.id) && !this.busy(c)) this.all.delete(c.id);
    this.tell();
  }

  /** Fetches what was said. One that is gone, or somebody else's alone, is a Problem. */
  async load(id: string): Promise<void> {
    if (this.removed.has(id)) throw new Problem(404, 'conversation_not_found', '');
    const c = await this.storage.read(id);
    const here = this.all.get(id);
    if (here && !here.stub) return;
    this.take(c);
    this.tell();
  }

  subscribe = (f: () => void) => {
    this.listeners.add(f);
    return () => this.listeners.delete(f);
  };

  /** Newest first. It changes with what one does, not with every word of an answer: get has those. */
  list = () => this.sorted;

  get(id: string): Conversation | undefined {
    return this.all.get(id);
  }

  busy(c: Conversation): boolean {
    return path(c).some((t) => this.answering.has(t.id));
  }

  /** Says something, in a new conversation if none is named, and returns its id. */
  send(id: string | undefined, model: string, text: string, files: Attached[] = []): string {
    const now = Date.now();
    const c = (id && this.all.get(id)) || { id: name(), title: titleOf(text), created: now, updated: now, turns: {}, leaf: null };
    const said: Turn = { id: name(), parent: c.leaf, role: 'user', text, at: now, ...(files.length > 0 && { files }) };
    this.answer({ ...add(c, said), model }, model);
    return c.id;
  }

  /** Says something else in place of a turn, on a branch of its own. */
  edit(c: Conversation, turn: Turn, model: string, text: string) {
    const said: Turn = { id: name(), parent: turn.parent, role: 'user', text, at: Date.now(), files: turn.files };
    const first = turn.parent === null && !c.named;
    this.answer({ ...add(c, said), model, title: first ? titleOf(text) : c.title }, model);
  }

  /** Has a turn answered once more. */
  retry(c: Conversation, answer: Turn, model: string) {
    this.answer({ ...c, leaf: answer.parent, model }, model);
  }

  show(c: Conversation, turn: string) {
    this.keep(show(c, turn));
  }

  stop(c: Conversation) {
    for (const t of path(c)) this.answering.get(t.id)?.abort();
  }

  async rename(c: Conversation, title: string) {
    const whole = await this.whole(c);
    this.keep({ ...whole, title, named: true });
  }

  /** One with what was said. */
  async whole(c: Conversation): Promise<Conversation> {
    if (c.stub) await this.load(c.id);
    return this.all.get(c.id) ?? c;
  }

  /** Lets everybody of the tenant read it, or no more. */
  async share(c: Conversation, shared: boolean) {
    await this.queue(c.id, () => this.storage.share(c.id, shared));
    const now = this.all.get(c.id);
    if (now) this.all.set(c.id, { ...now, shared });
    this.tell();
  }

  /** Begins one's own from somebody else's, and returns its id. */
  copy(c: Conversation): string {
    const { owner: _, shared: __, revision: ___, ...mine } = c;
    const now = Date.now();
    const id = name();
    this.keep({ ...mine, id, created: now, updated: now });
    return id;
  }

  /** Says what one thinks of an answer, or takes it back. */
  async judge(c: Conversation, turn: Turn, feedback: Feedback | undefined) {
    this.keep(change(c, turn.id, { feedback }));
    await this.queue(c.id, () => this.storage.judge(c.id, turn.id, turn.model ?? '', feedback));
  }

  /** Takes a conversation out of sight; restore brings it back while the page is open. */
  remove(c: Conversation) {
    this.stop(c);
    this.all.delete(c.id);
    this.removed.set(c.id, c);
    this.unsaved.delete(c.id);
    void this.saved(
      this.queue(c.id, async () => {
        if (this.revisions.delete(c.id)) await this.storage.remove(c.id);
      }),
    );
    this.tell();
  }

  restore(id: string) {
    const c = this.removed.get(id);
    if (!c) return;
    this.removed.delete(id);
    this.keep(settled(c));
  }

  /** Stops everything. */
  close() {
    clearTimeout(this.again);
    for (const a of this.answering.values()) a.abort();
  }

  private answer(c: Conversation, model: string) {
    const turn: Turn = { id: name(), parent: c.leaf, role: 'assistant', text: '', at: Date.now(), model, state: 'waiting' };
    const said = messages(path(c));
    const stop = new AbortController();
    this.answering.set(turn.id, stop);
    this.keep(add(c, turn));
    void this.listen(c.id, turn, this.ask(model, said, stop.signal), stop.signal);
  }

  private async listen(id: string, turn: Turn, events: AsyncGenerator<ChatEvent>, signal: AbortSignal) {
    const begun = performance.now();
    const since = () => Math.round(performance.now() - begun);
    let saved = begun;
    let t = turn;
    const set = (part: Partial<Turn>) => {
      t = { ...t, ...part };
      this.later(id, turn.id, t);
      if (performance.now() - saved > saveEveryMs) {
        saved = performance.now();
        this.save(id);
      }
    };
    try {
      for await (const e of events) set(heard(t, e, since()));
      set({ state: 'done', tookMs: since() });
    } catch (e) {
      const told = signal.aborted ? undefined : Problem.any(e);
      set({
        state: told ? 'failed' : 'stopped',
        tookMs: since(),
        queued: undefined,
        problem: told && { code: told.code, message: told.message, remedy: told.remedy },
      });
    }
    if (t.reasoning && t.thinkMs === undefined) set({ thinkMs: t.tookMs });
    this.flush();
    this.answering.delete(turn.id);
    const c = this.all.get(id);
    if (c) this.keep({ ...c, updated: Date.now() });
  }

  /** Shows a change of an answer with the next frame. */
  private later(id: string, turn: string, t: Turn) {
    const c = this.pending.get(id) ?? this.all.get(id);
    if (!c) return;
    const first = this.pending.size === 0;
    this.pending.set(id, change(c, turn, t));
    if (first) this.frame(() => this.flush());
  }

  private flush() {
    if (this.pending.size === 0) return;
    for (const [id, c] of this.pending) {
      const shown = this.all.get(id);
      // What a person did meanwhile, such as showing another branch, stands.
      if (shown) this.all.set(id, { ...shown, turns: { ...shown.turns, ...answersOf(c, this.answering) } });
    }
    this.pending.clear();
    for (const f of this.listeners) f();
  }

  private keep(c: Conversation) {
    this.flush();
    const now = this.all.get(c.id);
    this.all.set(c.id, now ? { ...c, turns: { ...c.turns, ...answersOf(now, this.answering) } } : c);
    this.tell();
    this.save(c.id);
  }

  private save(id: string) {
    this.unsaved.add(id);
    void this.saved(this.queue(id, () => this.write(id)));
  }

  /** Does something about a conversation on the appliance, after what is under way. */
  private queue(id: string, job: () => Promise<void>): Promise<void> {
    const next = (this.at.get(id) ?? Promise.resolve()).then(job, job);
    this.at.set(
      id,
      next.catch(() => {}),
    );
    return next;
  }

  private async write(id: string) {
    const c = this.all.get(id);
    if (!c || c.stub || c.owner !== undefined || !this.unsaved.delete(id)) return;
    try {
      this.revisions.set(id, await this.storage.put({ ...c, revision: this.revisions.get(id) ?? 0 }));
    } catch (e) {
      if (e instanceof Problem && e.code === 'conversation_changed') return this.reconcile(id);
      this.unsaved.add(id);
      if (e instanceof Problem && e.status === 0) this.soon();
      throw e;
    }
  }

  /** Takes what was done elsewhere into what was done here, and keeps both. */
  private async reconcile(id: string) {
    const theirs = await this.storage.read(id);
    const ours = this.all.get(id);
    if (!ours) return;
    const both = merge(theirs, ours);
    this.all.set(id, both);
    this.revisions.set(id, await this.storage.put({ ...both, revision: theirs.revision }));
    this.tell();
  }

  /** Saves what is unsaved after a while. */
  private soon() {
    clearTimeout(this.again);
    this.again = setTimeout(() => {
      for (const id of [...this.unsaved]) this.save(id);
    }, againMs);
  }

  private async saved(doing: Promise<void>) {
    const before = this.trouble;
    try {
      await doing;
      this.trouble = null;
    } catch (e) {
      this.trouble = e instanceof Error ? e.message || e.name : String(e);
    }
    if (before !== this.trouble) this.tell();
  }

  private tell() {
    this.sorted = [...this.all.values()].sort((a, b) => b.updated - a.updated);
    for (const f of this.listeners) f();
  }
}

/** The turns of a conversation that are being answered. */
function answersOf(c: Conversation, answering: Map<string, AbortController>): Record<string, Turn> {
  return Object.fromEntries(Object.entries(c.turns).filter(([id]) => answering.has(id)));
}

/** What an event changes of an answer. */
export function heard(t: Turn, e: ChatEvent, sinceMs: number): Partial<Turn> {
  switch (e.type) {
    case 'queued':
      return { queued: { position: e.position, etaMs: e.etaMs } };
    case 'usage':
      return { usage: e.usage };
    case 'finish':
      return { finish: e.reason };
    case 'delta': {
      const part: Partial<Turn> = { state: 'running', queued: undefined, firstMs: t.firstMs ?? sinceMs };
      if (e.reasoning) part.reasoning = (t.reasoning ?? '') + e.reasoning;
      if (e.text) part.text = t.text + e.text;
      if (e.text && t.reasoning && t.thinkMs === undefined) part.thinkMs = sinceMs - (t.firstMs ?? 0);
      return part;
    }
  }
}

function name(): string {
  const b = crypto.getRandomValues(new Uint8Array(12));
  return Array.from(b, (x) => x.toString(16).padStart(2, '0')).join('');
}

/** Once per frame where the page is seen; a hidden page has no frames. */
function nextFrame(f: () => void) {
  if (document.visibilityState === 'visible') requestAnimationFrame(f);
  else setTimeout(f, 250);
}
