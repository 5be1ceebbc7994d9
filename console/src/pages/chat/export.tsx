import './export.css';
import { createRoot } from 'react-dom/client';
import { save } from '../../lib/save';
import { docx, type Labels } from './docx';
import { Markdown } from './markdown';
import { type Conversation, markdown, path } from './tree';

/** Hands out the shown branch, labelled as the work of a model: as Markdown, for Word, or printed, which is how browsers make PDF. */
export async function saveConversation(c: Conversation, words: Labels, kind: 'md' | 'docx' | 'print') {
  const title = c.title || words.title;
  if (kind === 'md') save(`${title}.md`, new Blob([markdown(c, words)], { type: 'text/markdown;charset=utf-8' }));
  else if (kind === 'docx') save(`${title}.docx`, docx(c, words));
  else await print(c, words);
}

/** How long formulas are given to be set, and pages to be drawn. */
const settleMs = 600;

async function print(c: Conversation, words: Labels) {
  const sheet = document.createElement('div');
  sheet.className = 'printed';
  document.body.append(sheet);
  const root = createRoot(sheet);
  root.render(<Printed c={c} words={words} />);
  await new Promise((r) => setTimeout(r, settleMs));
  const title = document.title;
  document.title = c.title || words.title; // which the file is called by
  document.body.classList.add('printing');
  window.print();
  document.body.classList.remove('printing');
  document.title = title;
  root.unmount();
  sheet.remove();
}

function Printed({ c, words }: { c: Conversation; words: Labels }) {
  return (
    <>
      <h1>{c.title || words.title}</h1>
      <p className="printed-label">
        <b>{words.label}</b>
        <br />
        {words.exported}
      </p>
      {path(c).map((t) => (
        <section key={t.id}>
          <h2>{t.role === 'user' ? words.you : (t.model ?? 'AI')}</h2>
          {t.role === 'user' ? <p className="printed-said">{t.text}</p> : <Markdown text={t.text} />}
        </section>
      ))}
      <p className="printed-label">{words.label}</p>
    </>
  );
}
