import { describe, expect, it } from 'vitest';
import { crc32, zip } from '../../lib/zip';
import { parts } from './docx';
import type { Conversation } from './tree';

const talk = (text: string): Conversation => ({
  id: 'c1',
  title: '题 <&> "x"',
  created: 0,
  updated: 0,
  leaf: 'a',
  turns: {
    u: { id: 'u', parent: null, role: 'user', text: '问\u0000题 ]]> \ud800', at: 1 },
    a: { id: 'a', parent: 'u', role: 'assistant', text, at: 2, model: 'm' },
  },
});
const words = { title: 't', you: '你', label: '由人工智能生成', exported: '今天' };

describe('a conversation as a document', () => {
  it('is well-formed whatever was said', () => {
    for (const text of [
      '# H\n\n**b** *i* `c<d>` [l](https://x.example/?a&b)\n\n- 一\n  - 二\n    1. 三\n\n| a | b |\n|---|---|\n| 1 | <2> |\n\n```js\nlet a = "<b>";\n```\n\n> 引\n\n---\n\n<script>x</script>\n\n![p](https://x.example/a.png)',
      '- \n- - - x\n\n1.\n',
      '<![CDATA[ & &amp; &bogus; ]]>',
    ]) {
      for (const [name, part] of Object.entries(parts(talk(text), words))) {
        const doc = new DOMParser().parseFromString(part.replace(/^<\?xml[^>]*\?>\n/, ''), 'application/xml');
        expect(doc.querySelector('parsererror'), `${name} of ${text}`).toBeNull();
      }
    }
  });

  it('says that a model made it, to people and to programs', () => {
    const p = parts(talk('答'), words);
    expect(p['word/document.xml']).toContain('由人工智能生成');
    expect(p['docProps/custom.xml']).toContain('name="AIGC"');
    expect(p['docProps/custom.xml']).toContain('&quot;Label&quot;:&quot;1&quot;');
  });
});

describe('an archive', () => {
  it('has the checksum that others compute', () => {
    expect(crc32(new TextEncoder().encode('123456789'))).toBe(0xcbf43926);
  });

  it('ends with the number of its files', () => {
    const z = zip({ 'a.txt': 'x', 'b.txt': 'yy' });
    const end = new DataView(z.buffer, z.length - 22);
    expect([end.getUint32(0, true), end.getUint16(10, true)]).toEqual([0x06054b50, 2]);
  });
});
