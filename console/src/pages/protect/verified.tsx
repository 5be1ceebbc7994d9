import { CheckCircleOutlined, ExclamationCircleOutlined, SafetyOutlined } from '@ant-design/icons';
import { useMutation } from '@tanstack/react-query';
import { Alert, Button } from 'antd';
import { useTranslation } from 'react-i18next';
import { admin, body } from '../../api/client';
import { Problem } from '../../api/problem';
import { integer, span } from '../../lib/format';
import type { Schemas } from './queries';

type Report = Schemas['AuditReport'];

/** Whether the record is whole, found out while one waits. */
export function Verified() {
  const { t } = useTranslation();
  const verify = useMutation({ mutationFn: () => body(admin.POST('/admin/v1/audit/verify')) });
  const problem = verify.error && Problem.any(verify.error);
  const r = verify.data;
  const tone = !r ? '' : r.whole ? ' verified-whole' : ' verified-broken';
  return (
    <section className={`verified${tone}`} aria-live="polite">
      <div className="verified-head">
        <span className="verified-icon" aria-hidden>
          {!r ? <SafetyOutlined /> : r.whole ? <CheckCircleOutlined /> : <ExclamationCircleOutlined />}
        </span>
        <div className="verified-words">
          <b>{!r ? t('audit.unverified') : r.whole ? t('audit.whole') : t('audit.broken', { n: r.findings?.length ?? 0 })}</b>
          <Outcome r={r} />
        </div>
        <Button type={r ? 'default' : 'primary'} loading={verify.isPending} onClick={() => verify.mutate()}>
          {t(verify.isPending ? 'audit.verifying' : r ? 'audit.verifyAgain' : 'audit.verify')}
        </Button>
      </div>
      {problem && <Alert type="error" showIcon title={problem.message} description={problem.remedy} />}
      {r && <Findings r={r} />}
    </section>
  );
}

function Outcome({ r }: { r?: Report }) {
  const { t, i18n } = useTranslation();
  if (!r) return <p className="quiet">{t('audit.unverifiedHint')}</p>;
  const n = integer(r.records - r.first, i18n.language);
  return (
    <>
      <p className="quiet">
        {r.whole ? t('audit.wholeHint', { n, time: span(Math.max(100, r.seconds * 1000), t) }) : t('audit.brokenHint')}
      </p>
      <p className="quiet">{r.witness ? t('audit.vouched', { n: integer(r.vouched, i18n.language) }) : t('audit.noWitness')}</p>
    </>
  );
}

function Findings({ r }: { r: Report }) {
  const { t } = useTranslation();
  const findings = r.findings ?? [];
  const notes = r.notes ?? [];
  return (
    <>
      {findings.length > 0 && (
        <ul className="findings">
          {findings.slice(0, 50).map((f) => (
            <li key={`${f.fault} ${f.from} ${f.to} ${f.detail}`}>
              <b>{t(`audit.faults.${f.fault}`)}</b> {t('audit.range', { from: f.from, to: Math.max(f.from, f.to - 1) })}
              <span className="quiet"> · {f.detail}</span>
            </li>
          ))}
          {findings.length + (r.more ?? 0) > 50 && (
            <li className="quiet">{t('audit.more', { n: findings.length + (r.more ?? 0) - 50 })}</li>
          )}
        </ul>
      )}
      {notes.length > 0 && (
        <details className="quiet notes">
          <summary>
            {t('audit.notes')} ({notes.length})
          </summary>
          <ul>
            {notes.slice(0, 50).map((n) => (
              <li key={n}>{n}</li>
            ))}
          </ul>
        </details>
      )}
    </>
  );
}
