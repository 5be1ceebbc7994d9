import { useMutation } from '@tanstack/react-query';
import { Alert, Button, Drawer } from 'antd';
import { useTranslation } from 'react-i18next';
import { admin, body } from '../../api/client';
import { Problem } from '../../api/problem';
import { Copy } from '../../components/copy';
import { clock } from '../../lib/format';
import { useActs, type Wanted } from './audit';
import type { Schemas } from './queries';

type Found = Schemas['AuditRecord'];

/** In the order in which they are read. */
const fields = [
  'time',
  'kind',
  'act',
  'stage',
  'name',
  'person',
  'key',
  'from',
  'object',
  'model',
  'served_by',
  'result',
  'finish',
  'prompt_tokens',
  'completion_tokens',
  'wait_ms',
  'first_ms',
  'took_ms',
  'data_class',
  'detail',
  'times',
  'request',
] as const;

/** One record, with all it says. */
export function Detail({ r, onNarrow, onClose }: { r: Found; onNarrow(w: Partial<Wanted>): void; onClose(): void }) {
  const { t, i18n } = useTranslation();
  const act = useActs();
  const read = useMutation({ mutationFn: () => body(admin.GET('/admin/v1/audit/{n}/content', { params: { path: { n: r.n } } })) });
  const problem = read.error && Problem.any(read.error);
  const shown = (f: (typeof fields)[number]) => {
    if (f === 'time') return clock(r.time, i18n.language);
    if (f === 'kind') return t(`audit.kinds.${r.kind}`);
    if (f === 'act') return `${act(r.act)} (${r.act})`;
    return r[f];
  };
  return (
    <Drawer open onClose={onClose} title={t('audit.record', { n: r.n })} size={460}>
      <dl className="record">
        {fields.map((f) => {
          const value = shown(f);
          return (
            value !== undefined &&
            value !== '' && (
              <div key={f}>
                <dt>{t(`audit.fields.${f}`)}</dt>
                <dd>{value}</dd>
              </div>
            )
          );
        })}
        {(r.verdicts ?? []).length > 0 && (
          <div>
            <dt>{t('audit.fields.verdicts')}</dt>
            <dd>
              {(r.verdicts ?? []).map((v) => (
                <div key={`${v.by} ${v.class} ${v.action}`}>
                  {v.by}: {v.class} → {v.action} {v.times && v.times > 1 ? `× ${v.times}` : ''}
                </div>
              ))}
            </dd>
          </div>
        )}
      </dl>
      <div className="record-acts">
        {r.request && (
          <Button size="small" onClick={() => onNarrow({ request: r.request })}>
            {t('audit.same')}
          </Button>
        )}
        {r.key && (
          <Button size="small" onClick={() => onNarrow({ key: r.key })}>
            {t('audit.byKey')}
          </Button>
        )}
        {r.content && !read.data && (
          <Button size="small" loading={read.isPending} title={t('audit.contentHint')} onClick={() => read.mutate()}>
            {t('audit.content')}
          </Button>
        )}
        <Copy text={JSON.stringify(r, null, 2)} label={t('audit.copyRecord')} showLabel />
      </div>
      {problem && <Alert type="error" showIcon title={problem.message} description={problem.remedy} className="spaced" />}
      {read.data && (
        <>
          <h3 className="section">{t('audit.question')}</h3>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard */}
          <pre className="record-content" tabIndex={0}>
            {JSON.stringify(read.data.content, null, 2)}
          </pre>
        </>
      )}
    </Drawer>
  );
}
