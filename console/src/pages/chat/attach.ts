// Texts out of files: what can be read as text, and the words of Word documents.

import i18n from '../../i18n';
import '../../i18n/later';
import { decode } from '../../lib/text';
import type { Attached } from './tree';

export const limits = { files: 5, fileBytes: 8 << 20, chars: 200_000, unpackedBytes: 32 << 20 };

/** A reason not to take a file, in words. */
class Wrong extends Error {}

/** The files there were and those that can be taken, and why the others can't. */
export async function readFiles(list: File[], before: Attached[]): Promise<{ files: Attached[]; wrong: string[] }> {
  let files = before;
  const wrong: string[] = [];
  for (const f of list) {
    try {
      const others = files.filter((x) => x.name !== f.name);
      if (others.length >= limits.files) throw new Wrong(i18n.t('attach.tooMany', { n: limits.files }));
      files = [...others, await readFile(f, limits.chars - others.reduce((n, x) => n + x.text.length, 0))];
    } catch (e) {
      wrong.push(e instanceof Wrong ? e.message : i18n.t('attach.damaged', { name: f.name }));
    }
  }
  return { files, wrong };
}

async function readFile(f: File, charsLeft: number): Promise<Attached> {
  const { name } = f;
  if (f.size > limits.fileBytes) throw new Wrong(i18n.t('attach.tooBig', { name, n: limits.fileBytes >> 20 }));
  const bytes = await f.arrayBuffer();
  const text = /\.docx$/i.test(name) ? await wordText(bytes) : decode(bytes);
  if (text === undefined) throw new Wrong(i18n.t('attach.noText', { name }));
  if (!text.trim()) throw new Wrong(i18n.t('attach.empty', { name }));
  if (text.length > charsLeft) throw new Wrong(i18n.t('attach.tooLong', { name, n: limits.chars }));
  return { name, text };
}

/** The words of a Word document, a paragraph a line, cells parted by tabs. */
export async function wordText(bytes: ArrayBuffer): Promise<string> {
  const part = await unpack(new DataView(bytes), 'word/document.xml');
  const doc = new DOMParser().parseFromString(new TextDecoder().decode(part), 'application/xml');
  if (doc.querySelector('parsererror')) throw new Error('no XML');
  const lines: string[] = [];
  let line = '';
  const walk = (node: Element) => {
    const kind = node.localName ?? node.nodeName.replace(/^.*:/, '');
    if (kind === 't') line += node.textContent ?? '';
    else if (kind === 'tab') line += '\t';
    else if (kind === 'br' || kind === 'cr') line += '\n';
    for (const child of Array.from(node.children)) walk(child);
    if (kind === 'p') {
      lines.push(line);
      line = '';
    }
  };
  walk(doc.documentElement);
  return lines.join('\n').trim();
}

/** One file out of an archive. */
async function unpack(z: DataView, wanted: string): Promise<Uint8Array> {
  let end = z.byteLength - 22;
  while (end >= 0 && z.getUint32(end, true) !== 0x06054b50) end--;
  if (end < 0) throw new Error('no archive');
  let at = z.getUint32(end + 16, true);
  for (let n = z.getUint16(end + 10, true); n > 0; n--) {
    if (z.getUint32(at, true) !== 0x02014b50) throw new Error('no directory');
    const [nameSize, extra, comment] = [28, 30, 32].map((o) => z.getUint16(at + o, true)) as [number, number, number];
    const name = new TextDecoder().decode(new Uint8Array(z.buffer, at + 46, nameSize));
    if (name === wanted) return inflate(z, at);
    at += 46 + nameSize + extra + comment;
  }
  throw new Error('no such part');
}

async function inflate(z: DataView, entry: number): Promise<Uint8Array> {
  const method = z.getUint16(entry + 10, true);
  const packed = z.getUint32(entry + 20, true);
  const local = z.getUint32(entry + 42, true);
  const body = new Uint8Array(z.buffer, local + 30 + z.getUint16(local + 26, true) + z.getUint16(local + 28, true), packed);
  if (method === 0) return body;
  if (typeof DecompressionStream === 'undefined') throw new Wrong(i18n.t('attach.oldBrowser'));
  const reader = new Blob([body as Uint8Array<ArrayBuffer>]).stream().pipeThrough(new DecompressionStream('deflate-raw')).getReader();
  const parts: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.length;
    if (size > limits.unpackedBytes) throw new Error('too large');
    parts.push(value);
  }
  const out = new Uint8Array(size);
  let at = 0;
  for (const p of parts) {
    out.set(p, at);
    at += p.length;
  }
  return out;
}
