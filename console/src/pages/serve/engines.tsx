import '../../i18n/serve';
import { ApartmentOutlined } from '@ant-design/icons';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Alert, Button, Card } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { admin, body } from '../../api/client';
import { Problem } from '../../api/problem';
import { useMay } from '../../api/session';
import { useNotices } from '../../app/notices';
import { Snippet } from '../../components/copy';
import { Mark } from '../../components/mark';
import { Figure, Page } from '../../components/page';
import { Nothing, Shown } from '../../components/states';
import { Typed } from '../../components/typed';
import { integer, moment, span } from '../../lib/format';
import { type Schemas, upstreams } from './queries';

type Upstream = Schemas['Upstream'];

const example = `upstreams:
  - name: gpu
    kind: vllm
    url: http://10.0.0.8:8000/v1`;

/** The engines and services behind the appliance, and how they are. */
export function Engines() {
  const { t, i18n } = useTranslation();
  const query = useQuery(upstreams(i18n.language));
  const [restarting, setRestarting] = useState<string | null>(null);
  return (
    <Page title={t('nav.engines')} intro={t('engines.intro')}>
      <Shown query={query}>
        {(list) =>
          list.length === 0 ? (
            <Nothing icon={<ApartmentOutlined />} title={t('engines.none')} hint={t('engines.noneHint')}>
              <Snippet text={example} />
            </Nothing>
          ) : (
            <div className="cards">
              {list.map((u) => (
                <One key={u.name} u={u} onRestart={() => setRestarting(u.name)} />
              ))}
            </div>
          )
        }
      </Shown>
      {restarting && <Restart name={restarting} onClose={() => setRestarting(null)} />}
    </Page>
  );
}

const tones = { up: 'good', down: 'bad', starting: 'warm', resting: 'warm', drained: undefined } as const;

function One({ u, onRestart }: { u: Upstream; onRestart(): void }) {
  const { t, i18n } = useTranslation();
  const serves = useMay('serve');
  const act = useAct(u.name);
  const n = (x: number) => integer(x, i18n.language);
  const drained = u.state === 'drained';
  return (
    <Card
      className="card"
      title={u.name}
      extra={
        <>
          <Mark>{u.kind}</Mark>
          <Mark tone={tones[u.state]}>{t(`engines.states.${u.state}`)}</Mark>
        </>
      }
    >
      <p className="facts">{u.url}</p>
      <p className="quiet">{t(`engines.means.${u.state}`, { time: span((u.rests_seconds ?? 0) * 1000, t) })}</p>
      <dl className="figures-grid spaced-top">
        <Figure
          name={t('engines.running')}
          value={n(u.running)}
          hint={u.slots > 0 ? t(u.slots_found ? 'engines.slotsFound' : 'engines.slots', { n: n(u.slots) }) : undefined}
        />
        <Figure name={t('engines.waiting')} value={n(u.waiting)} />
        <Figure
          name={t('engines.answers')}
          value={n(u.answers)}
          hint={u.troubles > 0 ? t('engines.troubles', { n: n(u.troubles) }) : undefined}
        />
        {u.load && (
          <Figure
            name={t('engines.cache')}
            value={`${Math.round(u.load.cache * 100)}%`}
            hint={t('engines.load', { running: n(u.load.running), waiting: n(u.load.waiting) })}
          />
        )}
      </dl>
      <p className="quiet spaced-top">
        {[
          u.worked_at ? t('engines.worked', { time: moment(u.worked_at, i18n.language) }) : t('engines.never'),
          u.failures > 0 && t('engines.failures', { n: u.failures }),
          t(`engines.data.${u.data_class}`),
        ]
          .filter(Boolean)
          .join(' · ')}
      </p>
      {u.engine && (
        <p className="quiet">
          {[
            t('engines.managed', { template: u.engine.template, state: t(`engines.process.${u.engine.state}`) }),
            u.engine.starts > 1 && t('engines.starts', { n: u.engine.starts }),
            u.engine.why,
          ]
            .filter(Boolean)
            .join(' · ')}
        </p>
      )}
      {(u.models ?? []).length > 0 && (
        <p className="tags">
          {(u.models ?? []).slice(0, 12).map((m) => (
            <Mark key={m}>{m}</Mark>
          ))}
          {(u.models ?? []).length > 12 && <Mark>+{(u.models ?? []).length - 12}</Mark>}
        </p>
      )}
      {u.trouble && (u.state !== 'up' || u.failures > 0) && (
        <Alert
          type={u.state === 'down' ? 'error' : 'warning'}
          showIcon
          title={u.trouble.message}
          description={`${u.trouble.remedy} (${moment(u.trouble.at, i18n.language)})`}
        />
      )}
      {serves && (
        <div className="card-acts">
          <Button
            size="small"
            loading={act.isPending && act.variables !== 'probe'}
            onClick={() => act.mutate(drained ? 'undrain' : 'drain')}
            aria-label={`${t(drained ? 'engines.undrain' : 'engines.drain')} ${u.name}`}
          >
            {t(drained ? 'engines.undrain' : 'engines.drain')}
          </Button>
          <Button
            size="small"
            loading={act.isPending && act.variables === 'probe'}
            onClick={() => act.mutate('probe')}
            aria-label={`${t('engines.probe')} ${u.name}`}
          >
            {t('engines.probe')}
          </Button>
          {u.engine && (
            <Button danger size="small" onClick={onRestart} aria-label={`${t('engines.restart')} ${u.name}`}>
              {t('engines.restart')}
            </Button>
          )}
        </div>
      )}
    </Card>
  );
}

/** What can be undone, or takes nothing away, is done at once. */
function useAct(upstream: string) {
  const { t } = useTranslation();
  const notices = useNotices();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (act: 'drain' | 'undrain' | 'probe') => {
      const asked = { body: { upstream } };
      if (act === 'drain') return body(admin.POST('/admin/v1/upstreams/drain', asked));
      if (act === 'undrain') return body(admin.POST('/admin/v1/upstreams/undrain', asked));
      return body(admin.POST('/admin/v1/upstreams/probe', asked));
    },
    onSuccess: (_, act) => notices.success(t(`engines.done.${act}`, { name: upstream })),
    onError: (e) => notices.error(`${Problem.any(e).message} ${Problem.any(e).remedy}`),
    onSettled: () => void queries.invalidateQueries({ queryKey: ['upstreams'] }),
  });
}

function Restart({ name, onClose }: { name: string; onClose(): void }) {
  const { t } = useTranslation();
  const notices = useNotices();
  const queries = useQueryClient();
  return (
    <Typed
      title={t('engines.restartTitle', { name })}
      hint={t('engines.restartHint')}
      word={name}
      ok={t('engines.restart')}
      run={() => body(admin.POST('/admin/v1/upstreams/restart', { body: { upstream: name } }))}
      onDone={() => {
        notices.success(t('engines.done.restart', { name }));
        onClose();
        void queries.invalidateQueries({ queryKey: ['upstreams'] });
      }}
      onClose={onClose}
    />
  );
}
