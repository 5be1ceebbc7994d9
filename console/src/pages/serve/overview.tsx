import '../../i18n/serve';
import { ReloadOutlined } from '@ant-design/icons';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Button, Card, Progress } from 'antd';
import { useTranslation } from 'react-i18next';
import { admin, body } from '../../api/client';
import { Problem } from '../../api/problem';
import { useMay } from '../../api/session';
import { useNotices } from '../../app/notices';
import { Figure, Page } from '../../components/page';
import { Nothing, Shown } from '../../components/states';
import { bytes, integer, uptime } from '../../lib/format';
import { Measured } from './measured';
import { type Schemas, status } from './queries';

export function Overview() {
  const { t, i18n } = useTranslation();
  const query = useQuery(status());
  return (
    <Page
      title={t('overview.title')}
      extra={
        <Button icon={<ReloadOutlined />} onClick={() => query.refetch()} aria-label={t('common.refresh')} title={t('common.refresh')} />
      }
    >
      <Shown query={query}>
        {(s) => (
          <>
            <Measured />
            <Card title={t('overview.machine')} className="card">
              <dl className="figures-grid">
                <Figure name={t('overview.version')} value={s.version} />
                <Figure name={t('overview.uptime')} value={uptime(s.uptime_seconds, t)} />
                <Figure name={t('overview.cores')} value={s.machine.cores} hint={s.machine.processor || s.machine.platform} />
                <Figure
                  name={t('overview.memory')}
                  value={bytes(s.machine.memory_bytes)}
                  hint={`${t('overview.forModels')} ${bytes(s.machine.model_bytes)}`}
                />
              </dl>
              <Memory loaded={s.loaded ?? []} most={s.machine.model_bytes} />
            </Card>
            <h2 className="section">{t('overview.loaded')}</h2>
            {(s.loaded ?? []).length === 0 ? (
              <Nothing title={t('overview.noneLoaded')} hint={t('overview.noneLoadedHint')} />
            ) : (
              <div className="cards">
                {(s.loaded ?? []).map((m) => (
                  <InMemory key={m.id} m={m} language={i18n.language} />
                ))}
              </div>
            )}
          </>
        )}
      </Shown>
    </Page>
  );
}

function Memory({ loaded, most }: { loaded: Schemas['Loaded'][]; most: number }) {
  const { t } = useTranslation();
  const used = loaded.reduce((n, m) => n + m.file_bytes, 0);
  const share = most > 0 ? (used / most) * 100 : 0;
  return (
    <div className="memory">
      <span>
        {t('overview.modelFiles')} <b>{bytes(used)}</b> / {bytes(most)}
      </span>
      <Progress
        percent={Math.min(100, share)}
        showInfo={false}
        status={share > 100 ? 'exception' : 'normal'}
        aria-label={t('overview.modelFiles')}
      />
    </div>
  );
}

function InMemory({ m, language }: { m: Schemas['Loaded']; language: string }) {
  const { t } = useTranslation();
  const notices = useNotices();
  const queries = useQueryClient();
  const serves = useMay('serve');
  const unload = useMutation({
    mutationFn: () => body(admin.POST('/admin/v1/models/unload', { body: { model: m.id } })),
    onSuccess: () => notices.success(t('overview.unloaded', { model: m.id })),
    onError: (e) => notices.error(`${Problem.any(e).message}${language === 'en' ? '. ' : '。'}${Problem.any(e).remedy}`),
    onSettled: () => queries.invalidateQueries({ queryKey: ['status'] }),
  });
  const speed = m.busy_seconds > 0 ? m.answer_tokens / m.busy_seconds : 0;
  return (
    <Card
      className="card"
      title={m.id}
      extra={
        serves && (
          <Button size="small" loading={unload.isPending} onClick={() => unload.mutate()}>
            {t('overview.unload')}
          </Button>
        )
      }
    >
      <dl className="figures-grid">
        <Figure name={t('overview.running')} value={integer(m.running, language)} />
        <Figure name={t('overview.waiting')} value={integer(m.waiting, language)} />
        <Figure
          name={t('overview.answers')}
          value={integer(m.answer_tokens, language)}
          hint={speed > 0 ? `${t('overview.speed')} ${t('chat.speed', { n: speed.toFixed(1) })}` : undefined}
        />
        <Figure name={t('overview.prompts')} value={integer(m.prompt_tokens, language)} />
        <Figure name={t('overview.context')} value={integer(m.context_tokens, language)} />
        <Figure name={t('overview.file')} value={bytes(m.file_bytes)} />
      </dl>
    </Card>
  );
}
