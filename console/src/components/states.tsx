import { CloudServerOutlined, DisconnectOutlined, LockOutlined, WarningOutlined } from '@ant-design/icons';
import { useQueryClient } from '@tanstack/react-query';
import { Button, Spin } from 'antd';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Problem } from '../api/problem';
import { become, signOut } from '../api/session';

function State({ icon, title, children, page }: { icon: ReactNode; title: ReactNode; children?: ReactNode; page?: boolean }) {
  return (
    <div className={page ? 'state state-page' : 'state'}>
      <div className="state-icon" aria-hidden>
        {icon}
      </div>
      <h2>{title}</h2>
      {children}
    </div>
  );
}

export function Loading({ page }: { page?: boolean }) {
  const { t } = useTranslation();
  return (
    <div className={page ? 'state state-page' : 'state'} role="status" aria-label={t('common.loading')}>
      <Spin size="large" />
    </div>
  );
}

export function Nothing({ icon, title, hint, children }: { icon?: ReactNode; title: string; hint?: string; children?: ReactNode }) {
  return (
    <State icon={icon ?? <CloudServerOutlined />} title={title}>
      {hint && <p>{hint}</p>}
      {children}
    </State>
  );
}

export function Forbidden() {
  const { t } = useTranslation();
  const queries = useQueryClient();
  return (
    <State icon={<LockOutlined />} title={t('state.forbidden')}>
      <p>{t('state.forbiddenHint')}</p>
      <Button type="primary" onClick={() => signOut().finally(() => become(queries, null))}>
        {t('state.signInAgain')}
      </Button>
    </State>
  );
}

export function Failed({ error, onRetry, page }: { error: unknown; onRetry?: () => void; page?: boolean }) {
  const { t } = useTranslation();
  const p = Problem.any(error);
  if (p.forbidden) return <Forbidden />;
  return (
    <State
      icon={p.status === 0 ? <DisconnectOutlined /> : <WarningOutlined />}
      title={p.status === 0 ? p.message : t('state.failed')}
      page={page}
    >
      {p.status !== 0 && <p>{p.message}</p>}
      {p.remedy && <p>{p.remedy}</p>}
      {p.status > 0 && (
        <p className="quiet">
          {t('state.code')} <code>{p.code}</code>
        </p>
      )}
      {onRetry && (
        <Button type="primary" onClick={onRetry}>
          {t('common.retry')}
        </Button>
      )}
    </State>
  );
}

/** What a query found, or the state it is in. */
export function Shown<T>({
  query,
  children,
}: {
  query: { data?: T; error: unknown; isPending: boolean; refetch: () => unknown };
  children: (data: T) => ReactNode;
}) {
  if (query.data !== undefined && !(query.error instanceof Problem && query.error.forbidden)) return children(query.data);
  if (query.error) return <Failed error={query.error} onRetry={() => query.refetch()} />;
  return <Loading />;
}
