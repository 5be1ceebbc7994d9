import { useMutation } from '@tanstack/react-query';
import { Alert, Button, Progress } from 'antd';
import { useTranslation } from 'react-i18next';
import { admin, body } from '../../api/client';
import { useFeed } from '../../api/feed';
import { Problem } from '../../api/problem';
import { useNotices } from '../../app/notices';
import { Mark } from '../../components/mark';
import { bytes, span } from '../../lib/format';
import type { Schemas } from './queries';

export type Job = Schemas['ModelJob'];

/** The models that are being fetched or made, as that goes on. */
export const useMaking = () => useFeed<{ jobs?: Job[] | null }>('admin/v1/models/jobs/events').data?.jobs ?? [];

/** Has a model of the library fetched. */
export function usePull() {
  const { t } = useTranslation();
  const notices = useNotices();
  return useMutation({
    mutationFn: (model: string) => body(admin.POST('/admin/v1/models/pull', { body: { model } })),
    onSuccess: (j) => notices.success(t('making.begun', { name: j.name })),
    onError: (e) => notices.error(`${Problem.any(e).message} ${Problem.any(e).remedy}`),
  });
}

const tones = { running: 'warm', done: 'good', failed: 'bad', cancelled: undefined } as const;

/** How far a model is that is fetched or made. */
export function Making({ j }: { j: Job }) {
  const { t } = useTranslation();
  const cancel = useMutation({ mutationFn: () => body(admin.DELETE('/admin/v1/models/jobs/{id}', { params: { path: { id: j.id } } })) });
  const again = usePull();
  return (
    <li className="row">
      <div className="row-main">
        <b>{j.name}</b> <Mark>{t(`making.kinds.${j.kind}`)}</Mark>
        <Mark tone={tones[j.state]}>{t(`making.states.${j.state}`)}</Mark>
        {j.state === 'running' && (
          <>
            <Progress
              percent={j.total > 0 ? (j.done / j.total) * 100 : 0}
              showInfo={false}
              aria-label={`${t(`making.kinds.${j.kind}`)} ${j.name}`}
            />
            <div className="quiet">
              {[
                j.total > 0 && (j.phase === 'comparing' ? `${j.done} / ${j.total}` : `${bytes(j.done)} / ${bytes(j.total)}`),
                j.left_seconds && t('making.left', { time: span(j.left_seconds * 1000, t) }),
              ]
                .filter(Boolean)
                .join(' · ') || t('making.begins')}
            </div>
          </>
        )}
        {j.problem && <Alert type="error" showIcon title={j.problem.message} description={j.problem.remedy} />}
      </div>
      {j.state === 'running' && (
        <Button size="small" loading={cancel.isPending} onClick={() => cancel.mutate()} aria-label={`${t('making.cancel')} ${j.name}`}>
          {t('making.cancel')}
        </Button>
      )}
      {j.kind === 'pull' && (j.state === 'failed' || j.state === 'cancelled') && (
        <Button size="small" loading={again.isPending} onClick={() => again.mutate(j.source)} aria-label={`${t('making.again')} ${j.name}`}>
          {t('making.again')}
        </Button>
      )}
    </li>
  );
}
