import '../../i18n/serve';
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { Button, Card, Steps } from 'antd';
import { useTranslation } from 'react-i18next';
import { Problem } from '../../api/problem';
import { useNotices } from '../../app/notices';
import { useWide } from '../../app/wide';
import { Conflict, isConflict } from '../../components/conflict';
import { Page } from '../../components/page';
import { Shown } from '../../components/states';
import { beside, type Guide, steps, useGuide, useNote } from './guide';
import { Data, Deploy, Model, Operate, Plan, Verify } from './steps';

const bodies = { plan: Plan, data: Data, model: Model, deploy: Deploy, verify: Verify, operate: Operate } as const;

/** Guides through the setting up. It goes on where it was left, whoever left it. */
export function Setup() {
  const { t } = useTranslation();
  const query = useGuide();
  return (
    <Page title={t('nav.setup')} intro={t('guide.intro')}>
      <Shown query={{ ...query, data: query.data?.guide }}>{(g) => <At g={g} />}</Shown>
    </Page>
  );
}

function At({ g }: { g: Guide }) {
  const { t } = useTranslation();
  const wide = useWide();
  const note = useNote();
  const notices = useNotices();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const Body = bodies[g.step];
  const go = (more: Parameters<typeof note.mutate>[0], then?: () => void) =>
    note.mutate(more, {
      onSuccess: then,
      onError: (e) => {
        if (!isConflict(e)) notices.error(`${Problem.any(e).message} ${Problem.any(e).remedy}`);
      },
    });
  const at = steps.indexOf(g.step);
  return (
    <>
      {wide ? (
        <div className="steps">
          <Steps size="small" current={at} items={steps.map((s) => ({ title: t(`guide.steps.${s}`) }))} />
        </div>
      ) : (
        <p className="quiet">{t('guide.at', { at: at + 1, of: steps.length, name: t(`guide.steps.${g.step}`) })}</p>
      )}
      <Card className="card" title={t(`guide.titles.${g.step}`)}>
        <Body g={g} note={(more) => go(more)} />
        <div className="guide-foot">
          {g.step !== 'plan' && <Button onClick={() => go({ step: beside(g.step, -1) })}>{t('guide.back')}</Button>}
          <span />
          {g.step === 'operate' ? (
            <Button type="primary" loading={note.isPending} onClick={() => go({ finished: true }, () => void navigate({ to: '/serve' }))}>
              {t('guide.finish')}
            </Button>
          ) : (
            <Button
              type="primary"
              loading={note.isPending}
              disabled={g.step === 'model' && !g.model}
              onClick={() => go({ step: beside(g.step, 1), finished: false })}
            >
              {t('guide.next')}
            </Button>
          )}
        </div>
      </Card>
      {isConflict(note.error) && (
        <Conflict
          onReload={() => {
            note.reset();
            void queries.invalidateQueries({ queryKey: ['guide'] });
          }}
          onClose={() => note.reset()}
        />
      )}
    </>
  );
}
