import { describe, expect, it } from 'vitest';
import '../../i18n';
import { zip } from '../../lib/zip';
import { limits, readFiles, wordText } from './attach';
import { parts } from './docx';
import { messages } from './tree';

const file = (name: string, ...content: BlobPart[]) => new File(content, name);

describe('files', () => {
  it('are taken in either coding, a newer one in the place of one of its name', async () => {
    const gb = new Uint8Array([0xc4, 0xe3, 0xba, 0xc3]);
    const { files, wrong } = await readFiles([file('a.txt', '你好'), file('b.csv', gb), file('a.txt', 'new')], []);
    expect(wrong).toEqual([]);
    expect(files).toEqual([
      { name: 'b.csv', text: '你好' },
      { name: 'a.txt', text: 'new' },
    ]);
  });

  it('that can’t be taken are told, one by one', async () => {
    const six = ['1', '2', '3', '4', '5', '6'].map((n) => file(`${n}.txt`, 'x'));
    expect((await readFiles(six, [])).wrong.length).toBe(1);
    const { files, wrong } = await readFiles(
      [
        file('p.png', new Uint8Array([0x89, 0x50, 0, 1])),
        file('w.docx', 'no archive'),
        file('e.txt', '  '),
        file('l.txt', 'x'.repeat(limits.chars + 1)),
        file('ok.md', '# x'),
      ],
      [],
    );
    expect([files.length, wrong.length]).toEqual([1, 4]);
  });

  it('of Word are read back as they were written', async () => {
    const c = {
      id: 'c',
      title: 'T',
      created: 0,
      updated: 0,
      leaf: 'u',
      turns: { u: { id: 'u', parent: null, role: 'user' as const, text: '甲乙\n丙 <丁>', at: 1 } },
    };
    const made = zip(parts(c, { title: 'T', you: '我', label: 'AI', exported: 'now' }));
    expect(await wordText(made.buffer)).toContain('甲乙\n丙 <丁>');
    for (let cut = 0; cut < made.length; cut += 97) await expect(wordText(made.slice(0, cut).buffer as ArrayBuffer)).rejects.toThrow();
  });

  it('go to the model after what is said, by name', () => {
    const said = messages([{ id: 'u', parent: null, role: 'user', text: 'q', at: 1, files: [{ name: 'a">.txt', text: 'x' }] }]);
    expect(said[0]?.content).toBe('q\n\n<file name="a  .txt">\nx\n</file>');
  });
});
