import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Card } from 'antd';
import { useTranslation } from 'react-i18next';
import { admin, body } from '../../api/client';
import { useMay } from '../../api/session';
import { moment } from '../../lib/format';
import { useGuide } from '../settings/guide';
import { Serves } from './measure';

/** What the machine was found to do, or the way to find out. */
export function Measured() {
  const { t, i18n } = useTranslation();
  const serves = useMay('serve');
  const found = useQuery({ queryKey: ['measurements'], queryFn: () => body(admin.GET('/admin/v1/measurements')) }).data;
  const guide = useGuide(serves).data?.guide;
  const last = found?.past?.find((m) => m.state === 'done');
  if (!found) return null;
  if (!last && !serves) return null;
  return (
    <Card className="card measured">
      {last ? (
        <>
          <Serves m={last} />
          <p className="quiet">
            {t('bench.at', { time: moment(last.ended ?? last.started, i18n.language) })} · {t('bench.reckoned')}{' '}
            <Link to="/serve/bench">{t('nav.bench')}</Link>
          </p>
        </>
      ) : (
        <p>
          {t('bench.unknown')} <Link to="/serve/bench">{t('bench.start')}</Link>
        </p>
      )}
      {guide && !guide.finished && (
        <p>
          {t('guide.unfinished')} <Link to="/settings/setup">{t('guide.goOn')}</Link>
        </p>
      )}
    </Card>
  );
}
