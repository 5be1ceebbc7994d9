import { useMutation } from '@tanstack/react-query';
import { Button, Progress } from 'antd';
import { useTranslation } from 'react-i18next';
import { admin, body } from '../../api/client';
import { Problem } from '../../api/problem';
import { useNotices } from '../../app/notices';
import { integer } from '../../lib/format';
import type { Schemas } from './queries';

export type Measurement = Schemas['Measurement'];

/** Has a model measured. */
export function useMeasure() {
  const notices = useNotices();
  return useMutation({
    mutationFn: (order: Schemas['MeasureOrder']) => body(admin.POST('/admin/v1/measurements', { body: order })),
    onError: (e) => notices.error(`${Problem.any(e).message} ${Problem.any(e).remedy}`),
  });
}

/** How far a measurement is, and the way to end it. */
export function Measuring({ m, stops }: { m: Measurement; stops: boolean }) {
  const { t } = useTranslation();
  const stop = useMutation({ mutationFn: () => body(admin.DELETE('/admin/v1/measurements/running')) });
  return (
    <div className="measuring" role="status">
      <div>
        <b>{t('bench.measuring', { model: m.model })}</b>
        <Progress
          percent={m.total > 0 ? (m.done / m.total) * 100 : 0}
          showInfo={false}
          aria-label={t('bench.measuring', { model: m.model })}
        />
        <span className="quiet">{t('bench.progress', { done: m.done, total: m.total })}</span>
      </div>
      {stops && (
        <Button size="small" loading={stop.isPending} onClick={() => stop.mutate()}>
          {t('bench.stop')}
        </Button>
      )}
    </div>
  );
}

export const rate = (n: number, language: string) => new Intl.NumberFormat(language, { maximumSignificantDigits: 3 }).format(n);

/** What a measurement comes to, in a sentence. */
export function Serves({ m }: { m: Measurement }) {
  const { t, i18n } = useTranslation();
  return (
    <p className="serves">
      {t('bench.serves', {
        count: m.people,
        n: integer(m.people, i18n.language),
        model: m.model,
        speed: rate(m.tokens_per_second, i18n.language),
      })}
    </p>
  );
}
