import {
  BulbOutlined,
  DislikeFilled,
  DislikeOutlined,
  DownOutlined,
  EditOutlined,
  FileTextOutlined,
  LeftOutlined,
  LikeFilled,
  LikeOutlined,
  ReloadOutlined,
  RightOutlined,
  UpOutlined,
} from '@ant-design/icons';
import { Alert, Button } from 'antd';
import { lazy, memo, Suspense, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import mark from '../../app/hearth.svg';
import { Copy } from '../../components/copy';
import { integer, span } from '../../lib/format';
import { sends, useGrowing } from './composer';
import { Markdown } from './markdown';
import { Dots, Queue } from './queue';
import type { Feedback, Turn } from './tree';

const WhyNot = lazy(() => import('./feedback'));

type Acts = {
  onEdit(t: Turn, text: string): void;
  onRetry(t: Turn): void;
  onShow(id: string): void;
  onEditing(id: string | null): void;
  onJudge(t: Turn, f: Feedback | undefined): void;
};

type Props = Acts & { turn: Turn; before: string[]; at: number; busy: boolean; editing: boolean; reading: boolean };

/** One turn of a conversation; before holds the ids of all its versions, at is this one's place. */
export const TurnView = memo(function TurnView(props: Props) {
  return props.turn.role === 'user' ? <Said {...props} /> : <Answer {...props} />;
}, same);

function same(a: Props, b: Props): boolean {
  return (
    a.turn === b.turn &&
    a.busy === b.busy &&
    a.editing === b.editing &&
    a.reading === b.reading &&
    a.at === b.at &&
    a.before.join() === b.before.join()
  );
}

function Said(p: Props) {
  const { t } = useTranslation();
  if (p.editing) return <Editor {...p} />;
  return (
    <article className="turn turn-user" aria-label={t('chat.you')}>
      <div className="said">
        {p.turn.files && (
          <ul className="attached">
            {p.turn.files.map((f) => (
              <li key={f.name} title={t('chat.chars', { n: f.text.length })}>
                <FileTextOutlined aria-hidden /> {f.name}
              </li>
            ))}
          </ul>
        )}
        {p.turn.text}
      </div>
      <div className={p.before.length > 1 ? 'acts acts-shown' : 'acts'}>
        <Versions {...p} />
        <Copy text={p.turn.text} label={t('chat.copyMessage')} />
        {!p.reading && (
          <Button
            type="text"
            size="small"
            icon={<EditOutlined />}
            aria-label={t('chat.edit')}
            title={t('chat.edit')}
            disabled={p.busy}
            onClick={() => p.onEditing(p.turn.id)}
          />
        )}
      </div>
    </article>
  );
}

function Editor(p: Props) {
  const { t } = useTranslation();
  const [text, setText] = useState(p.turn.text);
  const area = useRef<HTMLTextAreaElement>(null);
  useGrowing(area, text);
  useEffect(() => area.current?.focus(), []);
  const send = () => text.trim() && p.onEdit(p.turn, text.trim());
  return (
    <div className="turn turn-editing editor">
      <textarea
        ref={area}
        rows={2}
        value={text}
        aria-label={t('chat.edit')}
        onChange={(e) => setText(e.target.value)}
        onKeyDown={(e) => {
          if (e.key === 'Escape') {
            e.stopPropagation();
            p.onEditing(null);
          }
          if (sends(e)) {
            e.preventDefault();
            send();
          }
        }}
      />
      <div className="editing-foot">
        <span className="quiet">{t('chat.editHint')}</span>
        <Button size="small" onClick={() => p.onEditing(null)}>
          {t('common.cancel')}
        </Button>
        <Button size="small" type="primary" disabled={!text.trim()} onClick={send}>
          {t('chat.resend')}
        </Button>
      </div>
    </div>
  );
}

function Answer(p: Props) {
  const { t } = useTranslation();
  const { turn } = p;
  const live = turn.state === 'waiting' || turn.state === 'running';
  return (
    <article className="turn turn-answer" aria-label={turn.model} aria-busy={live}>
      <img className="avatar" src={mark} alt="" width={28} height={28} />
      <div className="answer">
        <div className="answer-name">{turn.model}</div>
        {turn.state === 'waiting' && <Queue turn={turn} />}
        {turn.reasoning && <Reasoning turn={turn} />}
        {turn.text && <Markdown text={turn.text} growing={turn.state === 'running'} />}
        {turn.problem && <Alert type="error" showIcon title={turn.problem.message} description={turn.problem.remedy || undefined} />}
        <Ending turn={turn} />
        {!live && (
          <div className="acts">
            <Versions {...p} />
            {turn.text && <Copy text={turn.text} label={t('chat.copyAnswer')} />}
            {!p.reading && (
              <Button
                type="text"
                size="small"
                icon={<ReloadOutlined />}
                aria-label={t('chat.regenerate')}
                title={t('chat.regenerate')}
                disabled={p.busy}
                onClick={() => p.onRetry(turn)}
              />
            )}
            {!p.reading && turn.text && <Judgement {...p} />}
            <Figures turn={turn} />
          </div>
        )}
      </div>
    </article>
  );
}

/** What one thinks of an answer, and why. */
function Judgement({ turn, onJudge }: Props) {
  const { t } = useTranslation();
  const [asking, setAsking] = useState(false);
  const f = turn.feedback;
  const good = f?.good === true;
  const bad = f?.good === false;
  return (
    <>
      <Button
        type="text"
        size="small"
        icon={good ? <LikeFilled /> : <LikeOutlined />}
        aria-pressed={good}
        aria-label={t('chat.good')}
        title={t('chat.good')}
        onClick={() => onJudge(turn, good ? undefined : { good: true })}
      />
      <Button
        type="text"
        size="small"
        icon={bad ? <DislikeFilled /> : <DislikeOutlined />}
        aria-pressed={bad}
        aria-label={t('chat.bad')}
        title={t('chat.bad')}
        onClick={() => (bad ? onJudge(turn, undefined) : setAsking(true))}
      />
      {asking && (
        <Suspense>
          <WhyNot
            onSave={(said) => {
              setAsking(false);
              onJudge(turn, said);
            }}
            onClose={() => setAsking(false)}
          />
        </Suspense>
      )}
    </>
  );
}

function Reasoning({ turn }: { turn: Turn }) {
  const { t } = useTranslation();
  const thinking = turn.state === 'running' && !turn.text;
  const [open, setOpen] = useState<boolean | null>(null); // null: open while it thinks
  const shown = open ?? thinking;
  const title = thinking
    ? t('chat.thinking')
    : !turn.text && turn.state !== 'done'
      ? t('chat.thoughtCut')
      : turn.thinkMs === undefined
        ? t('chat.thoughtUntimed')
        : t('chat.thought', { time: span(turn.thinkMs, t) });
  return (
    <div className="reasoning">
      <button type="button" aria-expanded={shown} onClick={() => setOpen(!shown)}>
        {thinking ? <Dots /> : <BulbOutlined aria-hidden />} {title} {shown ? <UpOutlined aria-hidden /> : <DownOutlined aria-hidden />}
      </button>
      {shown && <div className="reasoning-text">{turn.reasoning}</div>}
    </div>
  );
}

function Ending({ turn }: { turn: Turn }) {
  const { t } = useTranslation();
  if (turn.state === 'stopped') return <p className="quiet">{t('chat.stopped')}</p>;
  if (turn.state === 'interrupted') return <p className="quiet">{t('chat.interrupted')}</p>;
  if (turn.finish === 'length') return <p className="quiet">{t('chat.cut')}</p>;
  if (turn.finish === 'content_filter') return <p className="quiet">{t('chat.filtered')}</p>;
  return null;
}

/** How much it was, and how fast. */
function Figures({ turn }: { turn: Turn }) {
  const { t, i18n } = useTranslation();
  const n = turn.usage?.completion_tokens;
  if (!n) return null;
  const rate = speed(turn);
  return (
    <span className="figures quiet" title={t('chat.promptTokens', { n: integer(turn.usage?.prompt_tokens ?? 0, i18n.language) })}>
      {t('chat.tokens', { n: integer(n, i18n.language) })}
      {rate !== undefined && <> · {t('chat.speed', { n: rate < 100 ? rate.toFixed(1) : Math.round(rate) })}</>}
      {turn.firstMs !== undefined && <> · {t('chat.first', { time: span(turn.firstMs, t) })}</>}
    </span>
  );
}

/** Tokens per second, from the first to the last; undefined where there is too little to tell. */
export function speed(turn: Turn): number | undefined {
  const n = turn.usage?.completion_tokens ?? 0;
  const ms = (turn.tookMs ?? 0) - (turn.firstMs ?? 0);
  return n > 1 && ms >= 200 ? ((n - 1) / ms) * 1000 : undefined;
}

function Versions(p: Props) {
  const { t } = useTranslation();
  const of = p.before.length;
  if (of < 2) return null;
  const go = (by: number) => {
    const id = p.before[p.at + by];
    if (id) p.onShow(id);
  };
  return (
    <span className="versions">
      <Button
        type="text"
        size="small"
        icon={<LeftOutlined />}
        aria-label={t('chat.previous')}
        disabled={p.at === 0}
        onClick={() => go(-1)}
      />
      <span title={t('chat.branch', { at: p.at + 1, of })}>
        {p.at + 1}/{of}
      </span>
      <Button
        type="text"
        size="small"
        icon={<RightOutlined />}
        aria-label={t('chat.next')}
        disabled={p.at === of - 1}
        onClick={() => go(1)}
      />
    </span>
  );
}
