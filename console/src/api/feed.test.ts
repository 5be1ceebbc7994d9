import { afterEach, describe, expect, it, vi } from 'vitest';
import { follow } from './feed';

/** Answers with a stream that comes in these pieces. */
function streams(...pieces: string[]) {
  const text = new TextEncoder();
  vi.stubGlobal('fetch', async () => {
    const body = new ReadableStream({
      start(c) {
        for (const p of pieces) c.enqueue(text.encode(p));
        c.close();
      },
    });
    return new Response(body, { headers: { 'Content-Type': 'text/event-stream' } });
  });
}

async function told(): Promise<unknown[]> {
  const list: unknown[] = [];
  for await (const state of follow('x', new AbortController().signal)) list.push(state);
  return list;
}

describe('a feed', () => {
  afterEach(() => vi.unstubAllGlobals());

  it('tells every state, wherever it is cut', async () => {
    const all = 'event: state\ndata: {"n":1}\n\n: unchanged\n\nevent: state\ndata: {"n":"二"}\n\n';
    for (let at = 1; at < all.length; at++) {
      streams(all.slice(0, at), all.slice(at));
      expect(await told()).toEqual([{ n: 1 }, { n: '二' }]);
    }
  });

  it('tells why it broke off', async () => {
    streams('event: state\ndata: 1\n\nevent: error\ndata: {"error":{"code":"c","message":"gone","remedy":"r"}}\n\n');
    await expect(told()).rejects.toMatchObject({ code: 'c', message: 'gone', remedy: 'r' });
  });
});
