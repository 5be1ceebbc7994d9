import type { MarkedExtension, TokenizerAndRendererExtension, Tokens } from 'marked';
import { useEffect, useRef } from 'react';

// Formulas as models write them: \( \), \[ \], $$ $$, and $ $ where it can't be money.
const inline = /^(?:\\\(([^\n]+?)\\\)|\\\[([^\n]+?)\\\]|\$\$([^\n$]+?)\$\$|\$(?![\s$])((?:\\.|[^\\\n$])+?)(?<=[^\s])\$(?![\d$]))/;
const display = /^ {0,3}(?:\$\$[ \t]*\n?([\s\S]+?)\n?[ \t]*\$\$|\\\[[ \t]*\n?([\s\S]+?)\n?[ \t]*\\\])[ \t]*(?:\n|$)/;

/** Limits what is handed to the typesetter. */
const charsMax = 10_000;

const attribute = (s: string) => s.replace(/&/g, '&amp;').replace(/"/g, '&quot;').replace(/</g, '&lt;').replace(/>/g, '&gt;');

const written = (token: Tokens.Generic) =>
  `<hearth-math data-tex="${attribute(token.text)}" data-display="${token.display ? 1 : 0}"></hearth-math>${token.block ? '\n' : ''}`;

const inlineMath: TokenizerAndRendererExtension = {
  name: 'inlineMath',
  level: 'inline',
  start: (src) => {
    const at = src.search(/\$|\\[([]/);
    return at < 0 ? undefined : at;
  },
  tokenizer(src) {
    const m = inline.exec(src);
    const text = m?.slice(1).find((x) => x !== undefined);
    if (!m || !text || text.length > charsMax) return undefined;
    return { type: 'inlineMath', raw: m[0], text: text.trim(), display: m[2] !== undefined || m[3] !== undefined, block: false };
  },
  renderer: written,
};

const blockMath: TokenizerAndRendererExtension = {
  name: 'blockMath',
  level: 'block',
  start: (src) => {
    const at = src.search(/^ {0,3}(?:\$\$|\\\[)/m);
    return at < 0 ? undefined : at;
  },
  tokenizer(src) {
    const m = display.exec(src);
    const text = m?.[1] ?? m?.[2];
    if (!m || !text || text.length > charsMax) return undefined;
    return { type: 'blockMath', raw: m[0], text: text.trim(), display: true, block: true };
  },
  renderer: written,
};

export const formulas: MarkedExtension = { extensions: [blockMath, inlineMath] };

/** A formula. The typesetter is fetched with the first one; until then, and for what it can't read, the source is shown. */
export function Formula(props: { domNode?: unknown; 'data-tex'?: string; 'data-display'?: string }) {
  const tex = props['data-tex'] ?? '';
  const block = props['data-display'] === '1';
  const at = useRef<HTMLSpanElement>(null);
  useEffect(() => {
    let gone = false;
    void import('./katex').then(({ typeset }) => {
      if (!gone && at.current) typeset(tex, at.current, block);
    });
    return () => {
      gone = true;
    };
  }, [tex, block]);
  return (
    <span key={tex} ref={at} className={block ? 'formula formula-block' : 'formula'}>
      {tex}
    </span>
  );
}
