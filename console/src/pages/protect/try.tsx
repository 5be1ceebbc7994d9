import { useMutation } from '@tanstack/react-query';
import { Alert, Button, Input, Segmented } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { admin, body } from '../../api/client';
import { Problem } from '../../api/problem';
import { type Span, Spans } from '../../components/spans';
import type { Schemas } from './queries';
import { Doing } from './rules';

type Finding = Schemas['Finding'];
type Tried = { text: string; result: Schemas['TryOutputBody'] };

/** Shows what would become of a text: what is found in it, how it is recognised, and what is done. */
export function Try() {
  const { t } = useTranslation();
  const [text, setText] = useState('');
  const [direction, setDirection] = useState<'request' | 'answer'>('request');
  const attempt = useMutation({
    mutationFn: async (): Promise<Tried> => ({
      text,
      result: await body(admin.POST('/admin/v1/guard/try', { body: { text, direction } })),
    }),
  });
  const problem = attempt.error && Problem.any(attempt.error);
  return (
    <section className="try">
      <h2>{t('guard.tryTitle')}</h2>
      <p className="quiet">{t('guard.tryHint')}</p>
      <Input.TextArea
        value={text}
        rows={4}
        placeholder={t('guard.tryPlaceholder')}
        aria-label={t('guard.text')}
        onChange={(e) => setText(e.target.value)}
      />
      <div className="try-foot">
        <Segmented
          value={direction}
          onChange={setDirection}
          options={[
            { value: 'request' as const, label: t('guard.asRequest') },
            { value: 'answer' as const, label: t('guard.asAnswer') },
          ]}
        />
        <Button type="primary" disabled={!text.trim()} loading={attempt.isPending} onClick={() => attempt.mutate()}>
          {t('guard.try')}
        </Button>
      </div>
      {problem && <Alert type="error" showIcon title={problem.message} description={problem.remedy} />}
      {attempt.data && <Outcome {...attempt.data} />}
    </section>
  );
}

function Outcome({ text, result }: Tried) {
  const { t } = useTranslation();
  const findings = result.findings ?? [];
  if (findings.length === 0) return <Alert type="success" showIcon title={t('guard.clean')} />;
  const chars = [...text];
  const what = (f: Finding) => `${nameOf(f.class)} · ${t(`guard.views.${f.view as 'surface'}`)}`;
  const nameOf = (c: string) => (findings.some((f) => f.class === c && f.view === 'private') ? t(`guard.kinds.${c as 'phone'}`) : c);
  const spans: Span[] = findings.map((f) => ({ start: f.start, end: f.end, tone: f.action === 'stop' ? 'bad' : 'warm', title: what(f) }));
  return (
    <div className="tried" aria-live="polite">
      <b>{t('guard.found', { n: findings.length })}</b>
      {result.stopped && <span className="mark mark-bad">{t('guard.stopped')}</span>}
      <Spans text={text} spans={spans} />
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard */}
      <div className="table" tabIndex={0}>
        <table>
          <thead>
            <tr>
              <th>{t('guard.word')}</th>
              <th>{t('guard.class')}</th>
              <th>{t('guard.view')}</th>
              <th>{t('guard.action')}</th>
              <th>{t('guard.shown')}</th>
            </tr>
          </thead>
          <tbody>
            {findings.map((f) => (
              <tr key={`${f.start} ${f.end} ${f.class} ${f.view}`}>
                <td>{chars.slice(f.start, f.end).join('')}</td>
                <td>{nameOf(f.class)}</td>
                <td>{t(`guard.views.${f.view as 'surface'}`)}</td>
                <td>
                  <Doing action={f.action} />
                </td>
                <td>{f.shown}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {!result.stopped && (
        <>
          <span className="quiet">{t('guard.passed')}</span>
          <p className="passed">{result.text}</p>
        </>
      )}
    </div>
  );
}
