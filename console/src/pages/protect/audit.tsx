import '../../i18n/later';
import './audit.css';
import { DownloadOutlined, RightOutlined, SearchOutlined } from '@ant-design/icons';
import { useInfiniteQuery, useMutation, useQuery } from '@tanstack/react-query';
import { Button, Checkbox, Input, Select } from 'antd';
import { useDeferredValue, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { admin, ask, body } from '../../api/client';
import { Problem } from '../../api/problem';
import { useNotices } from '../../app/notices';
import { Mark } from '../../components/mark';
import { Page } from '../../components/page';
import { Nothing, Shown } from '../../components/states';
import { clock } from '../../lib/format';
import { save } from '../../lib/save';
import { checkpoints, type Schemas } from './queries';
import { Detail } from './record';
import { Verified } from './verified';

type Found = Schemas['AuditRecord'];

const kinds = ['request', 'access', 'admin', 'audit'] as const;
const periods = { anyTime: 0, hour: 3_600, day: 86_400, week: 7 * 86_400, month: 30 * 86_400 } as const;

/** What narrows the list; empty fields do not. */
export type Wanted = {
  text: string;
  kind: '' | (typeof kinds)[number];
  period: keyof typeof periods;
  failed: boolean;
  request?: string;
  key?: string;
};

const everything: Wanted = { text: '', kind: '', period: 'anyTime', failed: false };

/** Records that are fetched at once. */
const page = 50;

/** What was recorded, and whether the record is whole. */
export function Audit() {
  const { t } = useTranslation();
  const [wanted, setWanted] = useState<Wanted>(everything);
  const [open, setOpen] = useState<Found | null>(null);
  const narrow = (w: Partial<Wanted>) => {
    setOpen(null);
    setWanted({ ...everything, ...w });
  };
  return (
    <Page title={t('audit.title')} intro={t('audit.intro')} extra={<Export />}>
      <Verified />
      <div className="filters audit-filters">
        <Input
          prefix={<SearchOutlined />}
          value={wanted.request ?? wanted.key ?? wanted.text}
          placeholder={t('audit.search')}
          aria-label={t('audit.search')}
          allowClear
          maxLength={200}
          onChange={(e) => setWanted({ ...wanted, request: undefined, key: undefined, text: e.target.value })}
        />
        <Select
          aria-label={t('audit.kind')}
          value={wanted.kind}
          onChange={(kind) => setWanted({ ...wanted, kind })}
          options={[{ value: '' as const, label: t('audit.allKinds') }, ...kinds.map((k) => ({ value: k, label: t(`audit.kinds.${k}`) }))]}
        />
        <Select
          aria-label={t('audit.period')}
          value={wanted.period}
          onChange={(period) => setWanted({ ...wanted, period })}
          options={[
            { value: 'anyTime' as const, label: t('audit.anyTime') },
            { value: 'hour' as const, label: t('audit.hour') },
            { value: 'day' as const, label: t('audit.day') },
            { value: 'week' as const, label: t('audit.week') },
            { value: 'month' as const, label: t('audit.month') },
          ]}
        />
        <Checkbox checked={wanted.failed} onChange={(e) => setWanted({ ...wanted, failed: e.target.checked })}>
          {t('audit.onlyFailed')}
        </Checkbox>
      </div>
      <List wanted={wanted} onOpen={setOpen} />
      <Checkpoints />
      {open && <Detail r={open} onNarrow={narrow} onClose={() => setOpen(null)} />}
    </Page>
  );
}

function List({ wanted, onOpen }: { wanted: Wanted; onOpen(r: Found): void }) {
  const { t } = useTranslation();
  const w = useDeferredValue(wanted);
  const query = useInfiniteQuery({
    queryKey: ['audit', w],
    queryFn: ({ pageParam }) => {
      const seconds = periods[w.period];
      return body(
        admin.GET('/admin/v1/audit', {
          params: {
            query: {
              limit: page,
              before: pageParam || undefined,
              kind: w.kind || undefined,
              text: w.text.trim() || undefined,
              request: w.request,
              key: w.key,
              failed: w.failed || undefined,
              since: seconds ? new Date(Date.now() - seconds * 1000).toISOString() : undefined,
            },
          },
        }),
      );
    },
    initialPageParam: 0,
    getNextPageParam: (last) => last.next || undefined,
  });
  return (
    <Shown query={query}>
      {(data) => {
        const list = data.pages.flatMap((p) => p.records ?? []);
        return (
          <>
            {list.length === 0 && !query.hasNextPage ? (
              <Nothing icon={<SearchOutlined />} title={t('audit.none')} hint={t('audit.noneHint')} />
            ) : (
              <>
                <p className="quiet">{t('audit.newest')}</p>
                <ul className="rows audit-rows">
                  {list.map((r) => (
                    <Row key={r.n} r={r} onOpen={() => onOpen(r)} />
                  ))}
                </ul>
              </>
            )}
            {query.hasNextPage && (
              <Button block type="text" loading={query.isFetchingNextPage} onClick={() => query.fetchNextPage()}>
                {t('audit.older')}
              </Button>
            )}
          </>
        );
      }}
    </Shown>
  );
}

/** The name of an act, which may be one that has none here. */
export function useActs() {
  const { i18n } = useTranslation();
  return (act: string) => (i18n.exists(`audit.acts.${act}`) ? i18n.t(`audit.acts.${act as 'chat'}`) : act);
}

function Row({ r, onOpen }: { r: Found; onOpen(): void }) {
  const { t, i18n } = useTranslation();
  const act = useActs();
  const what = [r.object !== r.model ? r.object : '', r.model, r.from].filter(Boolean).join(' · ');
  return (
    <li>
      <button type="button" className="row audit-row" onClick={onOpen}>
        <span className="audit-n quiet">{r.n}</span>
        <span className="row-main">
          <b>{act(r.act)}</b> <Mark>{t(`audit.kinds.${r.kind}`)}</Mark>
          {r.result && (
            <Mark tone="bad">
              {t('audit.failed')} · {r.result}
            </Mark>
          )}
          {r.stage === 'begun' && <Mark>{t('audit.begun')}</Mark>}
          {(r.verdicts ?? []).length > 0 && <Mark tone="warm">{(r.verdicts ?? []).map((v) => v.class).join(', ')}</Mark>}
          <span className="quiet audit-what">
            {r.name || r.key || t('audit.nobody')}
            {what && ` · ${what}`}
          </span>
        </span>
        <time className="quiet" dateTime={r.time}>
          {clock(r.time, i18n.language)}
        </time>
        <RightOutlined aria-hidden className="quiet" />
      </button>
    </li>
  );
}

function Export() {
  const { t, i18n } = useTranslation();
  const notices = useNotices();
  const fetching = useMutation({
    mutationFn: async () => save('hearth-audit.zip', await (await ask('admin/v1/audit/export.zip')).blob()),
    onError: (e) => notices.error(`${Problem.any(e).message}${i18n.language === 'en' ? '. ' : '。'}${Problem.any(e).remedy}`),
  });
  return (
    <Button icon={<DownloadOutlined />} title={t('audit.exportHint')} loading={fetching.isPending} onClick={() => fetching.mutate()}>
      {t(fetching.isPending ? 'audit.exporting' : 'audit.export')}
    </Button>
  );
}

function Checkpoints() {
  const { t, i18n } = useTranslation();
  const query = useQuery(checkpoints());
  return (
    <>
      <h2 className="section">{t('audit.checkpoints')}</h2>
      <Shown query={query}>
        {(c) =>
          c.total === 0 ? (
            <p className="quiet">{t('audit.noCheckpoints')}</p>
          ) : (
            <>
              <p className="quiet">{t('audit.checkpointsHint', { n: c.total, w: c.witnesses })}</p>
              {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard */}
              <div className="table audit-checkpoints" tabIndex={0}>
                <table>
                  <thead>
                    <tr>
                      <th>{t('audit.fields.time')}</th>
                      <th>{t('audit.records')}</th>
                      <th>{t('audit.root')}</th>
                      <th>{t('audit.signatures')}</th>
                    </tr>
                  </thead>
                  <tbody>
                    {(c.checkpoints ?? []).slice(0, 10).map((x) => (
                      <tr key={`${x.records} ${x.time}`}>
                        <td>{clock(x.time, i18n.language)}</td>
                        <td>{x.records}</td>
                        <td>
                          <code title={x.root}>{x.root.slice(0, 16)}…</code>
                        </td>
                        <td>{(x.signatures ?? []).map((s) => s.split(' ', 1)[0]).join(' + ')}</td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              </div>
            </>
          )
        }
      </Shown>
    </>
  );
}
