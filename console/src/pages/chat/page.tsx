import { ArrowDownOutlined, QuestionCircleOutlined } from '@ant-design/icons';
import { Link, useNavigate, useParams } from '@tanstack/react-router';
import { Button } from 'antd';
import { lazy, Suspense, useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type Offered, useOffered } from '../../api/models';
import { Problem } from '../../api/problem';
import mark from '../../app/hearth.svg';
import { useNotices } from '../../app/notices';
import { useWide } from '../../app/wide';
import { Failed, Loading, Nothing, Shown } from '../../components/states';
import { Composer, focusComposer } from './composer';
import { useChats, useConversation } from './context';
import { ModelPicker } from './picker';
import { useShortcuts } from './shortcuts';
import { type Attached, type Conversation, type Feedback, path, type Turn, versions } from './tree';
import { TurnView } from './turn';

const Help = lazy(() => import('./help'));

const starter = 'hearth-starter';
const remembered = 'hearth.model';

/** Turns that are drawn at first; older ones on demand. */
const turnsShown = 60;

export function ChatPage() {
  const offered = useOffered();
  const { t } = useTranslation();
  return (
    <Shown query={offered}>
      {(models) =>
        models.length > 0 ? (
          <Chat models={models} />
        ) : (
          <Nothing title={t('chat.noModels')} hint={t('chat.noModelsHint')}>
            <Link to="/serve/models">{t('chat.toModels')}</Link>
          </Nothing>
        )
      }
    </Shown>
  );
}

function Chat({ models }: { models: Offered[] }) {
  const { t } = useTranslation();
  const chats = useChats();
  const navigate = useNavigate();
  const wide = useWide();
  const id = useParams({ strict: false }).id;
  const c = useConversation(id);
  const [model, setModel] = useModel(models, c);
  const [editing, setEditing] = useState<string | null>(null);
  const [help, setHelp] = useState(false);
  const busy = c ? chats.busy(c) : false;
  const [problem, setProblem] = useState<Problem | null>(null);
  const wanted = id && (!c || c.stub) ? id : undefined;
  const fetchWanted = useCallback(() => {
    setProblem(null);
    if (!wanted) return;
    chats.load(wanted).catch((e: unknown) => {
      const p = Problem.any(e);
      if (p.status === 404) void navigate({ to: '/chat', replace: true });
      else setProblem(p);
    });
  }, [wanted, chats, navigate]);
  useEffect(fetchWanted, [fetchWanted]);

  const send = (text: string, files: Attached[] = []) => {
    if (!text.trim() || busy || wanted) return;
    const to = chats.send(c?.id, model, text.trim(), files);
    if (to !== id) void navigate({ to: '/chat/$id', params: { id: to } });
  };
  const editLast = () => {
    const last =
      c &&
      path(c)
        .filter((x) => x.role === 'user')
        .pop();
    if (last && !busy) setEditing(last.id);
  };
  useShortcuts({
    create: () => void navigate({ to: '/chat' }),
    search: () => document.getElementById('search-conversations')?.focus(),
    stop: () => c && chats.stop(c),
    focus: focusComposer,
    help: () => setHelp(true),
  });
  return (
    <div className="chat">
      <div className="chat-head">
        <ModelPicker models={models} value={model} onChange={setModel} />
        {wide && (
          <Button
            type="text"
            icon={<QuestionCircleOutlined />}
            aria-label={t('chat.shortcuts')}
            title={t('chat.shortcuts')}
            onClick={() => setHelp(true)}
          />
        )}
      </div>
      {wanted ? (
        problem ? (
          <Failed error={problem} onRetry={fetchWanted} />
        ) : (
          <Loading page />
        )
      ) : c ? (
        <Turns key={c.id} c={c} model={model} busy={busy} editing={editing} onEditing={setEditing} />
      ) : (
        <Welcome model={model} onPick={send} />
      )}
      <div className="composer">
        {c?.owner !== undefined ? (
          <p className="reading">
            {t('chat.reading', { name: c.owner })}{' '}
            <Button size="small" disabled={c.stub} onClick={() => void navigate({ to: '/chat/$id', params: { id: chats.copy(c) } })}>
              {t('chat.copyMine')}
            </Button>
          </p>
        ) : (
          <Composer key={c?.id ?? 'new'} busy={busy} short={!wide} onSend={send} onStop={() => c && chats.stop(c)} onUp={editLast} />
        )}
        <p className="quiet composer-hint">{t('chat.aiHint')}</p>
      </div>
      {help && (
        <Suspense>
          <Help onClose={() => setHelp(false)} />
        </Suspense>
      )}
    </div>
  );
}

