// A conversation as a document of Office Open XML (ECMA-376), with the label of AI-made
// content where people see it and where programs look for it (GB 45438-2025).

import { lexer, type Token, type Tokens } from 'marked';
import { zip } from '../../lib/zip';
import { type Conversation, path } from './tree';

export type Labels = { title: string; you: string; label: string; exported: string };

const special: Record<string, string> = { '<': '&lt;', '>': '&gt;', '&': '&amp;', '"': '&quot;' };

/** What XML can hold. */
const holds = (c: number) => c === 9 || c === 10 || c === 13 || (c >= 0x20 && c <= 0xd7ff) || (c >= 0xe000 && c <= 0xfffd) || c >= 0x10000;

/** Text as XML has it: without what XML can't hold. */
export const xml = (s: string) => Array.from(s, (c) => (holds(c.codePointAt(0) ?? 0) ? (special[c] ?? c) : '')).join('');

type Look = { bold?: boolean; italic?: boolean; code?: boolean };

const run = (text: string, look: Look = {}) => {
  const props = `${look.bold ? '<w:b/>' : ''}${look.italic ? '<w:i/>' : ''}${look.code ? '<w:rFonts w:ascii="Consolas" w:hAnsi="Consolas"/>' : ''}`;
  const lines = text.split('\n').map((l) => `<w:t xml:space="preserve">${xml(l)}</w:t>`);
  return `<w:r>${props ? `<w:rPr>${props}</w:rPr>` : ''}${lines.join('<w:br/>')}</w:r>`;
};

const paragraph = (runs: string, style = '', indent = 0) => {
  const props = `${style ? `<w:pStyle w:val="${style}"/>` : ''}${indent ? `<w:ind w:left="${indent}"/>` : ''}`;
  return `<w:p>${props ? `<w:pPr>${props}</w:pPr>` : ''}${runs}</w:p>`;
};

function inline(tokens: Token[] | undefined, look: Look = {}): string {
  return (tokens ?? [])
    .map((t) => {
      if (t.type === 'strong') return inline(t.tokens, { ...look, bold: true });
      if (t.type === 'em') return inline(t.tokens, { ...look, italic: true });
      if (t.type === 'codespan') return run(t.text, { ...look, code: true });
      if (t.type === 'br') return '<w:r><w:br/></w:r>';
      if (t.type === 'link') return inline(t.tokens, look) + (t.text === t.href ? '' : run(` (${t.href})`, look));
      if (t.type === 'image') return run(t.text || t.href, look);
      if ('tokens' in t && t.tokens) return inline(t.tokens, look);
      return run(t.type === 'html' ? t.raw : 'text' in t ? String(t.text) : t.raw, look);
    })
    .join('');
}

/** How deep lists are indented at most. */
const depthMax = 8;

function block(t: Token, depth = 0): string {
  switch (t.type) {
    case 'space':
      return '';
    case 'heading':
      return paragraph(inline(t.tokens, { bold: true }));
    case 'code':
      return paragraph(run(t.text, { code: true }), 'Code');
    case 'blockquote':
      return (t.tokens ?? []).map((x: Token) => block(x, depth + 1)).join('');
    case 'hr':
      return paragraph(run('———'));
    case 'list':
      return list(t as Tokens.List, depth);
    case 'table':
      return tableOf(t as Tokens.Table);
    default:
      return paragraph('tokens' in t && t.tokens ? inline(t.tokens) : run(t.raw.trimEnd()), '', Math.min(depth, depthMax) * 360);
  }
}

function list(t: Tokens.List, depth: number): string {
  return t.items
    .map((item, i) => {
      const mark = t.ordered ? `${(Number(t.start) || 1) + i}. ` : '• ';
      const [first, ...rest] = item.tokens;
      const said =
        first && 'tokens' in first && first.type !== 'list' ? inline(first.tokens) : run(first && first.type !== 'list' ? first.raw : '');
      const after = first?.type === 'list' ? item.tokens : rest;
      return paragraph(run(mark) + said, '', (Math.min(depth, depthMax) + 1) * 360) + after.map((x) => block(x, depth + 1)).join('');
    })
    .join('');
}

