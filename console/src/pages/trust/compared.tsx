import { Alert, Card } from 'antd';
import { useTranslation } from 'react-i18next';
import type { Comparison, Told } from '../../api/trust';
import { Mark } from '../../components/mark';
import { percent } from '../../lib/format';
import { Markdown } from '../chat/markdown';

/** The answers, and what comparing them has shown. */
export function Compared({ answers, comparison }: { answers: Told[]; comparison: Comparison | null }) {
  const { t, i18n } = useTranslation();
  const comma = i18n.language === 'en' ? ', ' : '、';
  const of = (model: string) => comparison?.models?.find((m) => m.model === model);
  return (
    <div aria-live="polite">
      {comparison && <Claims comparison={comparison} />}
      {comparison && (comparison.brands ?? []).length > 0 && (
        <>
          <h2 className="section">{t('trust.brands')}</h2>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard */}
          <div className="table" tabIndex={0}>
            <table>
              <thead>
                <tr>
                  <th>{t('trust.brand')}</th>
                  <th>{t('trust.owner')}</th>
                  <th>{t('trust.namedBy')}</th>
                  <th>{t('trust.promotedBy')}</th>
                </tr>
              </thead>
              <tbody>
                {(comparison.brands ?? []).map((b) => (
                  <tr key={b.brand}>
                    <td>{b.brand}</td>
                    <td>{b.owner || t('trust.ownerUnknown')}</td>
                    <td>{(b.named_by ?? []).join(comma)}</td>
                    <td>{(b.promoted_by ?? []).join(comma)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </>
      )}
      <h2 className="section">{t('trust.answersFrom')}</h2>
      <div className="cards">
        {answers.map((a) => {
          const m = of(a.model);
          const alone = m?.alone_with ?? [];
          return (
            <Card
              key={a.model}
              size="small"
              className="card"
              title={
                <>
                  {a.model}{' '}
                  {m?.outlier && (
                    <Mark tone="bad" title={t('trust.outlierHint')}>
                      {t('trust.outlier')}
                    </Mark>
                  )}
                </>
              }
            >
              {a.error ? (
                <Alert type="error" showIcon title={a.error.message} description={a.error.remedy || undefined} />
              ) : (
                <Markdown text={a.text} />
              )}
              <p className="quiet">
                {t('trust.seconds', { n: a.seconds.toFixed(1) })}
                {m && ` · ${t('trust.ad')} ${percent(m.advertising_probability, i18n.language)}`}
                {alone.length > 0 && ` · ${t('trust.alone', { brands: alone.join(comma) })}`}
              </p>
            </Card>
          );
        })}
      </div>
    </div>
  );
}

function Claims({ comparison }: { comparison: Comparison }) {
  const { t } = useTranslation();
  const claims = comparison.claims ?? [];
  const models = (comparison.models ?? []).map((m) => m.model);
  const tones = { agree: 'good', contradict: 'bad', only_here: undefined } as const;
  return (
    <>
      <h2 className="section">{t('trust.claims')}</h2>
      {claims.length === 0 ? (
        <p className="quiet">{t('trust.noClaims')}</p>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard
        <div className="table claims" tabIndex={0}>
          <table>
            <thead>
              <tr>
                <th>{t('trust.claim')}</th>
                <th>{t('trust.agreement')}</th>
                {models.map((m) => (
                  <th key={m}>{m}</th>
                ))}
              </tr>
            </thead>
            <tbody>
              {claims.map((c, i) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: a claim is its place in the list
                <tr key={i}>
                  <td>{c.text}</td>
                  <td>
                    <Mark tone={tones[c.agreement]}>{t(`trust.agreements.${c.agreement}`)}</Mark>
                  </td>
                  {models.map((m) => {
                    const s = c.stances.find((x) => x.model === m);
                    const stance = s?.stance ?? 'silent';
                    return (
                      <td key={m} className={`stance-${stance}`} title={s?.text}>
                        {t(`trust.stances.${stance}`)}
                        {s?.differ && <small>{s.differ}</small>}
                      </td>
                    );
                  })}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </>
  );
}
