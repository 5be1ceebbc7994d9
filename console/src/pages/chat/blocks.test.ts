import { describe, expect, it } from 'vitest';
import { blocks, Cutter } from './blocks';

const text = `# Title

First paragraph
goes on.

- one

- two

  belongs to two

Paragraph.

\`\`\`python
a = 1

b = 2
\`\`\`

$$
x

y
$$

| a | b |
|---|---|
| 1 | 2 |

~~~
\`\`\`

~~~

> quote

    indented

end
`;

describe('Markdown', () => {
  it('is cut outside of code, formulas and lists', () => {
    expect(blocks(text).map((b) => b.trim().split('\n')[0])).toEqual([
      '# Title',
      'First paragraph',
      '- one',
      'Paragraph.',
      '```python',
      '$$',
      '| a | b |',
      '~~~',
      '> quote',
      'end',
    ]);
  });

  it('is the blocks joined', () => {
    expect(blocks(text).join('')).toBe(text);
    for (const t of ['', '\n', '\n\n\n', 'a', '```\nopen\n\nstill', 'a\r\n\r\nb', '\n\na']) expect(blocks(t).join('')).toBe(t);
  });

  it('that grows never changes a finished block, and is cut as the whole is', () => {
    const cutter = new Cutter();
    let finished: string[] = [];
    for (let n = 0; n <= text.length; n++) {
      cutter.feed(text.slice(0, n));
      const now = cutter.all();
      expect(now.join('')).toBe(text.slice(0, n));
      expect(now.slice(0, finished.length)).toEqual(finished);
      finished = now.slice(0, -1);
    }
    expect(cutter.all()).toEqual(blocks(text));
  });

  it('that is another text is cut anew', () => {
    const cutter = new Cutter();
    cutter.feed('one\n\ntwo\n\nthree');
    cutter.feed('other');
    expect(cutter.all()).toEqual(['other']);
  });

  it('takes time in proportion to its length', () => {
    const looks = (n: number) => {
      const long = 'word word word\n\n'.repeat(n);
      const cutter = new Cutter();
      for (let i = 0; i <= long.length; i += 16) cutter.feed(long.slice(0, i));
      return cutter.all().length;
    };
    expect(looks(400)).toBe(400);
  });
});
