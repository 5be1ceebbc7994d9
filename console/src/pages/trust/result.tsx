import { Checkbox } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Beneficiary, Inspection, SourceFinding } from '../../api/trust';
import { Copy } from '../../components/copy';
import { Mark } from '../../components/mark';
import { Spans } from '../../components/spans';
import { percent } from '../../lib/format';

/** What was found in an answer. */
export function Result({ answer, found }: { answer: string; found: Inspection }) {
  const { t, i18n } = useTranslation();
  const spans = found.spans ?? [];
  const reasons = (of: (typeof spans)[number]) => of.reasons.map((r) => t(`trust.types.${r}`)).join(i18n.language === 'en' ? ', ' : '、');
  return (
    <div aria-live="polite">
      <div className={`verdict verdict-${found.verdict}`}>
        <b>{t(`trust.verdicts.${found.verdict}`)}</b>
        <span>{t('trust.probability', { p: percent(found.probability, i18n.language) })}</span>
        <span className="quiet">
          {t('trust.model')} {found.model}
        </span>
      </div>
      {spans.length > 0 && (
        <>
          <h2 className="section">{t('trust.marked')}</h2>
          <Spans
            text={answer}
            spans={spans.map((s, i) => ({ start: s.start, end: s.end, tone: 'warm', title: reasons(s), mark: String(i + 1) }))}
          />
          <ol className="reasons">
            {spans.map((s) => (
              <li key={s.start}>
                <b>{reasons(s)}</b> <Mark tone="warm">{percent(s.probability, i18n.language)}</Mark>
                <p className="quiet">{s.why}</p>
                {(s.evidence ?? []).length > 0 && (
                  <p className="quiet">
                    {t('trust.evidence')} {(s.evidence ?? []).map((e) => `“${e}”`).join(' ')}
                  </p>
                )}
              </li>
            ))}
          </ol>
        </>
      )}
      <h2 className="section">{t('trust.who')}</h2>
      <Brands list={found.beneficiaries ?? []} />
      {found.only_one_named && <p className="quiet">{t('trust.onlyOne')}</p>}
      {(found.sources ?? []).length > 0 && (
        <>
          <h2 className="section">{t('trust.sourceList')}</h2>
          <Sources list={found.sources ?? []} />
        </>
      )}
      {spans.length > 0 && <Clean found={found} />}
    </div>
  );
}

function Brands({ list }: { list: Beneficiary[] }) {
  const { t, i18n } = useTranslation();
  if (list.length === 0) return <p className="quiet">{t('trust.noBrands')}</p>;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard
    <div className="table" tabIndex={0}>
      <table>
        <thead>
          <tr>
            <th>{t('trust.brand')}</th>
            <th>{t('trust.owner')}</th>
            <th>{t('trust.mentions')}</th>
          </tr>
        </thead>
        <tbody>
          {list.map((b) => (
            <tr key={b.brand}>
              <td>
                {b.brand} {b.promoted && <Mark tone="warm">{t('trust.promoted')}</Mark>}
                {b.asked && <Mark>{t('trust.asked')}</Mark>}
              </td>
              <td>{[b.owner, b.platform].filter(Boolean).join(' · ') || t('trust.ownerUnknown')}</td>
              <td>
                {b.mentions} · {percent(b.share, i18n.language)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Sources({ list }: { list: SourceFinding[] }) {
  const { t } = useTranslation();
  return (
    <ul className="rows">
      {list.map((s, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a source is its place in the list
        <li key={i} className="row">
          <span className="quiet">{i + 1}</span>
          <div className="row-main">
            <b>{s.domain || s.url || t('trust.sourceText')}</b> {s.seller && <Mark tone="warm">{t('trust.seller')}</Mark>}
            {s.promoted && <Mark tone="warm">{t('trust.promoted')}</Mark>}
            {s.quarantine && <Mark tone="bad">{t('trust.quarantine')}</Mark>}
            {s.duplicate_of ? <Mark tone="warm">{t('trust.duplicate', { n: s.duplicate_of })}</Mark> : null}
            {!s.seller && !s.promoted && !s.quarantine && !s.duplicate_of && !s.lines?.length && (
              <Mark tone="good">{t('trust.noSign')}</Mark>
            )}
            {s.owner && <div className="quiet">{s.owner}</div>}
            {(s.lines ?? []).map((l) => (
              <p key={l.line} className="quiet">
                {l.line}. “{l.text}” · {l.why}
              </p>
            ))}
          </div>
        </li>
      ))}
    </ul>
  );
}

function Clean({ found }: { found: Inspection }) {
  const { t } = useTranslation();
  const [diff, setDiff] = useState(true);
  return (
    <>
      <div className="section section-acts">
        <h2>{t('trust.clean')}</h2>
        <Checkbox checked={diff} onChange={(e) => setDiff(e.target.checked)}>
          {t('trust.diff')}
        </Checkbox>
        <Copy text={found.clean} label={t('trust.copyClean')} showLabel />
      </div>
      <p className="spans">
        {diff
          ? (found.diff ?? []).map((p, i) =>
              // biome-ignore lint/suspicious/noArrayIndexKey: a piece is its place in the text
              p.cut ? <del key={i}>{p.text}</del> : <span key={i}>{p.text}</span>,
            )
          : found.clean}
      </p>
    </>
  );
}