function tableOf(t: Tokens.Table): string {
  const cell = (c: Tokens.TableCell, bold: boolean) => `<w:tc><w:tcPr/>${paragraph(inline(c.tokens, { bold }))}</w:tc>`;
  const row = (cells: Tokens.TableCell[], bold = false) => `<w:tr>${cells.map((c) => cell(c, bold)).join('')}</w:tr>`;
  const edge = ['top', 'left', 'bottom', 'right', 'insideH', 'insideV']
    .map((e) => `<w:${e} w:val="single" w:sz="4" w:color="AAAAAA"/>`)
    .join('');
  return `<w:tbl><w:tblPr><w:tblBorders>${edge}</w:tblBorders></w:tblPr>${row(t.header, true)}${t.rows.map((r) => row(r)).join('')}</w:tbl>${paragraph('')}`;
}

const heading = (id: string, size: number) =>
  `<w:style w:type="paragraph" w:styleId="${id}"><w:name w:val="${id === 'Title' ? 'Title' : 'heading 1'}"/><w:pPr><w:spacing w:before="240" w:after="120"/></w:pPr><w:rPr><w:b/><w:sz w:val="${size}"/></w:rPr></w:style>`;

const styles = `<w:styles xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:docDefaults><w:rPrDefault><w:rPr><w:rFonts w:ascii="Calibri" w:hAnsi="Calibri" w:eastAsia="SimSun"/><w:sz w:val="22"/></w:rPr></w:rPrDefault><w:pPrDefault><w:pPr><w:spacing w:after="120" w:line="300" w:lineRule="auto"/></w:pPr></w:pPrDefault></w:docDefaults>${heading('Title', 36)}${heading('Heading1', 26)}<w:style w:type="paragraph" w:styleId="Code"><w:name w:val="Code"/><w:pPr><w:shd w:val="clear" w:fill="F4EEE5"/></w:pPr><w:rPr><w:sz w:val="20"/></w:rPr></w:style></w:styles>`;

const head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';

/** The parts of the document, by name. */
export function parts(c: Conversation, words: Labels): Record<string, string> {
  const said = path(c).flatMap((t) => [
    paragraph(run(t.role === 'user' ? words.you : (t.model ?? 'AI')), 'Heading1'),
    ...(t.role === 'user' ? [paragraph(run(t.text))] : lexer(t.text).map((x) => block(x))),
  ]);
  const label = paragraph(run(words.label, { bold: true })) + paragraph(run(words.exported));
  const aigc = JSON.stringify({ Label: '1', ContentProducer: 'hearth', ProduceID: c.id });
  const types = 'http://schemas.openxmlformats.org/package/2006';
  const office = 'http://schemas.openxmlformats.org/officeDocument/2006';
  return {
    '[Content_Types].xml': `${head}<Types xmlns="${types}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/><Override PartName="/word/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.styles+xml"/><Override PartName="/docProps/custom.xml" ContentType="application/vnd.openxmlformats-officedocument.custom-properties+xml"/></Types>`,
    '_rels/.rels': `${head}<Relationships xmlns="${types}/relationships"><Relationship Id="r1" Type="${office}/relationships/officeDocument" Target="word/document.xml"/><Relationship Id="r2" Type="${office}/relationships/custom-properties" Target="docProps/custom.xml"/></Relationships>`,
    'word/_rels/document.xml.rels': `${head}<Relationships xmlns="${types}/relationships"><Relationship Id="r1" Type="${office}/relationships/styles" Target="styles.xml"/></Relationships>`,
    'word/styles.xml': head + styles,
    'word/document.xml': `${head}<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>${paragraph(run(c.title || words.title), 'Title')}${label}${said.join('')}<w:sectPr/></w:body></w:document>`,
    'docProps/custom.xml': `${head}<Properties xmlns="${office}/custom-properties" xmlns:vt="${office}/docPropsVTypes"><property fmtid="{D5CDD505-2E9C-101B-9397-08002B2CF9AE}" pid="2" name="AIGC"><vt:lpwstr>${xml(aigc)}</vt:lpwstr></property></Properties>`,
  };
}

export const docx = (c: Conversation, words: Labels) =>
  new Blob([zip(parts(c, words))], { type: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document' });
