import '../../i18n/later';
import './trust.css';
import { Alert, Button, Input, Select } from 'antd';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useOffered } from '../../api/models';
import { Problem } from '../../api/problem';
import { type Comparison, crosscheck, type Told } from '../../api/trust';
import { Page } from '../../components/page';
import { Nothing, Shown } from '../../components/states';
import { Compared } from './compared';

/** As the appliance bounds it. */
const modelsMax = 8;

/** Asks several models the same, and compares. */
export function Everyone() {
  const { t } = useTranslation();
  const offered = useOffered();
  return (
    <Page title={t('trust.askTitle')} intro={t('trust.askIntro')}>
      <Shown query={offered}>
        {(models) =>
          models.length < 2 ? <Nothing title={t('trust.few')} hint={t('trust.fewHint')} /> : <Ask models={models.map((m) => m.id)} />
        }
      </Shown>
    </Page>
  );
}

function Ask({ models }: { models: string[] }) {
  const { t } = useTranslation();
  const [question, setQuestion] = useState('');
  const [chosen, setChosen] = useState(models.slice(0, 3));
  const [answers, setAnswers] = useState<Told[]>([]);
  const [comparison, setComparison] = useState<Comparison | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [asking, setAsking] = useState(0);
  const stop = useRef<AbortController>(undefined);
  useEffect(() => () => stop.current?.abort(), []);
  const run = async () => {
    const control = new AbortController();
    stop.current = control;
    setAnswers([]);
    setComparison(null);
    setProblem(null);
    setAsking(chosen.length);
    try {
      for await (const step of crosscheck(question.trim(), chosen, control.signal)) {
        setAnswers((before) => [...before, step.answer]);
        setAsking((n) => Math.max(0, n - 1));
        if (step.comparison) setComparison(step.comparison);
      }
    } catch (e) {
      if (!control.signal.aborted) setProblem(Problem.any(e));
    }
    if (stop.current === control) setAsking(0);
  };
  return (
    <>
      <section className="sheet">
        <label htmlFor="ask-question">{t('trust.askQuestion')}</label>
        <Input.TextArea
          id="ask-question"
          rows={2}
          value={question}
          placeholder={t('trust.askPlaceholder')}
          onChange={(e) => setQuestion(e.target.value)}
        />
        <label htmlFor="ask-models">{t('trust.models')}</label>
        <Select
          id="ask-models"
          mode="multiple"
          value={chosen}
          maxCount={modelsMax}
          onChange={setChosen}
          options={models.map((m) => ({ value: m, label: m }))}
        />
        <p className="quiet">{t('trust.modelsHint')}</p>
        <div className="sheet-foot">
          {asking > 0 ? (
            <>
              <span className="quiet" role="status">
                {t('trust.asking', { n: asking })}
              </span>
              <Button
                onClick={() => {
                  stop.current?.abort();
                  setAsking(0);
                }}
              >
                {t('trust.stop')}
              </Button>
            </>
          ) : (
            <Button type="primary" disabled={!question.trim() || chosen.length < 2} onClick={() => void run()}>
              {t('trust.ask')}
            </Button>
          )}
        </div>
      </section>
      {problem && <Alert type="error" showIcon title={problem.message} description={problem.remedy} className="spaced" />}
      {answers.length > 0 && <Compared answers={answers} comparison={comparison} />}
    </>
  );
}
