import '../../i18n/later';
import './trust.css';
import { DeleteOutlined, PlusOutlined } from '@ant-design/icons';
import { useMutation } from '@tanstack/react-query';
import { Alert, Button, Input } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Problem } from '../../api/problem';
import { type Inspection, inspect, type Source } from '../../api/trust';
import { Page } from '../../components/page';
import { Result } from './result';

/** Sources one may name here; the appliance takes more. */
const sourcesMax = 10;

/** Looks for advertising in an answer, of whomever. */
export function Inspect() {
  const { t } = useTranslation();
  const [question, setQuestion] = useState('');
  const [answer, setAnswer] = useState('');
  const [sources, setSources] = useState<(Source & { id: number })[]>([]);
  const [made, setMade] = useState(0);
  const look = useMutation({
    mutationFn: async (): Promise<{ answer: string; found: Inspection }> => ({
      answer,
      found: await inspect({
        question: question.trim(),
        answer,
        sources: sources.filter((s) => s.url.trim() || s.text.trim()).map(({ url, text }) => ({ url: url.trim(), title: '', text })),
      }),
    }),
  });
  const problem = look.error && Problem.any(look.error);
  const change = (id: number, part: Partial<Source>) => setSources(sources.map((s) => (s.id === id ? { ...s, ...part } : s)));
  const example = () => {
    setQuestion(t('trust.exampleQuestion'));
    setAnswer(t('trust.exampleAnswer'));
  };
  return (
    <Page title={t('trust.inspectTitle')} intro={t('trust.inspectIntro')}>
      <section className="sheet">
        <label htmlFor="trust-question">{t('trust.question')}</label>
        <Input id="trust-question" value={question} maxLength={4000} onChange={(e) => setQuestion(e.target.value)} />
        <p className="quiet">{t('trust.questionHint')}</p>
        <label htmlFor="trust-answer">{t('trust.answer')}</label>
        <Input.TextArea
          id="trust-answer"
          rows={7}
          value={answer}
          placeholder={t('trust.answerPlaceholder')}
          onChange={(e) => setAnswer(e.target.value)}
        />
        {sources.length > 0 && <span>{t('trust.sources')}</span>}
        {sources.map((s, i) => (
          <div key={s.id} className="source">
            <Input
              value={s.url}
              placeholder={t('trust.url')}
              aria-label={t('trust.url')}
              onChange={(e) => change(s.id, { url: e.target.value })}
            />
            <Input.TextArea
              rows={2}
              value={s.text}
              placeholder={t('trust.sourceText')}
              aria-label={t('trust.sourceText')}
              onChange={(e) => change(s.id, { text: e.target.value })}
            />
            <Button
              type="text"
              icon={<DeleteOutlined />}
              aria-label={t('trust.removeSource', { n: i + 1 })}
              onClick={() => setSources(sources.filter((x) => x.id !== s.id))}
            />
          </div>
        ))}
        <div className="sheet-foot">
          <Button
            icon={<PlusOutlined />}
            disabled={sources.length >= sourcesMax}
            onClick={() => {
              setSources([...sources, { id: made, url: '', title: '', text: '' }]);
              setMade(made + 1);
            }}
          >
            {t('trust.addSource')}
          </Button>
          <Button onClick={example}>{t('trust.example')}</Button>
          <Button type="primary" disabled={!answer.trim()} loading={look.isPending} onClick={() => look.mutate()}>
            {t('trust.inspect')}
          </Button>
        </div>
      </section>
      {problem && <Alert type="error" showIcon title={problem.message} description={problem.remedy} className="spaced" />}
      {look.data && <Result answer={look.data.answer} found={look.data.found} />}
    </Page>
  );
}
