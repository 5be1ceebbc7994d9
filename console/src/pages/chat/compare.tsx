import '../../i18n/later';
import './compare.css';
import { useNavigate } from '@tanstack/react-router';
import { Alert, Button, Select } from 'antd';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { chat } from '../../api/events';
import { useOffered } from '../../api/models';
import { Problem } from '../../api/problem';
import { useWide } from '../../app/wide';
import { Nothing, Shown } from '../../components/states';
import { heard } from './chats';
import { Composer } from './composer';
import { useChats } from './context';
import { Markdown } from './markdown';
import { Queue } from './queue';
import { type Attached, messages, type Turn } from './tree';
import { Figures } from './turn';

/** How many models answer side by side at most: more do not fit a screen. */
const columnsMax = 4;

/** Asks several models the same, side by side. What is said here is not kept until one goes on with one of them. */
export function Compare() {
  const { t } = useTranslation();
  const offered = useOffered();
  return (
    <Shown query={offered}>
      {(list) =>
        list.length < 2 ? <Nothing title={t('compare.few')} hint={t('compare.fewHint')} /> : <Columns models={list.map((m) => m.id)} />
      }
    </Shown>
  );
}

/** What was said and answered, by model. */
type Talks = Record<string, Turn[]>;

function Columns({ models }: { models: string[] }) {
  const { t } = useTranslation();
  const wide = useWide();
  const [chosen, setChosen] = useState(models.slice(0, 2));
  const [talks, setTalks] = useState<Talks>({});
  const [busy, setBusy] = useState(false);
  const stop = useRef<AbortController>(undefined);
  useEffect(() => () => stop.current?.abort(), []);
  const send = async (text: string, files: Attached[]) => {
    const control = new AbortController();
    stop.current = control;
    setBusy(true);
    await Promise.all(
      chosen.map((m) => answer(m, talks[m] ?? [], text, files, control.signal, (turns) => setTalks((all) => ({ ...all, [m]: turns })))),
    );
    if (stop.current === control) setBusy(false);
  };
  return (
    <div className="chat compare">
      <div className="chat-head compare-head">
        <b>{t('compare.title')}</b>
        <Select
          mode="multiple"
          value={chosen}
          maxCount={columnsMax}
          disabled={busy}
          aria-label={t('compare.models')}
          onChange={setChosen}
          options={models.map((m) => ({ value: m, label: m }))}
        />
      </div>
      <div className="columns">
        {chosen.map((m) => (
          <Column key={m} model={m} turns={talks[m] ?? []} busy={busy} />
        ))}
        {chosen.length === 0 && <p className="quiet">{t('compare.choose')}</p>}
      </div>
      <div className="composer">
        <Composer
          busy={busy || chosen.length === 0}
          short={!wide}
          onSend={(text, files) => void send(text.trim(), files)}
          onStop={() => stop.current?.abort()}
          onUp={() => {}}
        />
        <p className="quiet composer-hint">{t('compare.hint')}</p>
      </div>
    </div>
  );
}

let made = 0;

/** Has one model answer, and shows how far it is once per frame. */
async function answer(model: string, before: Turn[], text: string, files: Attached[], signal: AbortSignal, show: (turns: Turn[]) => void) {
  const said: Turn = {
    id: `c${made++}`,
    parent: before.at(-1)?.id ?? null,
    role: 'user',
    text,
    at: Date.now(),
    ...(files.length > 0 && { files }),
  };
  let turn: Turn = { id: `c${made++}`, parent: said.id, role: 'assistant', text: '', at: Date.now(), model, state: 'waiting' };
  const begun = performance.now();
  const since = () => Math.round(performance.now() - begun);
  let frame = 0;
  const later = () => {
    frame ||= requestAnimationFrame(() => {
      frame = 0;
      show([...before, said, turn]);
    });
  };
  show([...before, said, turn]);
  try {
    for await (const e of chat(model, messages([...before, said]), signal)) {
      turn = { ...turn, ...heard(turn, e, since()) };
      later();
    }
    turn = { ...turn, state: 'done', tookMs: since() };
  } catch (e) {
    const told = signal.aborted ? undefined : Problem.any(e);
    turn = {
      ...turn,
      state: told ? 'failed' : 'stopped',
      tookMs: since(),
      queued: undefined,
      problem: told && { code: told.code, message: told.message, remedy: told.remedy },
    };
  }
  cancelAnimationFrame(frame);
  show([...before, said, turn]);
}

function Column({ model, turns, busy }: { model: string; turns: Turn[]; busy: boolean }) {
  const { t } = useTranslation();
  const chats = useChats();
  const navigate = useNavigate();
  const goOn = () => {
    const id = chats.begin(model, turns);
    void navigate({ to: '/chat/$id', params: { id } });
  };
  return (
    <section className="column" aria-label={model}>
      <header>
        <b>{model}</b>
        {turns.length > 0 && (
          <Button size="small" disabled={busy} onClick={goOn}>
            {t('compare.goOn')}
          </Button>
        )}
      </header>
      {turns.map((turn) =>
        turn.role === 'user' ? (
          <div key={turn.id} className="said">
            {turn.text}
          </div>
        ) : (
          <div key={turn.id} className="answer" aria-busy={turn.state === 'waiting' || turn.state === 'running'}>
            {turn.state === 'waiting' && <Queue turn={turn} />}
            {turn.text && <Markdown text={turn.text} growing={turn.state === 'running'} />}
            {turn.problem && <Alert type="error" showIcon title={turn.problem.message} description={turn.problem.remedy || undefined} />}
            {turn.state === 'stopped' && <p className="quiet">{t('chat.stopped')}</p>}
            <Figures turn={turn} />
          </div>
        ),
      )}
    </section>
  );
}