/** The model of a conversation, or the one chosen last, if it is still there. */
function useModel(models: Offered[], c: Conversation | undefined): [string, (m: string) => void] {
  const [chosen, setChosen] = useState<string | null>(null);
  const id = c?.id;
  // biome-ignore lint/correctness/useExhaustiveDependencies: another conversation has a choice of its own
  useEffect(() => setChosen(null), [id]);
  const known = (m: string | null | undefined) => models.find((x) => x.id === m)?.id;
  const model =
    known(chosen) ??
    known(c?.model) ??
    known(localStorage.getItem(remembered)) ??
    models.find((m) => m.id !== starter)?.id ??
    models[0]?.id ??
    '';
  return [
    model,
    (m) => {
      localStorage.setItem(remembered, m);
      setChosen(m);
    },
  ];
}

function Welcome({ model, onPick }: { model: string; onPick(text: string): void }) {
  const { t } = useTranslation();
  const small = model === starter;
  const ideas = small ? (['import', 'key', 'remote', 'backup'] as const) : (['write', 'explain', 'table', 'code'] as const);
  return (
    <div className="welcome">
      <img src={mark} alt="" width={52} height={52} />
      <h1>{t('chat.welcome')}</h1>
      <p>{t(small ? 'chat.starterHint' : 'chat.welcomeHint')}</p>
      <ul className="ideas">
        {ideas.map((key) => (
          <li key={key}>
            <button type="button" onClick={() => onPick(t(`chat.try.${key}`))}>
              {t(`chat.try.${key}`)}
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}

function Turns({
  c,
  model,
  busy,
  editing,
  onEditing,
}: {
  c: Conversation;
  model: string;
  busy: boolean;
  editing: string | null;
  onEditing(id: string | null): void;
}) {
  const { t } = useTranslation();
  const chats = useChats();
  const notices = useNotices();
  const turns = useMemo(() => path(c), [c]);
  const [shown, setShown] = useState(turnsShown);
  const list = turns.slice(-shown);
  const now = useRef({ c, model });
  now.current = { c, model };
  const onEdit = useCallback(
    (turn: Turn, text: string) => {
      onEditing(null);
      chats.edit(now.current.c, turn, now.current.model, text);
    },
    [chats, onEditing],
  );
  const onRetry = useCallback((turn: Turn) => chats.retry(now.current.c, turn, now.current.model), [chats]);
  const onJudge = useCallback(
    (turn: Turn, f: Feedback | undefined) =>
      void chats.judge(now.current.c, turn, f).catch((e: unknown) => notices.error(Problem.any(e).message)),
    [chats, notices],
  );
  const onShow = useCallback((turn: string) => chats.show(now.current.c, turn), [chats]);
  const { box, away, toEnd } = useFollow(turns);
  return (
    <div className="turns-box">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard */}
      <div className="turns" ref={box} tabIndex={0} role="log" aria-label={c.title} aria-live="off">
        <div className="turns-column">
          {turns.length > shown && (
            <Button type="text" block onClick={() => setShown(shown + 200)}>
              {t('models.more')}
            </Button>
          )}
          {list.map((turn) => {
            const all = versions(c, turn).map((x) => x.id);
            return (
              <TurnView
                key={turn.id}
                turn={turn}
                before={all}
                at={all.indexOf(turn.id)}
                busy={busy}
                editing={editing === turn.id}
                onEdit={onEdit}
                onRetry={onRetry}
                onShow={onShow}
                onEditing={onEditing}
                onJudge={onJudge}
                reading={c.owner !== undefined}
              />
            );
          })}
        </div>
      </div>
      {away && <Button className="to-end" shape="circle" icon={<ArrowDownOutlined />} aria-label={t('chat.bottom')} onClick={toEnd} />}
    </div>
  );
}

/** Keeps the end in sight as it grows, unless one has scrolled away from it. */
function useFollow(turns: Turn[]) {
  const box = useRef<HTMLDivElement>(null);
  const following = useRef(true);
  const [away, setAway] = useState(false);
  const last = turns.length;
  useEffect(() => {
    const el = box.current;
    if (!el) return;
    const heard = () => {
      following.current = el.scrollHeight - el.scrollTop - el.clientHeight < 60;
      setAway(!following.current);
    };
    el.addEventListener('scroll', heard, { passive: true });
    // Formulas are set later, and grow.
    const grown = new ResizeObserver(() => {
      if (following.current) el.scrollTop = el.scrollHeight;
    });
    if (el.firstElementChild) grown.observe(el.firstElementChild);
    return () => {
      el.removeEventListener('scroll', heard);
      grown.disconnect();
    };
  }, []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new turn is followed
  useLayoutEffect(() => {
    following.current = true;
  }, [last]);
  useLayoutEffect(() => {
    if (following.current && box.current) box.current.scrollTop = box.current.scrollHeight;
  });
  const toEnd = () => {
    following.current = true;
    if (box.current) box.current.scrollTop = box.current.scrollHeight;
  };
  return { box, away, toEnd };
}
