import '../../i18n/serve';
import { InboxOutlined } from '@ant-design/icons';
import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { Button, Progress, Tabs } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { admin, body } from '../../api/client';
import { useMay } from '../../api/session';
import { useNotices } from '../../app/notices';
import { Mark } from '../../components/mark';
import { Page } from '../../components/page';
import { Nothing, Shown } from '../../components/states';
import { Typed } from '../../components/typed';
import { integer, moment } from '../../lib/format';
import type { Schemas } from './queries';

/** What is done when there is time: batches, tickets, answers in the background. */
export function Jobs() {
  const { t } = useTranslation();
  return (
    <Page title={t('nav.jobs')} intro={t('jobs.intro')}>
      <Tabs
        items={[
          { key: 'batches', label: t('jobs.batches'), children: <Batches /> },
          { key: 'tickets', label: t('jobs.tickets'), children: <Tickets /> },
        ]}
      />
    </Page>
  );
}

const limit = 50;
const refetchInterval = 5000;

function Batches() {
  const { t } = useTranslation();
  const [ending, setEnding] = useState<Schemas['Batch'] | null>(null);
  const query = useInfiniteQuery({
    queryKey: ['batches'],
    queryFn: ({ pageParam }) => body(admin.GET('/admin/v1/batches', { params: { query: { after: pageParam, limit } } })),
    initialPageParam: '',
    getNextPageParam: (last) => (last.more ? last.batches?.at(-1)?.id : undefined),
    refetchInterval,
  });
  return (
    <Shown query={query}>
      {({ pages }) => {
        const list = pages.flatMap((p) => p.batches ?? []);
        if (list.length === 0) return <Nothing icon={<InboxOutlined />} title={t('jobs.noBatches')} hint={t('jobs.noBatchesHint')} />;
        return (
          <>
            <ul className="rows">
              {list.map((b) => (
                <BatchRow key={b.id} b={b} onEnd={() => setEnding(b)} />
              ))}
            </ul>
            <More query={query} />
            {ending && (
              <Withdraw
                title={t('jobs.endBatchTitle')}
                hint={t('jobs.endBatchHint')}
                word={ending.id.slice(-6)}
                run={() => body(admin.DELETE('/admin/v1/batches/{id}', { params: { path: { id: ending.id } } }))}
                of="batches"
                onClose={() => setEnding(null)}
              />
            )}
          </>
        );
      }}
    </Shown>
  );
}

const tones = { completed: 'good', failed: 'bad', expired: 'bad', in_progress: 'warm', cancelling: 'warm' } as const;

function BatchRow({ b, onEnd }: { b: Schemas['Batch']; onEnd(): void }) {
  const { t, i18n } = useTranslation();
  const serves = useMay('serve');
  const n = (x: number) => integer(x, i18n.language);
  const open = b.state === 'in_progress';
  return (
    <li className="row">
      <div className="row-main">
        <b>{b.key_name ?? b.key}</b> <Mark tone={tones[b.state as 'completed']}>{t(`jobs.states.${b.state}`)}</Mark>
        <div className="quiet">
          {[
            t('jobs.counts', { done: n(b.done), total: n(b.total) }),
            b.failed > 0 && t('jobs.failed', { n: n(b.failed) }),
            b.path,
            `${t('jobs.created')} ${moment(b.created, i18n.language)}`,
            open && t('jobs.until', { time: moment(b.expires, i18n.language) }),
          ]
            .filter(Boolean)
            .join(' · ')}
        </div>
        <div className="quiet">
          <code>{b.id}</code>
        </div>
        {open && (
          <Progress
            percent={b.total > 0 ? ((b.done + b.failed) / b.total) * 100 : 0}
            showInfo={false}
            aria-label={t('jobs.counts', { done: n(b.done), total: n(b.total) })}
          />
        )}
      </div>
      {open && serves && (
        <Button danger size="small" onClick={onEnd} aria-label={`${t('jobs.end')} ${b.id}`}>
          {t('jobs.end')}
        </Button>
      )}
    </li>
  );
}

function Tickets() {
  const { t, i18n } = useTranslation();
  const serves = useMay('serve');
  const [ending, setEnding] = useState<Schemas['Ticket'] | null>(null);
  const query = useInfiniteQuery({
    queryKey: ['tickets'],
    queryFn: ({ pageParam }) => body(admin.GET('/admin/v1/tickets', { params: { query: { after: pageParam, limit } } })),
    initialPageParam: '',
    getNextPageParam: (last) => (last.more ? last.tickets?.at(-1)?.id : undefined),
    refetchInterval,
  });
  return (
    <Shown query={query}>
      {({ pages }) => {
        const list = pages.flatMap((p) => p.tickets ?? []);
        if (list.length === 0) return <Nothing icon={<InboxOutlined />} title={t('jobs.noTickets')} hint={t('jobs.noTicketsHint')} />;
        return (
          <>
            <ul className="rows">
              {list.map((j) => (
                <li key={j.id} className="row">
                  <div className="row-main">
                    <b>{j.key_name ?? j.key}</b> <Mark>{t(`jobs.kinds.${j.kind}`)}</Mark>
                    <Mark tone={j.state === 'done' ? (j.status && j.status < 300 ? 'good' : 'bad') : 'warm'}>
                      {t(`jobs.states.${j.state}`)}
                    </Mark>
                    <div className="quiet">
                      {[
                        j.path,
                        `${t('jobs.created')} ${moment(j.created, i18n.language)}`,
                        j.expires && t('jobs.kept', { time: moment(j.expires, i18n.language) }),
                        j.tries > 1 && t('jobs.tries', { n: j.tries }),
                      ]
                        .filter(Boolean)
                        .join(' · ')}
                    </div>
                    <div className="quiet">
                      <code>{j.id}</code>
                    </div>
                  </div>
                  {serves && (
                    <Button danger size="small" onClick={() => setEnding(j)} aria-label={`${t('jobs.end')} ${j.id}`}>
                      {t('jobs.end')}
                    </Button>
                  )}
                </li>
              ))}
            </ul>
            <More query={query} />
            {ending && (
              <Withdraw
                title={t('jobs.endTicketTitle')}
                hint={t('jobs.endTicketHint')}
                word={ending.id.slice(-6)}
                run={() => body(admin.DELETE('/admin/v1/tickets/{id}', { params: { path: { id: ending.id } } }))}
                of="tickets"
                onClose={() => setEnding(null)}
              />
            )}
          </>
        );
      }}
    </Shown>
  );
}

function More({ query }: { query: { hasNextPage: boolean; isFetchingNextPage: boolean; fetchNextPage(): unknown } }) {
  const { t } = useTranslation();
  if (!query.hasNextPage) return null;
  return (
    <Button block type="text" loading={query.isFetchingNextPage} onClick={() => query.fetchNextPage()}>
      {t('models.more')}
    </Button>
  );
}

function Withdraw({
  of,
  onClose,
  ...rest
}: {
  title: string;
  hint: string;
  word: string;
  run(): Promise<unknown>;
  of: string;
  onClose(): void;
}) {
  const { t } = useTranslation();
  const notices = useNotices();
  const queries = useQueryClient();
  return (
    <Typed
      {...rest}
      ok={t('jobs.end')}
      onDone={() => {
        notices.success(t('jobs.ended'));
        onClose();
        void queries.invalidateQueries({ queryKey: [of] });
      }}
      onClose={onClose}
    />
  );
}
