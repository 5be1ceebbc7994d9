import '../../i18n/serve';
import { HourglassOutlined } from '@ant-design/icons';
import { useQuery } from '@tanstack/react-query';
import { Alert, Card } from 'antd';
import { useEffect, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useFeed } from '../../api/feed';
import { Mark } from '../../components/mark';
import { Figure, Page } from '../../components/page';
import { Nothing, Shown } from '../../components/states';
import { integer, span } from '../../lib/format';
import { type Schemas, usage } from './queries';
import { share, type Taking } from './share';

type Queued = Schemas['Queued'];

/** Who waits, why and for how long, as it changes. */
export function Queue() {
  const { t, i18n } = useTranslation();
  const feed = useFeed<Schemas['Waiting']>('admin/v1/queue/events');
  return (
    <Page
      title={t('nav.queue')}
      intro={t('queue.intro')}
      extra={feed.data && <Mark tone={feed.live ? 'good' : 'bad'}>{t(feed.live ? 'queue.live' : 'queue.broken')}</Mark>}
    >
      <Shown query={{ data: feed.data, error: feed.error, isPending: !feed.data, refetch: feed.retry }}>
        {(line) => {
          const list = [...(line.requests ?? [])].sort((a, b) => Number(a.state === 'running') - Number(b.state === 'running'));
          const longest = Math.max(0, ...list.map((q) => q.wait_seconds ?? 0));
          return (
            <>
              <Card className="card">
                <dl className="figures-grid">
                  <Figure name={t('queue.running')} value={integer(line.running, i18n.language)} />
                  <Figure name={t('queue.waiting')} value={integer(line.waiting, i18n.language)} />
                  <Figure name={t('queue.longest')} value={longest > 0 ? span(longest * 1000, t) : '–'} />
                </dl>
              </Card>
              {list.length === 0 ? (
                <Nothing icon={<HourglassOutlined />} title={t('queue.none')} hint={t('queue.noneHint')} />
              ) : (
                <>
                  <Fairness list={list} />
                  <Requests list={list} />
                  {line.running + line.waiting > list.length && (
                    <Alert type="info" showIcon title={t('queue.more', { n: line.running + line.waiting - list.length })} />
                  )}
                </>
              )}
            </>
          );
        }}
      </Shown>
    </Page>
  );
}

const hour = 3_600_000;

/** What each has of the appliance now, and has had in the last hour: turns are by what each has had. */
function Fairness({ list }: { list: Queued[] }) {
  const { t, i18n } = useTranslation();
  const asked = useMemo(() => {
    const now = Date.now();
    return { group: 'key', since: new Date(now - hour).toISOString(), until: new Date(now + hour).toISOString() };
  }, []);
  const had = useQuery({ ...usage(asked), refetchInterval: 10_000 }).data?.groups ?? [];
  const all = share(list, had);
  return (
    <section>
      <h2 className="section">{t('queue.fairness')}</h2>
      <p className="quiet">{t('queue.fairnessHint')}</p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard */}
      <section className="sheet" tabIndex={0} aria-label={t('queue.fairness')}>
        <table>
          <thead>
            <tr>
              <th scope="col">{t('queue.who')}</th>
              <th scope="col">{t('queue.now')}</th>
              <th scope="col" className="number">
                {t('queue.running')}
              </th>
              <th scope="col" className="number">
                {t('queue.waiting')}
              </th>
              <th scope="col">{t('queue.had')}</th>
            </tr>
          </thead>
          <tbody>
            {all.slice(0, 20).map((k) => (
              <tr key={k.key}>
                <th scope="row">{k.name}</th>
                <td>
                  <Now k={k} most={Math.max(1, ...all.map((x) => x.running + x.waiting))} />
                </td>
                <td className="number">{integer(k.running, i18n.language)}</td>
                <td className="number">{integer(k.waiting, i18n.language)}</td>
                <td>
                  <span className="share">
                    <svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
                      <rect width="100" height="8" rx="2" className="share-all" />
                      <rect width={k.part * 100} height="8" rx="2" className="share-part" />
                    </svg>
                    {t('chat.tokens', { n: integer(k.tokens, i18n.language) })}
                  </span>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </section>
  );
}

function Now({ k, most }: { k: Taking; most: number }) {
  const width = 160;
  return (
    <svg viewBox={`0 0 ${width} 8`} width={width} height="8" preserveAspectRatio="none" aria-hidden="true">
      <rect width={(k.running / most) * width} height="8" className="share-part" />
      <rect x={(k.running / most) * width} width={(k.waiting / most) * width} height="8" className="share-wait" />
    </svg>
  );
}

function Requests({ list }: { list: Queued[] }) {
  const { t } = useTranslation();
  const now = useNow();
  return (
    <section>
      <h2 className="section">{t('queue.requests')}</h2>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard */}
      <section className="sheet" tabIndex={0} aria-label={t('queue.requests')}>
        <table>
          <thead>
            <tr>
              <th scope="col">{t('queue.place')}</th>
              <th scope="col">{t('queue.who')}</th>
              <th scope="col">{t('queue.model')}</th>
              <th scope="col">{t('queue.class')}</th>
              <th scope="col">{t('queue.state')}</th>
              <th scope="col" className="number">
                {t('queue.since')}
              </th>
              <th scope="col" className="number">
                {t('queue.begins')}
              </th>
            </tr>
          </thead>
          <tbody>
            {list.map((q, i) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: nothing else tells two requests of one key apart, and rows have no state
              <tr key={`${q.key} ${q.since} ${i}`}>
                <td>{q.state === 'running' ? <Mark tone="good">{t('queue.runs')}</Mark> : (q.position ?? '–')}</td>
                <th scope="row">{q.name}</th>
                <td>{q.model}</td>
                <td>{t(`queue.classes.${q.class}`)}</td>
                <td>
                  {q.state === 'running' ? t('queue.at', { at: q.served_by }) : q.why && t(`queue.why.${q.why}`, { n: q.slots ?? 0 })}
                </td>
                <td className="number">{span(Math.max(0, now - new Date(q.since).getTime()), t)}</td>
                <td className="number">
                  {q.state === 'running' ? '' : q.wait_seconds ? span(q.wait_seconds * 1000, t) : t('queue.unknown')}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </section>
  );
}

/** The time, each second. */
function useNow() {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  return now;
}
