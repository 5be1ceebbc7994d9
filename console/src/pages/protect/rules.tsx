import '../../i18n/later';
import './rules.css';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { Page } from '../../components/page';
import { Shown } from '../../components/states';
import { guard, type Schemas } from './queries';
import { Try } from './try';
import { WordLists } from './wordlists';

type State = Schemas['GuardOutputBody'];
type Action = keyof typeof tones;

const tones = { allow: undefined, label: undefined, mask: 'warm', replace: 'warm', stop: 'bad' } as const;

/** What is found in texts, and what is done about it. */
export function Rules() {
  const { t, i18n } = useTranslation();
  const query = useQuery(guard(i18n.language));
  return (
    <Page title={t('guard.title')} intro={t('guard.intro')}>
      <Shown query={query}>
        {(g) => (
          <>
            <Try />
            <WordLists g={g} />
            <Policy g={g} />
          </>
        )}
      </Shown>
    </Page>
  );
}

/** An action in words. */
export function Doing({ action }: { action: string }) {
  const { t } = useTranslation();
  if (!(action in tones)) return <>{action}</>;
  const tone = tones[action as Action];
  return <span className={tone ? `mark mark-${tone}` : 'mark'}>{t(`guard.actions.${action as Action}`)}</span>;
}

function Policy({ g }: { g: State }) {
  const { t } = useTranslation();
  const kinds = [...new Set([...Object.keys(g.cloud), ...Object.keys(g.here), ...Object.keys(g.answers)])].sort();
  const views = (list: string[] | null) => (
    <span className="tags">
      {(list ?? []).map((v) => (
        <span key={v} className="mark">
          {t(`guard.views.${v as 'surface'}`)}
        </span>
      ))}
    </span>
  );
  return (
    <>
      <h2 className="section">{t('guard.policy')}</h2>
      <p className="quiet">{t('guard.policyHint')}</p>
      <div className="policy">
        <dl>
          <dt>{t('guard.viewsRequest')}</dt>
          <dd>{views(g.request_views)}</dd>
          <dt>{t('guard.viewsAnswer')}</dt>
          <dd>{views(g.answer_views)}</dd>
          <dt>{t('guard.byClass')}</dt>
          <dd className="tags">
            {Object.entries(g.classes).map(([c, a]) => (
              <span key={c}>
                {c} <Doing action={a} />
              </span>
            ))}
            <span>
              {t('guard.otherClasses')} <Doing action={g.action} />
            </span>
          </dd>
        </dl>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard */}
        <div className="table" tabIndex={0}>
          <table>
            <thead>
              <tr>
                <th>{t('guard.kind')}</th>
                <th>{t('guard.here')}</th>
                <th>{t('guard.cloud')}</th>
                <th>{t('guard.answers')}</th>
              </tr>
            </thead>
            <tbody>
              {kinds.map((k) => (
                <tr key={k}>
                  <td>{t(`guard.kinds.${k as 'phone'}`)}</td>
                  {[g.here, g.cloud, g.answers].map((of, i) => (
                    // biome-ignore lint/suspicious/noArrayIndexKey: a column is its place
                    <td key={i}>
                      <Doing action={of[k] ?? 'allow'} />
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </div>
    </>
  );
}
