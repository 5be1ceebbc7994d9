import { CheckCircleOutlined, ClockCircleOutlined } from '@ant-design/icons';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Alert, Button, Input, Radio } from 'antd';
import { type ReactNode, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { admin, body, root, type Schemas } from '../../api/client';
import { useFeed } from '../../api/feed';
import { Problem } from '../../api/problem';
import { useMay } from '../../api/session';
import { useNotices } from '../../app/notices';
import { Snippet } from '../../components/copy';
import { Mark } from '../../components/mark';
import { Figure } from '../../components/page';
import { Shown } from '../../components/states';
import { bytes, integer, parameters } from '../../lib/format';
import { Making, useMaking, usePull } from '../serve/making';
import { Measuring, Serves, useMeasure } from '../serve/measure';
import { library, models, status, upstreams } from '../serve/queries';
import type { Guide } from './guide';

type Props = { g: Guide; note(more: Partial<Schemas['GuideBody']>): void };

/** What the machine is was found out; how many will use it can't be. */
export function Plan({ g, note }: Props) {
  const { t, i18n } = useTranslation();
  const query = useQuery(status());
  const [people, setPeople] = useState(g.people ? String(g.people) : '');
  const n = Number(people);
  return (
    <>
      <Shown query={query}>
        {({ machine }) => (
          <dl className="figures-grid">
            <Figure name={t('overview.cores')} value={machine.cores} hint={machine.processor || machine.platform} />
            <Figure
              name={t('overview.memory')}
              value={bytes(machine.memory_bytes)}
              hint={`${t('overview.forModels')} ${bytes(machine.model_bytes)}`}
            />
            <Figure name={t('guide.disk')} value={bytes(g.where.free_bytes)} hint={t('guide.free')} />
          </dl>
        )}
      </Shown>
      <div className="guide-ask">
        <label htmlFor="people">{t('guide.people')}</label>
        <Input
          id="people"
          inputMode="numeric"
          maxLength={7}
          value={people}
          onChange={(e) => setPeople(e.target.value.replace(/\D/g, ''))}
          onBlur={() => n !== (g.people ?? 0) && note({ people: n })}
          suffix={t('guide.unit')}
        />
        <span className="quiet">
          {n > 0
            ? t('guide.peopleNeed', { n: integer(n, i18n.language), speed: integer(Math.ceil(n / 0.6), i18n.language) })
            : t('guide.peopleHint')}
        </span>
      </div>
    </>
  );
}

/** Where what is kept lies, and what may leave. */
export function Data({ g }: Props) {
  const { t, i18n } = useTranslation();
  const others = useQuery(upstreams(i18n.language)).data ?? [];
  return (
    <ul className="facts-list">
      <Fact>
        {t('guide.folder')} <code>{g.where.data}</code> {t('guide.folderFree', { free: bytes(g.where.free_bytes) })}
      </Fact>
      <Fact>{t('guide.kept')}</Fact>
      {others.length === 0 ? (
        <Fact>{t('guide.stays')}</Fact>
      ) : (
        others.map((u) => (
          <Fact key={u.name} warm={u.data_class !== 'public'}>
            {t('guide.leaves', { name: u.name, url: u.url })} {t(`engines.data.${u.data_class}`)}
          </Fact>
        ))
      )}
      <Fact>{t('guide.recorded')}</Fact>
    </ul>
  );
}

function Fact({ warm, children }: { warm?: boolean; children: ReactNode }) {
  return (
    <li>
      <span aria-hidden className={warm ? 'fact-warm' : 'fact-good'}>
        {warm ? <ClockCircleOutlined /> : <CheckCircleOutlined />}
      </span>
      <span>{children}</span>
    </li>
  );
}

/** Which model most are to be answered by: one that is here, or one that is fetched. */
export function Model({ g, note }: Props) {
  const { t, i18n } = useTranslation();
  const query = useQuery(models(i18n.language));
  const shelf = useQuery(library({ search: '', kind: 'chat', fits: true, native: true, commercial: true }, i18n.language)).data;
  const best = shelf?.models?.find((m) => m.id === shelf.recommended);
  const jobs = useMaking();
  const pull = usePull();
  const queries = useQueryClient();
  const done = jobs.filter((j) => j.state === 'done').length;
  // biome-ignore lint/correctness/useExhaustiveDependencies: one more is there
  useEffect(() => void queries.invalidateQueries({ queryKey: ['models'] }), [done]);
  return (
    <Shown query={query}>
      {(all) => {
        const list = all.filter((m) => !m.problem && (m.task ?? 'chat') === 'chat');
        const fetched = best && all.some((m) => m.id === best.id);
        return (
          <>
            <Radio.Group className="choices" value={g.model} onChange={(e) => note({ model: e.target.value })}>
              {list.map((m) => (
                <Radio key={m.id} value={m.id}>
                  {m.id} <Mark>{m.origin === 'upstream' ? m.source : t(`models.origin.${m.origin}`)}</Mark>
                  {m.origin === 'starter' && <span className="quiet">{t('guide.starter')}</span>}
                </Radio>
              ))}
            </Radio.Group>
            {best && !fetched && (
              <div className="guide-more">
                <p>
                  {t('guide.recommended', { name: best.name })} <span className="quiet">{shelf?.reason}</span>
                </p>
                <p className="quiet">
                  {[`${parameters(best.parameters)} ${t('models.parameters')}`, best.quantization, bytes(best.file_bytes)].join(' · ')}
                </p>
                <Button loading={pull.isPending} onClick={() => pull.mutate(best.id)}>
                  {t('making.pull')}
                </Button>
              </div>
            )}
            {jobs.length > 0 && (
              <ul className="rows spaced-top">
                {jobs.slice(0, 3).map((j) => (
                  <Making key={j.id} j={j} />
                ))}
              </ul>
            )}
            <p className="quiet spaced-top">
              {t('guide.others')} <Link to="/serve/models">{t('models.library')}</Link>
            </p>
          </>
        );
      }}
    </Shown>
  );
}

/** The model in memory, and where others find the appliance. */
export function Deploy({ g }: Props) {
  const { t, i18n } = useTranslation();
  const notices = useNotices();
  const queries = useQueryClient();
  const state = useQuery(status()).data;
  const m = (useQuery(models(i18n.language)).data ?? []).find((x) => x.id === g.model);
  const loaded = state?.loaded?.some((x) => x.id === g.model);
  const load = useMutation({
    mutationFn: () => body(admin.POST('/admin/v1/models/load', { body: { model: g.model ?? '' } })),
    onError: (e) => notices.error(`${Problem.any(e).message} ${Problem.any(e).remedy}`),
    onSettled: () => void queries.invalidateQueries({ queryKey: ['status'] }),
  });
  return (
    <>
      <ul className="facts-list">
        {m?.source === 'native' ? (
          <Fact warm={!loaded}>
            {t(loaded ? 'guide.inMemory' : 'guide.notInMemory', { model: g.model })}{' '}
            {!loaded && (
              <Button size="small" loading={load.isPending} onClick={() => load.mutate()}>
                {t('models.load')}
              </Button>
            )}
          </Fact>
        ) : (
          <Fact>{t('guide.elsewhere', { model: g.model, source: m?.source ?? '' })}</Fact>
        )}
        <Fact warm={!g.where.open}>{t(g.where.open ? 'guide.open' : 'guide.closed', { listen: g.where.listen })}</Fact>
        <Fact warm={g.where.open && !g.where.tls}>{t(g.where.tls ? 'guide.tls' : 'guide.noTls')}</Fact>
      </ul>
      {!g.where.open && (
        <>
          <p className="quiet spaced-top">{t('guide.opens')}</p>
          <Snippet text={'listen: 0.0.0.0:4327\ntls:\n  cert: /etc/hearth/cert.pem\n  key: /etc/hearth/key.pem'} />
        </>
      )}
      <p className="quiet spaced-top">{t('guide.base')}</p>
      <Snippet text={`${root}v1`} />
    </>
  );
}

/** Whether it answers, and how fast: by asking it. */
export function Verify({ g }: Props) {
  const { t, i18n } = useTranslation();
  const feed = useFeed<Schemas['Measurements']>('admin/v1/measurements/events').data;
  const measure = useMeasure();
  const last = feed?.past?.find((m) => m.model === g.model);
  const good = last?.state === 'done' ? last : undefined;
  return (
    <>
      <p>{t('guide.verify', { model: g.model })}</p>
      {feed?.running ? (
        <Measuring m={feed.running} stops />
      ) : (
        <Button
          type={good ? 'default' : 'primary'}
          loading={measure.isPending}
          onClick={() => measure.mutate({ model: g.model ?? '', prompt_tokens: 64, answer_tokens: 32 })}
        >
          {t(last ? 'guide.measureAgain' : 'guide.measure')}
        </Button>
      )}
      {last?.problem && (
        <Alert type="error" showIcon title={last.problem.message} description={last.problem.remedy} className="spaced-top" />
      )}
      {good && (
        <div className="spaced-top">
          <Serves m={good} />
          <p className="quiet">{t('bench.reckoned')}</p>
          {!!g.people && good.people < g.people && (
            <Alert type="warning" showIcon title={t('guide.tooFew', { n: integer(g.people, i18n.language) })} className="spaced-top" />
          )}
        </div>
      )}
    </>
  );
}

/** What keeps it going once it runs. */
export function Operate() {
  const { t } = useTranslation();
  const s = useQuery({ queryKey: ['setup'], queryFn: () => body(admin.GET('/admin/v1/setup')) }).data;
  const people = useMay('people', 'grant');
  const three = !!s && s.system > 0 && s.security > 0 && s.audit > 0;
  return (
    <ul className="facts-list">
      <Fact warm={!s?.finished && !three}>
        {s?.finished
          ? t('guide.dutiesDone')
          : t('guide.duties', { system: s?.system ?? 0, security: s?.security ?? 0, audit: s?.audit ?? 0 })}{' '}
        {people && <Link to="/protect/people">{t('nav.people')}</Link>}
      </Fact>
      <Fact>
        {t('guide.keys')} <Link to={people ? '/protect/keys' : '/serve/keys'}>{t('nav.keys')}</Link>
      </Fact>
      <Fact>
        {t('guide.quotas')} <Link to="/serve/quotas">{t('nav.quotas')}</Link>
      </Fact>
      <Fact>
        {t('guide.watch')} <Link to="/serve/queue">{t('nav.queue')}</Link>
      </Fact>
    </ul>
  );
}
