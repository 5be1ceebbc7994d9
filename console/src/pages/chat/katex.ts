import katex from 'katex';
import 'katex/dist/katex.min.css';

/** Sets a formula into an element. trust is off: a formula makes no links and loads nothing. */
export function typeset(tex: string, into: HTMLElement, displayMode: boolean) {
  const box = document.createElement('span');
  try {
    katex.render(tex, box, {
      displayMode,
      throwOnError: true,
      trust: false,
      strict: 'ignore',
      maxSize: 20,
      maxExpand: 500,
      output: 'htmlAndMathml',
    });
    into.replaceChildren(box);
  } catch {
    into.textContent = tex;
  }
}
