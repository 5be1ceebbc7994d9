import '../../i18n/serve';
import { BarChartOutlined, DownloadOutlined } from '@ant-design/icons';
import { useMutation, useQuery } from '@tanstack/react-query';
import { Alert, Button, Card, Segmented, Select } from 'antd';
import { lazy, Suspense, useCallback, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ask } from '../../api/client';
import { Problem } from '../../api/problem';
import { useNotices } from '../../app/notices';
import { Figure, Page } from '../../components/page';
import { Nothing, Shown } from '../../components/states';
import { integer } from '../../lib/format';
import { save } from '../../lib/save';
import { days, type Period, periods, stretch } from './period';
import { type Schemas, usage } from './queries';

const Plot = lazy(() => import('../../components/plot').then((m) => ({ default: m.Plot })));

const groups = ['department', 'person', 'key', 'model', 'tenant'] as const;
type Group = (typeof groups)[number];

const measures = ['cost', 'tokens', 'requests'] as const;
type Measure = (typeof measures)[number];

type Sum = Schemas['UsageSum'];

/** Rows that are drawn at once. */
const page = 50;

const amount = (s: Sum, m: Measure) => (m === 'cost' ? s.cost_yuan : m === 'requests' ? s.requests : s.prompt_tokens + s.completion_tokens);

export const yuan = (n: number, language: string) =>
  new Intl.NumberFormat(language, {
    style: 'currency',
    currency: 'CNY',
    currencyDisplay: 'narrowSymbol',
    maximumFractionDigits: n !== 0 && n < 1 ? 4 : 2,
  }).format(n);

/** What was used: by whom, of what, when, and what it cost. */
export function Usage() {
  const { t } = useTranslation();
  const [period, setPeriod] = useState<Period>('month');
  const [by, setBy] = useState<Group>('department');
  const asked = useMemo(() => {
    const { since, until } = stretch(period, new Date());
    return { since: since.toISOString(), until: until.toISOString() };
  }, [period]);
  const query = useQuery(usage({ group: by, ...asked }));
  return (
    <Page title={t('nav.usage')} intro={t('usage.intro')} extra={<Download asked={{ group: `day,${by}`, ...asked }} />}>
      <div className="filters">
        <Segmented
          aria-label={t('usage.period')}
          value={period}
          onChange={setPeriod}
          options={periods.map((value) => ({ value, label: t(`usage.${value}`) }))}
        />
        <Segmented
          aria-label={t('usage.by')}
          value={by}
          onChange={setBy}
          options={groups.map((value) => ({ value, label: t(`usage.${value}`) }))}
        />
      </div>
      <Shown query={query}>
        {(found) =>
          found.total.requests === 0 ? (
            <Nothing icon={<BarChartOutlined />} title={t('usage.none')} hint={t('usage.noneHint')} />
          ) : (
            <>
              <Totals total={found.total} />
              {period !== 'today' && <Daily period={period} asked={asked} />}
              <Groups key={by} found={found} by={by} />
            </>
          )
        }
      </Shown>
    </Page>
  );
}

function Download({ asked }: { asked: { group: string; since: string; until: string } }) {
  const { t } = useTranslation();
  const notices = useNotices();
  const fetching = useMutation({
    mutationFn: async () => {
      const r = await ask(`admin/v1/usage.csv?${new URLSearchParams(asked)}`);
      save(`hearth-usage-${asked.since.slice(0, 10)}.csv`, await r.blob());
    },
    onError: (e) => notices.error(Problem.any(e).message),
  });
  return (
    <Button icon={<DownloadOutlined />} loading={fetching.isPending} onClick={() => fetching.mutate()}>
      {t('usage.csv')}
    </Button>
  );
}

function Totals({ total }: { total: Sum }) {
  const { t, i18n } = useTranslation();
  const share = total.prompt_tokens > 0 ? total.cached_tokens / total.prompt_tokens : 0;
  return (
    <>
      {total.cost_yuan === 0 && <Alert type="info" showIcon title={t('usage.unpriced')} className="spaced" />}
      <Card className="card">
        <dl className="figures-grid">
          <Figure name={t('usage.cost')} value={yuan(total.cost_yuan, i18n.language)} />
          <Figure name={t('usage.requests')} value={integer(total.requests, i18n.language)} />
          <Figure
            name={t('usage.prompt')}
            value={integer(total.prompt_tokens, i18n.language)}
            hint={t('usage.cached', { share: percent(share, i18n.language) })}
          />
          <Figure name={t('usage.completion')} value={integer(total.completion_tokens, i18n.language)} />
        </dl>
      </Card>
    </>
  );
}

