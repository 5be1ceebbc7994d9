import XMarkdown, { type XMarkdownProps } from '@ant-design/x-markdown';
import type { MarkedExtension } from 'marked';
import { memo, type ReactNode, useMemo, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { Copy } from '../../components/copy';
import { Cutter } from './blocks';
import { Formula, formulas } from './formulas';

/** The only addresses an answer may link to. */
const harmless = /^(?:https?:\/\/|mailto:)/i;

function Anchor({ href, children }: { href?: string; children?: ReactNode }) {
  if (!href || !harmless.test(href)) return <span>{children}</span>;
  return (
    <a href={href} target="_blank" rel="noopener noreferrer nofollow" title={href}>
      {children}
    </a>
  );
}

/** A picture elsewhere is not loaded: its address could carry away what was said. */
function Picture({ src, alt }: { src?: string; alt?: string }) {
  const { t } = useTranslation();
  if (src && /^data:image\/(?:png|jpeg|gif|webp);base64,/i.test(src)) return <img src={src} alt={alt ?? ''} />;
  return (
    <span className="picture" title={src}>
      {t('chat.image')}
      {alt ? `: ${alt}` : ''}
      {src && harmless.test(src) ? ` (${src})` : ''}
    </span>
  );
}

function textOf(node: ReactNode): string {
  if (typeof node === 'string' || typeof node === 'number') return String(node);
  if (Array.isArray(node)) return node.map(textOf).join('');
  if (node && typeof node === 'object' && 'props' in node) return textOf((node.props as { children?: ReactNode }).children);
  return '';
}

function Code({ children, lang, block }: { children?: ReactNode; lang?: string; block?: boolean }) {
  const { t } = useTranslation();
  if (!block) return <code>{children}</code>;
  const text = textOf(children).replace(/\n$/, '');
  return (
    <div className="code">
      <div className="code-head">
        <span>{lang?.split(/\s/, 1)[0] || t('chat.code')}</span>
        <Copy text={text} />
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard */}
      <pre tabIndex={0}>
        <code>{text}</code>
      </pre>
    </div>
  );
}

function Table({ children }: { children?: ReactNode }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard
    <div className="table" tabIndex={0}>
      <table>{children}</table>
    </div>
  );
}

const Bare = ({ children }: { children?: ReactNode }) => <>{children}</>;
const Nothing = () => null;

const components = {
  a: Anchor,
  img: Picture,
  code: Code,
  pre: Bare,
  table: Table,
  'hearth-math': Formula,
  input: Nothing,
  form: Nothing,
  style: Nothing,
} as XMarkdownProps['components'];

/** What raw HTML would be is shown as the text it is; the sanitiser stands behind that all the same. */
const purify = {
  FORBID_TAGS: [
    'style',
    'form',
    'input',
    'button',
    'textarea',
    'select',
    'iframe',
    'object',
    'embed',
    'svg',
    'math',
    'video',
    'audio',
    'link',
    'meta',
    'base',
  ],
  FORBID_ATTR: ['style', 'class', 'id', 'name', 'srcset', 'action', 'formaction'],
};

const special: Record<string, string> = { '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;', '&': '&amp;' };

/** As marked escapes: entities stay what they are. */
const escapeText = (s: string) => s.replace(/[<>"']|&(?!(?:#\d{1,7}|#x[a-f0-9]{1,6}|\w+);)/gi, (c) => special[c] ?? c);

/** What is said is text, HTML included: the renderer's own leaves text that looks like a tag as it is. */
const config: MarkedExtension = {
  ...formulas,
  gfm: true,
  renderer: {
    html: (token) => escapeText(token.raw),
    text(token) {
      if ('tokens' in token && token.tokens) return this.parser.parseInline(token.tokens);
      return 'escaped' in token && token.escaped ? token.text : escapeText(token.text);
    },
  },
};

const Block = memo(function Block({ text }: { text: string }) {
  return (
    <XMarkdown
      content={text}
      components={components}
      config={config}
      dompurifyConfig={purify}
      escapeRawHtml
      disableDefaultStyles
      paragraphTag="div"
    />
  );
});

/** An answer. While it grows, only its last block is drawn again. */
export const Markdown = memo(function Markdown({ text, growing }: { text: string; growing?: boolean }) {
  const cutter = useRef<Cutter>(undefined);
  const parts = useMemo(() => {
    cutter.current ??= new Cutter();
    cutter.current.feed(text);
    return [...cutter.current.all()];
  }, [text]);
  return (
    <div className={growing ? 'markdown markdown-growing' : 'markdown'}>
      {parts.map((p, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a block is its place in the text
        <Block key={i} text={p} />
      ))}
    </div>
  );
});
