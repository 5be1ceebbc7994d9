import { useEffect, useState } from 'react';
import { ask } from './client';
import { Lines } from './events';
import { Problem } from './problem';

/** What a feed has told last; live while it is connected. */
export type Fed<T> = { data?: T; error: Problem | null; live: boolean };

// After a break a feed is asked for again, sooner or later.
const againMin = 1000;
const againMax = 15_000;

/** Follows server-sent events; yields the state in each. */
export async function* follow<T>(path: string, signal: AbortSignal): AsyncGenerator<T> {
  const response = await ask(path, { signal, headers: { Accept: 'text/event-stream' } });
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  const decoder = new TextDecoder();
  const lines = new Lines();
  let event = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      for (const line of lines.push(decoder.decode(value, { stream: true }))) {
        if (line.startsWith('event:')) event = line.slice(6).trim();
        if (!line.startsWith('data:')) continue;
        const data = JSON.parse(line.slice(5));
        if (event === 'error') throw Problem.from(200, data);
        yield data as T;
      }
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

const pause = (ms: number, signal: AbortSignal) =>
  new Promise<void>((done) => {
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      done();
    });
  });

/** The state of something as it changes, for as long as it is looked at. */
export function useFeed<T>(path: string): Fed<T> & { retry(): void } {
  const [fed, setFed] = useState<Fed<T>>({ error: null, live: false });
  const [tries, setTries] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another try is another feed
  useEffect(() => {
    const stop = new AbortController();
    const run = async () => {
      for (let wait = againMin; !stop.signal.aborted; wait = Math.min(againMax, wait * 2)) {
        try {
          for await (const data of follow<T>(path, stop.signal)) {
            wait = againMin;
            setFed({ data, error: null, live: true });
          }
        } catch (e) {
          if (stop.signal.aborted) return;
          const p = e instanceof Problem ? e : Problem.offline();
          setFed((before) => ({ data: before.data, error: p, live: false }));
          if (p.status >= 400 && p.status < 500) return; // asking again would not help
        }
        if (stop.signal.aborted) return;
        setFed((before) => ({ ...before, live: false }));
        await pause(wait, stop.signal);
      }
    };
    void run();
    return () => stop.abort();
  }, [path, tries]);
  return { ...fed, retry: () => setTries(tries + 1) };
}
