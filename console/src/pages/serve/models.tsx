import '../../i18n/serve';
import { MessageOutlined, SearchOutlined } from '@ant-design/icons';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Alert, Button, Card, Checkbox, Input, Select, Tabs } from 'antd';
import { useDeferredValue, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { admin, body } from '../../api/client';
import { Problem } from '../../api/problem';
import { useMay } from '../../api/session';
import { useNotices } from '../../app/notices';
import { Snippet } from '../../components/copy';
import { Mark } from '../../components/mark';
import { Page } from '../../components/page';
import { Nothing, Shown } from '../../components/states';
import { bytes, integer, parameters } from '../../lib/format';
import { Making, useMaking, usePull } from './making';
import { type Filter, library, models, type Schemas, status } from './queries';

export function Models() {
  const { t } = useTranslation();
  const [tab, setTab] = useState('installed');
  const serves = useMay('serve');
  return (
    <Page title={t('models.title')}>
      {serves && <Jobs />}
      <Tabs
        activeKey={tab}
        onChange={setTab}
        items={[
          { key: 'installed', label: t('models.installed'), children: <Installed onLibrary={() => setTab('library')} /> },
          { key: 'library', label: t('models.library'), children: <Library /> },
        ]}
      />
    </Page>
  );
}

/** What is being fetched or made, and what became of it. What is there now is asked for again when one is done. */
function Jobs() {
  const queries = useQueryClient();
  const jobs = useMaking();
  const done = jobs.filter((j) => j.state === 'done').length;
  // biome-ignore lint/correctness/useExhaustiveDependencies: one more is there
  useEffect(() => {
    void queries.invalidateQueries({ queryKey: ['models'] });
    void queries.invalidateQueries({ queryKey: ['offered'] });
  }, [done]);
  const shown = jobs.filter((j, i) => j.state === 'running' || i < 3);
  if (shown.length === 0) return null;
  return (
    <ul className="rows spaced">
      {shown.map((j) => (
        <Making key={j.id} j={j} />
      ))}
    </ul>
  );
}

function Installed({ onLibrary }: { onLibrary(): void }) {
  const { t, i18n } = useTranslation();
  const query = useQuery(models(i18n.language));
  const state = useQuery(status());
  const inMemory = new Set((state.data?.loaded ?? []).map((m) => m.id));
  return (
    <Shown query={query}>
      {(list) =>
        list.length === 0 ? (
          <Nothing title={t('models.none')} hint={t('models.noneHint')}>
            <Button type="primary" onClick={onLibrary}>
              {t('models.library')}
            </Button>
            <Snippet text="hearth model import FILE.gguf" />
          </Nothing>
        ) : (
          <div className="cards">
            {list.map((m) => (
              <Here key={m.id} m={m} loaded={inMemory.has(m.id)} />
            ))}
          </div>
        )
      }
    </Shown>
  );
}

function Here({ m, loaded }: { m: Schemas['Model']; loaded: boolean }) {
  const { t, i18n } = useTranslation();
  const notices = useNotices();
  const queries = useQueryClient();
  const serves = useMay('serve');
  const load = useMutation({
    mutationFn: () => body(admin.POST(loaded ? '/admin/v1/models/unload' : '/admin/v1/models/load', { body: { model: m.id } })),
    onSuccess: () => notices.success(t(loaded ? 'overview.unloaded' : 'models.loadedNow', { model: m.id })),
    onError: (e) => notices.error(`${Problem.any(e).message}${i18n.language === 'en' ? '. ' : '。'}${Problem.any(e).remedy}`),
    onSettled: () => void queries.invalidateQueries({ queryKey: ['status'] }),
  });
  const origin = m.origin === 'upstream' ? m.source : t(`models.origin.${m.origin}`);
  const facts = [
    m.architecture,
    m.parameters ? `${parameters(m.parameters)} ${t('models.parameters')}` : '',
    m.quantization,
    m.context_tokens ? `${t('models.context')} ${integer(m.context_tokens, i18n.language)}` : '',
    m.file_bytes ? bytes(m.file_bytes) : '',
  ].filter(Boolean);
  return (
    <Card
      className="card"
      title={m.id}
      extra={
        <>
          {loaded && <Mark tone="good">{t('models.loaded')}</Mark>}
          <Mark>{origin}</Mark>
        </>
      }
    >
      <p className="facts">{facts.join(' · ')}</p>
      {m.path && <p className="quiet path">{m.path}</p>}
      {m.problem ? (
        <Alert type="warning" showIcon title={`${t('models.problem')}：${m.problem}`} description={m.remedy} />
      ) : (
        <div className="card-acts">
          <Link to="/chat" onClick={() => localStorage.setItem('hearth.model', m.id)} className="ant-link-button">
            <MessageOutlined aria-hidden /> {t('models.ask')}
          </Link>
          {m.source === 'native' && serves && (
            <Button size="small" loading={load.isPending} onClick={() => load.mutate()}>
              {t(loaded ? 'overview.unload' : 'models.load')}
            </Button>
          )}
        </div>
      )}
    </Card>
  );
}

const page = 12;

function Library() {
  const { t, i18n } = useTranslation();
  const [filter, setFilter] = useState<Filter>({ search: '', kind: '', fits: true, native: false, commercial: false });
  const [most, setMost] = useState(page);
  const asked = useDeferredValue(filter);
  const query = useQuery(library(asked, i18n.language));
  const set = (part: Partial<Filter>) => {
    setFilter({ ...filter, ...part });
    setMost(page);
  };
  return (
    <>
      <div className="filters">
        <Input
          prefix={<SearchOutlined aria-hidden />}
          allowClear
          maxLength={200}
          value={filter.search}
          placeholder={t('models.searchHint')}
          aria-label={t('common.search')}
          onChange={(e) => set({ search: e.target.value })}
        />
        <Select
          aria-label={t('models.kind')}
          value={filter.kind}
          onChange={(kind) => set({ kind })}
          popupMatchSelectWidth={false}
          options={[
            { value: '', label: t('models.allKinds') },
            ...(['chat', 'embedding', 'reranker'] as const).map((k) => ({ value: k, label: t(`models.kinds.${k}`) })),
          ]}
        />
        <Checkbox checked={filter.fits} onChange={(e) => set({ fits: e.target.checked })}>
          {t('models.fits')}
        </Checkbox>
        <Checkbox checked={filter.native} onChange={(e) => set({ native: e.target.checked })}>
          {t('models.native')}
        </Checkbox>
        <Checkbox checked={filter.commercial} onChange={(e) => set({ commercial: e.target.checked })}>
          {t('models.commercial')}
        </Checkbox>
      </div>
      <Shown query={query}>
        {(found) => {
          const list = found.models ?? [];
          return (
            <>
              <p className="quiet">
                {t('models.results', { count: list.length })} · {t('models.offline')}
              </p>
              {list.length === 0 && <Nothing icon={<SearchOutlined />} title={t('models.noMatch')} hint={t('models.noMatchHint')} />}
              <div className="cards">
                {list.slice(0, most).map((m) => (
                  <There key={m.id} m={m} reason={m.id === found.recommended ? found.reason : undefined} />
                ))}
              </div>
              {list.length > most && (
                <Button block type="text" onClick={() => setMost(most + page)}>
                  {t('models.more')}
                </Button>
              )}
            </>
          );
        }}
      </Shown>
    </>
  );
}

function There({ m, reason }: { m: Schemas['LibraryModel']; reason?: string }) {
  const { t, i18n } = useTranslation();
  const [open, setOpen] = useState(false);
  const pull = usePull();
  return (
    <Card
      className="card"
      title={m.name}
      extra={
        <>
          {reason && <Mark tone="warm">{t('models.recommended')}</Mark>}
          <Mark>{t(`models.kinds.${m.kind as 'chat'}`, { defaultValue: m.kind })}</Mark>
        </>
      }
    >
      <p>{m.summary}</p>
      {reason && <p className="quiet">{reason}</p>}
      <p className="facts">
        {[
          m.publisher,
          `${parameters(m.parameters)} ${t('models.parameters')}`,
          m.quantization,
          m.file_bytes ? bytes(m.file_bytes) : '',
          `${t('models.context')} ${integer(m.context_tokens, i18n.language)}`,
        ]
          .filter(Boolean)
          .join(' · ')}
      </p>
      <p className="tags">
        <Mark tone={m.fits ? 'good' : undefined}>
          {m.fits
            ? `${t('models.fits')}${m.need_bytes ? ` · ${t('models.need')} ${bytes(m.need_bytes)}` : ''}`
            : m.need_bytes
              ? `${t('models.tooBig')} · ${t('models.need')} ${bytes(m.need_bytes)}`
              : t('models.tooBig')}
        </Mark>
        <Mark>{t(m.native ? 'models.native' : 'models.notNative')}</Mark>
        <Mark title={m.condition}>
          {m.licence} · {t(`models.commercialUse.${m.commercial_use}`)}
        </Mark>
      </p>
      {m.file_bytes > 0 && (
        <div className="card-acts">
          <Button
            type="primary"
            size="small"
            loading={pull.isPending}
            onClick={() => pull.mutate(m.id)}
            aria-label={`${t('making.pull')} ${m.name}`}
          >
            {t('making.pull')}
          </Button>
          {!open && (
            <Button type="text" size="small" onClick={() => setOpen(true)}>
              {t('models.how')}
            </Button>
          )}
        </div>
      )}
      {open && (
        <div className="pull">
          <span className="quiet">{t('models.pull')}</span>
          <Snippet text={`hearth model pull ${m.id}`} />
        </div>
      )}
    </Card>
  );
}
