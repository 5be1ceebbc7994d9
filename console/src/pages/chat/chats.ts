// All conversations and the answers under way, for as long as the page is open: whoever
// looks at another conversation does not stop an answer.

import { type ChatEvent, chat, type Message } from '../../api/events';
import { Problem } from '../../api/problem';
import type { Storage } from './storage';
import { add, type Conversation, change, messages, path, settled, show, type Turn, titleOf } from './tree';

type Ask = (model: string, messages: Message[], signal: AbortSignal) => AsyncGenerator<ChatEvent>;

/** How often an answer under way is saved. */
const saveEveryMs = 2000;

export class Chats {
  private all = new Map<string, Conversation>();
  private answering = new Map<string, AbortController>(); // by turn
  private listeners = new Set<() => void>();
  private pending = new Map<string, Conversation>(); // changes not shown yet
  private removed = new Map<string, Conversation>();
  private sorted: Conversation[] = [];
  trouble: string | null = null; // why the last change was not saved

  constructor(
    private storage: Storage,
    private ask: Ask = chat,
    private frame: (f: () => void) => void = nextFrame,
  ) {}

  async open() {
    for (const c of await this.storage.list()) this.all.set(c.id, settled(c));
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
  send(id: string | undefined, model: string, text: string): string {
    const now = Date.now();
    const c = (id && this.all.get(id)) || { id: name(), title: titleOf(text), created: now, updated: now, turns: {}, leaf: null };
    const said: Turn = { id: name(), parent: c.leaf, role: 'user', text, at: now };
    this.answer({ ...add(c, said), model }, model);
    return c.id;
  }

  /** Says something else in place of a turn, on a branch of its own. */
  edit(c: Conversation, turn: Turn, model: string, text: string) {
    const said: Turn = { id: name(), parent: turn.parent, role: 'user', text, at: Date.now() };
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

  rename(c: Conversation, title: string) {
    this.keep({ ...c, title, named: true });
  }

  /** Takes a conversation out of sight; restore brings it back while the page is open. */
  remove(c: Conversation) {
    this.stop(c);
    this.all.delete(c.id);
    this.removed.set(c.id, c);
    void this.saved(this.storage.remove(c.id));
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
    const c = this.all.get(id);
    if (c) void this.saved(this.storage.put(c));
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
