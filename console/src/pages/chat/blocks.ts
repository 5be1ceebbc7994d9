// Cuts Markdown into blocks that are drawn one by one, so that a stream redraws only the
// last. A block that is finished never changes: what comes later is cut the same.

const fence = /^ {0,3}(`{3,}|~{3,})/;
const inList = /^ {0,3}(?:[-*+]|\d{1,9}[.)])(?:\s|$)/;

/** Cuts at blank lines outside of code, formulas and lists. The blocks joined are the text. */
export function blocks(text: string): string[] {
  const cutter = new Cutter();
  cutter.feed(text);
  return cutter.all();
}

/** Cuts a text that grows; finished blocks are not looked at again. */
export class Cutter {
  private done: string[] = [];
  private taken = 0; // of the text, by finished blocks

  private text = '';

  /** Takes the whole text so far. One that does not begin as the last did starts anew. */
  feed(text: string) {
    if (!text.startsWith(this.text.slice(0, 64)) || text.length < this.text.length) {
      this.done = [];
      this.taken = 0;
    }
    this.text = text;
    for (let end = this.next(); end > 0; end = this.next()) {
      this.done.push(text.slice(this.taken, end));
      this.taken = end;
    }
  }

  all(): string[] {
    return this.taken < this.text.length ? [...this.done, this.text.slice(this.taken)] : this.done;
  }

  /** Where the block that begins at taken ends, once a line is there that begins another; else 0. */
  private next(): number {
    let open = ''; // of a fence or a formula
    let blank = false;
    let list = false;
    for (let at = this.taken; at < this.text.length; ) {
      const nl = this.text.indexOf('\n', at);
      if (nl < 0) return 0; // a line is looked at once it is whole
      const line = this.text.slice(at, nl).replace(/\r$/, '');
      if (open) {
        if (closes(open, line)) open = '';
      } else if (line.trim() === '') {
        blank = at > this.taken;
      } else {
        const starts = blank && !/^(?: {2,}|\t)/.test(line) && !(list && inList.test(line));
        if (starts) return at;
        blank = false;
        if (inList.test(line)) list = true;
        open = fence.exec(line)?.[1] ?? (/^\s*(?:\$\$|\\\[)\s*$/.test(line) ? line.trim() : '');
      }
      at = nl + 1;
    }
    return 0;
  }
}

function closes(open: string, line: string): boolean {
  const t = line.trim();
  if (open === '$$') return t.endsWith('$$');
  if (open === '\\[') return t.endsWith('\\]');
  return t.length >= open.length && [...t].every((c) => c === open[0]);
}