const percent = (n: number, language: string) => new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: 1 }).format(n);

/** What was used each day. */
function Daily({ period, asked }: { period: Period; asked: { since: string; until: string } }) {
  const { t, i18n } = useTranslation();
  const [measure, setMeasure] = useState<Measure>('tokens');
  const query = useQuery(usage({ group: 'day', ...asked }));
  const all = useMemo(() => {
    const { since, until } = stretch(period, new Date());
    return days(since, until);
  }, [period]);
  const language = i18n.language;
  const at = useCallback(
    (n: number) =>
      all[n] ? new Intl.DateTimeFormat(language, { month: 'numeric', day: 'numeric' }).format(new Date(`${all[n]}T00:00`)) : '',
    [all, language],
  );
  const x = useMemo(() => all.map((_, i) => i), [all]);
  const series = useMemo(() => {
    const found = new Map((query.data?.groups ?? []).map((g) => [g.by.day, g]));
    const values = all.map((d) => {
      const g = found.get(d);
      return g ? amount(g, measure) : 0;
    });
    const compact = new Intl.NumberFormat(language, { notation: 'compact', maximumFractionDigits: 1 });
    return [
      {
        name: t(`usage.${measure}`),
        values,
        bars: true,
        show: (n: number) => (measure === 'cost' ? yuan(n, language) : compact.format(n)),
      },
    ];
  }, [query.data, all, measure, language, t]);
  return (
    <section>
      <div className="section-head">
        <h2 className="section">{t('usage.perDay', { what: t(`usage.${measure}`) })}</h2>
        <Select
          aria-label={t('usage.measure')}
          value={measure}
          onChange={setMeasure}
          options={measures.map((value) => ({ value, label: t(`usage.${value}`) }))}
        />
      </div>
      <Card className="card">
        <Suspense fallback={<div className="plot-room" />}>
          <Plot x={x} series={series} at={at} of={t('usage.day')} label={t('usage.perDay', { what: t(`usage.${measure}`) })} />
        </Suspense>
      </Card>
    </section>
  );
}

function Groups({ found, by }: { found: Schemas['UsageOutputBody']; by: Group }) {
  const { t, i18n } = useTranslation();
  const [most, setMost] = useState(page);
  const measure: Measure = found.total.cost_yuan > 0 ? 'cost' : 'tokens';
  const whole = amount(found.total, measure);
  const list = [...(found.groups ?? [])].sort((a, b) => amount(b, measure) - amount(a, measure) || b.requests - a.requests);
  const named = (g: Schemas['UsageGroup']) => g.key_name || g.by[by] || t('usage.unassigned');
  return (
    <>
      {found.more && <Alert type="warning" showIcon title={t('usage.more')} className="spaced" />}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard */}
      <section className="sheet" tabIndex={0} aria-label={t('nav.usage')}>
        <table>
          <thead>
            <tr>
              <th scope="col">{t(`usage.${by}`)}</th>
              <th scope="col" className="number">
                {t('usage.requests')}
              </th>
              <th scope="col" className="number">
                {t('usage.prompt')}
              </th>
              <th scope="col" className="number">
                {t('usage.completion')}
              </th>
              <th scope="col" className="number">
                {t('usage.cost')}
              </th>
              <th scope="col">{t('usage.share')}</th>
            </tr>
          </thead>
          <tbody>
            {list.slice(0, most).map((g) => {
              const share = whole > 0 ? amount(g, measure) / whole : 0;
              return (
                <tr key={g.by[by]}>
                  <th scope="row" className={g.key_name || g.by[by] ? undefined : 'quiet'}>
                    {named(g)}
                  </th>
                  <td className="number">{integer(g.requests, i18n.language)}</td>
                  <td className="number">{integer(g.prompt_tokens, i18n.language)}</td>
                  <td className="number">{integer(g.completion_tokens, i18n.language)}</td>
                  <td className="number">{yuan(g.cost_yuan, i18n.language)}</td>
                  <td>
                    <span className="share">
                      <svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
                        <rect width="100" height="8" rx="2" className="share-all" />
                        <rect width={share * 100} height="8" rx="2" className="share-part" />
                      </svg>
                      {percent(share, i18n.language)}
                    </span>
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </section>
      {list.length > most && (
        <Button block type="text" onClick={() => setMost(most + page)}>
          {t('models.more')}
        </Button>
      )}
    </>
  );
}
