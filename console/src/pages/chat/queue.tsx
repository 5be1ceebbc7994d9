import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { span } from '../../lib/format';
import type { Turn } from './tree';

/** What one sees while an answer has not begun: the place in line, where there is one. */
export function Queue({ turn }: { turn: Turn }) {
  const { t } = useTranslation();
  const place = turn.queued;
  const left = useCountdown(place?.etaMs, place);
  const slow = useLate(turn.at, 4000);
  if (!place)
    return (
      <div className="waiting" role="status">
        <Dots /> {t('chat.waiting')} {slow && <span className="quiet">{t('chat.loadingModel')}</span>}
      </div>
    );
  const ahead = Math.max(0, place.position - 1);
  return (
    <div className="queue" role="status">
      <div className="queue-head">
        <Dots />
        <b>{ahead === 0 ? t('chat.queuedNext') : t('chat.queued', { ahead })}</b>
        {left !== undefined && left > 0 && <span>{t('chat.eta', { time: span(Math.max(1000, Math.round(left / 1000) * 1000), t) })}</span>}
      </div>
      <div className="queue-line" aria-hidden>
        {Array.from({ length: Math.min(ahead, 12) }, (_, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: they are places
          <i key={i} />
        ))}
        <i className="queue-me" />
      </div>
      <p className="quiet">{t('chat.queueHint')}</p>
    </div>
  );
}

/** Something is under way. */
export function Dots() {
  return (
    <span className="dots" aria-hidden>
      <i />
      <i />
      <i />
    </span>
  );
}

/** What is left of a time, which begins anew with each report. */
function useCountdown(ms: number | undefined, report: unknown): number | undefined {
  const [left, setLeft] = useState(ms);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a report of the same time begins it anew
  useEffect(() => {
    setLeft(ms);
    if (ms === undefined) return;
    const end = Date.now() + ms;
    const timer = setInterval(() => setLeft(Math.max(0, end - Date.now())), 1000);
    return () => clearInterval(timer);
  }, [ms, report]);
  return left;
}

function useLate(since: number, ms: number): boolean {
  const [late, setLate] = useState(Date.now() - since > ms);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), Math.max(0, since + ms - Date.now()));
    return () => clearTimeout(timer);
  }, [since, ms]);
  return late;
}
