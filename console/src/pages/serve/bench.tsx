import '../../i18n/serve';
import { ThunderboltOutlined } from '@ant-design/icons';
import { Alert, Button, Card, Form, Select } from 'antd';
import { lazy, Suspense, useCallback, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useFeed } from '../../api/feed';
import { useOffered } from '../../api/models';
import { useMay } from '../../api/session';
import { Mark } from '../../components/mark';
import { Page } from '../../components/page';
import { Nothing, Shown } from '../../components/states';
import { integer, moment, span } from '../../lib/format';
import { type Measurement, Measuring, rate, Serves, useMeasure } from './measure';
import type { Schemas } from './queries';

const Plot = lazy(() => import('../../components/plot').then((m) => ({ default: m.Plot })));

/** How fast models answer here, measured through everything that clients pass. */
export function Bench() {
  const { t } = useTranslation();
  const feed = useFeed<Schemas['Measurements']>('admin/v1/measurements/events');
  const measures = useMay('serve');
  return (
    <Page title={t('nav.bench')} intro={t('bench.intro')}>
      <Shown query={{ data: feed.data, error: feed.error, isPending: !feed.data, refetch: feed.retry }}>
        {({ running, past }) => (
          <>
            {running ? (
              <Card className="card">
                <Measuring m={running} stops={measures} />
              </Card>
            ) : (
              measures && <Order />
            )}
            {(past ?? []).length === 0 && !running && (
              <Nothing icon={<ThunderboltOutlined />} title={t('bench.none')} hint={t('bench.noneHint')} />
            )}
            <Past list={past ?? []} />
          </>
        )}
      </Shown>
    </Page>
  );
}

const levels = { few: [1, 2, 4], many: [1, 2, 4, 8, 16], most: [1, 4, 16, 64] } as const;

type Wanted = { model: string; clients: keyof typeof levels; prompt: number; answer: number };

function Order() {
  const { t } = useTranslation();
  const offered = useOffered().data ?? [];
  const [form] = Form.useForm<Wanted>();
  const measure = useMeasure();
  if (offered.length === 0) return null;
  const tokens = (list: number[]) => list.map((n) => ({ value: n, label: t('chat.tokens', { n }) }));
  return (
    <Card className="card">
      <Form
        form={form}
        layout="vertical"
        requiredMark={false}
        className="order"
        initialValues={{ model: offered[0]?.id, clients: 'few', prompt: 128, answer: 64 }}
        onFinish={(w) =>
          measure.mutate({ model: w.model, clients: [...levels[w.clients]], prompt_tokens: w.prompt, answer_tokens: w.answer })
        }
      >
        <Form.Item name="model" label={t('bench.model')}>
          <Select options={offered.map((m) => ({ value: m.id, label: m.id }))} />
        </Form.Item>
        <Form.Item name="clients" label={t('bench.clients')}>
          <Select options={Object.entries(levels).map(([value, list]) => ({ value, label: list.join(', ') }))} />
        </Form.Item>
        <Form.Item name="prompt" label={t('bench.prompt')}>
          <Select options={tokens([32, 128, 512, 2048])} />
        </Form.Item>
        <Form.Item name="answer" label={t('bench.answer')}>
          <Select options={tokens([16, 64, 256])} />
        </Form.Item>
        <Button type="primary" htmlType="submit" icon={<ThunderboltOutlined />} loading={measure.isPending}>
          {t('bench.start')}
        </Button>
      </Form>
      <p className="quiet">{t('bench.cost')}</p>
    </Card>
  );
}

const tones = { done: 'good', failed: 'bad', cancelled: undefined, running: 'warm' } as const;

function Past({ list }: { list: Measurement[] }) {
  const { t, i18n } = useTranslation();
  const [chosen, setChosen] = useState('');
  if (list.length === 0) return null;
  const m = list.find((x) => x.started === chosen) ?? (list[0] as Measurement);
  return (
    <>
      <div className="section-head">
        <h2 className="section">{t('bench.result')}</h2>
        <Select
          aria-label={t('bench.which')}
          value={m.started}
          onChange={setChosen}
          popupMatchSelectWidth={false}
          options={list.map((x) => ({ value: x.started, label: `${x.model} · ${moment(x.started, i18n.language)}` }))}
        />
      </div>
      <Card
        className="card"
        title={m.model}
        extra={
          <>
            <Mark>{t('bench.by', { name: m.by })}</Mark>
            <Mark tone={tones[m.state]}>{t(`bench.states.${m.state}`)}</Mark>
          </>
        }
      >
        {m.problem && <Alert type="error" showIcon title={m.problem.message} description={m.problem.remedy} />}
        {m.people > 0 && <Serves m={m} />}
        {m.people > 0 && <p className="quiet">{t('bench.reckoned')}</p>}
        {(m.levels ?? []).length > 0 && <Levels list={m.levels ?? []} />}
      </Card>
    </>
  );
}

function Levels({ list }: { list: Schemas['Level'][] }) {
  const { t, i18n } = useTranslation();
  const language = i18n.language;
  const x = useMemo(() => list.map((_, i) => i), [list]);
  const at = useCallback((n: number) => (list[n] ? `${list[n].clients}` : ''), [list]);
  const speeds = useMemo(() => {
    const show = (n: number) => rate(n, language);
    return [
      { name: t('bench.all'), values: list.map((l) => l.answer_tokens_per_second), show },
      { name: t('bench.each'), values: list.map((l) => l.stream_tokens_per_second), show },
    ];
  }, [list, language, t]);
  const waits = useMemo(() => {
    const show = (n: number) => span(n * 1000, t);
    return [
      { name: t('bench.ttft'), values: list.map((l) => l.ttft_seconds), show },
      { name: t('bench.ttft95'), values: list.map((l) => l.ttft_p95_seconds), show },
    ];
  }, [list, t]);
  return (
    <>
      <div className="plots">
        <figure>
          <figcaption className="quiet">{t('bench.speeds')}</figcaption>
          <Suspense fallback={<div className="plot-room" />}>
            <Plot x={x} series={speeds} at={at} of={t('bench.clients')} label={t('bench.speeds')} />
          </Suspense>
        </figure>
        <figure>
          <figcaption className="quiet">{t('bench.waits')}</figcaption>
          <Suspense fallback={<div className="plot-room" />}>
            <Plot x={x} series={waits} at={at} of={t('bench.clients')} label={t('bench.waits')} />
          </Suspense>
        </figure>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard */}
      <section className="sheet" tabIndex={0} aria-label={t('bench.result')}>
        <table>
          <thead>
            <tr>
              {(['clients', 'all', 'each', 'ttft', 'ttft95', 'gap95', 'failed'] as const).map((k) => (
                <th key={k} scope="col" className="number">
                  {t(`bench.${k}`)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {list.map((l) => (
              <tr key={l.clients}>
                <td className="number">{l.clients}</td>
                <td className="number">{rate(l.answer_tokens_per_second, language)}</td>
                <td className="number">{rate(l.stream_tokens_per_second, language)}</td>
                <td className="number">{span(l.ttft_seconds * 1000, t)}</td>
                <td className="number">{span(l.ttft_p95_seconds * 1000, t)}</td>
                <td className="number">{span(l.gap_p95_seconds * 1000, t)}</td>
                <td className="number">{integer(l.failed, language)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </>
  );
}
