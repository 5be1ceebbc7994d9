import '../../i18n/serve';
import { DashboardOutlined, PlusOutlined } from '@ant-design/icons';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Button, Progress } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { admin, body } from '../../api/client';
import { Problem } from '../../api/problem';
import { useMay } from '../../api/session';
import { useNotices } from '../../app/notices';
import { Mark } from '../../components/mark';
import { Page } from '../../components/page';
import { Nothing, Shown } from '../../components/states';
import { integer, moment } from '../../lib/format';
import { quotas, type Schemas } from './queries';
import { measureOf, SetQuota } from './quota';
import { everyone, parse, useScopes } from './scope';
import { yuan } from './usage';

type Quota = Schemas['Quota'];

/** Who may use how much, and how much of that is used. */
export function Quotas() {
  const { t } = useTranslation();
  const query = useQuery(quotas());
  const grants = useMay('grant');
  const { named } = useScopes();
  const [editing, setEditing] = useState<Quota | 'new' | null>(null);
  const add = grants && (
    <Button type="primary" icon={<PlusOutlined />} onClick={() => setEditing('new')}>
      {t('quotas.add')}
    </Button>
  );
  return (
    <Page title={t('nav.quotas')} intro={t('quotas.intro')} extra={query.data && query.data.length > 0 && add}>
      <Shown query={query}>
        {(list) =>
          list.length === 0 ? (
            <Nothing icon={<DashboardOutlined />} title={t('quotas.none')} hint={t('quotas.noneHint')}>
              {add}
            </Nothing>
          ) : (
            <ul className="rows">
              {list.map((q) => (
                <Row key={`${q.scope} ${q.quota}`} q={q} whose={named(q.scope)} onEdit={grants ? () => setEditing(q) : undefined} />
              ))}
            </ul>
          )
        }
      </Shown>
      {editing && <SetQuota q={editing === 'new' ? null : editing} onClose={() => setEditing(null)} />}
    </Page>
  );
}

function Row({ q, whose, onEdit }: { q: Quota; whose: string; onEdit?(): void }) {
  const { t, i18n } = useTranslation();
  const end = useEnd(q, whose);
  const { measure, period } = measureOf(q.quota);
  const amount = (n: number) =>
    measure === 'spend' ? yuan(n, i18n.language) : `${integer(n, i18n.language)} ${t(`quotas.unit.${measure}`)}`;
  const each = parse(q.scope).id === everyone;
  const share = q.used === undefined ? 0 : (q.used / q.limit) * 100;
  const near = q.warn_percent > 0 && share >= q.warn_percent;
  return (
    <li className="row">
      <DashboardOutlined aria-hidden className="row-icon" />
      <div className="row-main">
        <b>{whose}</b> <Mark>{t(`usage.${parse(q.scope).kind}`)}</Mark>
        {share >= 100 ? <Mark tone="bad">{t('quotas.full')}</Mark> : near && <Mark tone="warm">{t('quotas.near')}</Mark>}
        <div className="quiet">
          {[
            period
              ? t('quotas.rate', { measure: t(`quotas.measure.${measure}`), period: t(`quotas.period.${period}`) })
              : t('quotas.measure.concurrent'),
            q.used === undefined || each
              ? t('quotas.upTo', { limit: amount(q.limit) })
              : t('quotas.used', { used: amount(q.used), limit: amount(q.limit) }),
            q.warn_percent > 0 && t('quotas.warnAt', { n: q.warn_percent }),
            each ? t('quotas.eachHint') : q.reset && t('quotas.reset', { time: moment(q.reset, i18n.language) }),
          ]
            .filter(Boolean)
            .join(' · ')}
        </div>
        {!each && (
          <Progress
            percent={Math.min(100, share)}
            showInfo={false}
            status={share >= 100 ? 'exception' : 'normal'}
            aria-label={t('quotas.used', { used: amount(q.used ?? 0), limit: amount(q.limit) })}
          />
        )}
      </div>
      {onEdit && (
        <div className="row-acts">
          <Button size="small" onClick={onEdit} aria-label={`${t('quotas.edit')} ${whose}`}>
            {t('quotas.edit')}
          </Button>
          <Button danger size="small" loading={end.isPending} onClick={() => end.mutate()} aria-label={`${t('quotas.remove')} ${whose}`}>
            {t('quotas.remove')}
          </Button>
        </div>
      )}
    </li>
  );
}

/** Ends a quota at once, and has it back where that was not meant. */
function useEnd(q: Quota, whose: string) {
  const { t } = useTranslation();
  const notices = useNotices();
  const queries = useQueryClient();
  const failed = (e: Error) => notices.error(`${Problem.any(e).message} ${Problem.any(e).remedy}`);
  const settled = () => queries.invalidateQueries({ queryKey: ['quotas'] });
  const back = useMutation({
    mutationFn: () =>
      body(admin.PUT('/admin/v1/quotas', { body: { scope: q.scope, quota: q.quota, limit: q.limit, warn_percent: q.warn_percent } })),
    onSuccess: () => notices.success(t('quotas.back', { whose })),
    onError: failed,
    onSettled: settled,
  });
  return useMutation({
    mutationFn: () => body(admin.DELETE('/admin/v1/quotas', { params: { query: { scope: q.scope, quota: q.quota } } })),
    onSuccess: () => {
      const key = `ended-${q.scope}-${q.quota}`;
      const undo = () => {
        notices.destroy(key);
        back.mutate();
      };
      notices.open({
        key,
        type: 'info',
        duration: 8,
        content: (
          <>
            {t('quotas.removed', { whose })}{' '}
            <Button type="link" size="small" onClick={undo}>
              {t('common.undo')}
            </Button>
          </>
        ),
      });
    },
    onError: failed,
    onSettled: settled,
  });
}
