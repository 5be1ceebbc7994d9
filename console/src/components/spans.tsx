import './spans.css';

/** A stretch of a text, in characters, that is marked with what there is to say about it. */
export type Span = { start: number; end: number; title: string; tone: 'warm' | 'bad'; mark?: string };

/** Cuts a text where marks begin and end; of marks that overlap, the first is shown. */
export function cut(text: string, spans: Span[]): { text: string; span?: Span }[] {
  const chars = [...text];
  const parts: { text: string; span?: Span }[] = [];
  let at = 0;
  for (const s of [...spans].sort((a, b) => a.start - b.start || b.end - a.end)) {
    const start = Math.max(s.start, at);
    const end = Math.min(s.end, chars.length);
    if (end <= start) continue;
    if (start > at) parts.push({ text: chars.slice(at, start).join('') });
    parts.push({ text: chars.slice(start, end).join(''), span: s });
    at = end;
  }
  if (at < chars.length) parts.push({ text: chars.slice(at).join('') });
  return parts;
}

/** A text with marked stretches. */
export function Spans({ text, spans }: { text: string; spans: Span[] }) {
  return (
    <p className="spans">
      {cut(text, spans).map((p, i) =>
        p.span ? (
          // biome-ignore lint/suspicious/noArrayIndexKey: a part is its place in the text
          <mark key={i} className={`span-${p.span.tone}`} title={p.span.title}>
            {p.text}
            {p.span.mark && <sup>{p.span.mark}</sup>}
          </mark>
        ) : (
          p.text
        ),
      )}
    </p>
  );
}
