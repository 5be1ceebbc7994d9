// What a streamed answer says, out of server-sent events.

import { ask } from './client';
import { Problem } from './problem';

export type Usage = { prompt_tokens: number; completion_tokens: number; completion_tokens_details?: { reasoning_tokens?: number } };

export type ChatEvent =
  | { type: 'queued'; position: number; etaMs?: number }
  | { type: 'delta'; text: string; reasoning: string }
  | { type: 'usage'; usage: Usage }
  | { type: 'finish'; reason: string };

export type Message = { role: 'system' | 'user' | 'assistant'; content: string };

/** Limits a line of the stream, so that a server gone wrong can't fill the memory. */
const lineCharsMax = 4 << 20;

/** Cuts a stream of text into lines, wherever its pieces end. */
export class Lines {
  private rest = '';

  push(piece: string): string[] {
    const lines = (this.rest + piece).split(/\r\n|\n|\r(?!$)/);
    this.rest = lines.pop() ?? '';
    if (this.rest.length > lineCharsMax) throw Problem.from(0, null);
    return lines;
  }
}

/** A time such as 1m30s or 800ms, in milliseconds. */
export function duration(text: string): number | undefined {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|h|m|s)/g)];
  if (parts.length === 0) return undefined;
  const unit: Record<string, number> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 };
  return parts.reduce((sum, [, n, u]) => sum + Number(n) * (unit[u ?? ''] ?? 0), 0);
}

/** What a line means, 'done' at the end; undefined for what says nothing. */
export function read(line: string): ChatEvent[] | 'done' {
  if (line.startsWith(':')) {
    const place = /^:\s*queued\b.*?\bposition=(\d+)(?:.*?\beta=(\S+))?/.exec(line);
    return place ? [{ type: 'queued', position: Number(place[1]), etaMs: place[2] ? duration(place[2]) : undefined }] : [];
  }
  if (!line.startsWith('data:')) return [];
  const data = line.slice(5).trim();
  if (data === '[DONE]') return 'done';
  const chunk = JSON.parse(data);
  if (chunk.error) throw Problem.from(200, chunk);
  const events: ChatEvent[] = [];
  const choice = chunk.choices?.[0];
  const text = choice?.delta?.content ?? '';
  const reasoning = choice?.delta?.reasoning_content ?? '';
  if (text || reasoning) events.push({ type: 'delta', text, reasoning });
  if (choice?.finish_reason) events.push({ type: 'finish', reason: choice.finish_reason });
  if (chunk.usage) events.push({ type: 'usage', usage: chunk.usage });
  return events;
}

/** Sends JSON and yields the lines of the stream that comes of it. One that ends before whoever reads has seen its end is a Problem. */
export async function* streamed(path: string, body: unknown, signal: AbortSignal): AsyncGenerator<string> {
  const response = await ask(path, { method: 'POST', body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' }, signal });
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  const decoder = new TextDecoder();
  const lines = new Lines();
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((e: unknown) => {
        throw signal.aborted ? e : Problem.offline();
      });
      if (done) throw Problem.offline();
      yield* lines.push(decoder.decode(value, { stream: true }));
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

/** Asks a model and yields what comes. */
export async function* chat(model: string, messages: Message[], signal: AbortSignal): AsyncGenerator<ChatEvent> {
  const body = { model, messages, stream: true, stream_options: { include_usage: true } };
  for await (const line of streamed('v1/chat/completions', body, signal)) {
    const events = read(line);
    if (events === 'done') return;
    yield* events;
  }
}
