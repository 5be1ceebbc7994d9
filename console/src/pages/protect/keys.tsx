import { KeyOutlined, PlusOutlined } from '@ant-design/icons';
import { type UseQueryResult, useQuery, useQueryClient } from '@tanstack/react-query';
import { Button } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { admin, body } from '../../api/client';
import { become, useMay, useSession } from '../../api/session';
import { useNotices } from '../../app/notices';
import { Mark } from '../../components/mark';
import { Page } from '../../components/page';
import { Nothing, Shown } from '../../components/states';
import { Typed } from '../../components/typed';
import { moment } from '../../lib/format';
import { CreateKey, LimitKey } from './key';
import { usePlaces } from './place';
import { keys, ownKeys, people, type Schemas } from './queries';

type Key = Schemas['Key'];

/** All keys: who has them, and what each may be used for. */
export function Keys() {
  const { t } = useTranslation();
  const owners = useQuery(people()).data ?? [];
  const placed = usePlaces();
  const belongs = (k: Key) =>
    [k.person ? (owners.find((p) => p.id === k.person)?.name ?? k.person) : t('keys.program'), placed(k)].filter(Boolean).join(' · ');
  return (
    <List
      title={t('keys.title')}
      intro={t('keys.intro')}
      query={useQuery(keys())}
      creates={useMay('people')}
      limits={useMay('grant')}
      belongs={belongs}
    />
  );
}

/** One's own keys. */
export function OwnKeys() {
  const { t } = useTranslation();
  return <List own title={t('keys.ownTitle')} intro={t('keys.ownIntro')} query={useQuery(ownKeys())} creates />;
}

function List({
  title,
  intro,
  query,
  own = false,
  creates,
  limits = false,
  belongs,
}: {
  title: string;
  intro: string;
  query: UseQueryResult<Key[]>;
  own?: boolean;
  creates: boolean;
  limits?: boolean;
  belongs?(k: Key): string;
}) {
  const { t } = useTranslation();
  const [creating, setCreating] = useState(false);
  const [revoking, setRevoking] = useState<Key | null>(null);
  const [limiting, setLimiting] = useState<Key | null>(null);
  const create = creates && (
    <Button type="primary" icon={<PlusOutlined />} onClick={() => setCreating(true)}>
      {t('keys.create')}
    </Button>
  );
  return (
    <Page title={title} intro={intro} extra={query.data && query.data.length > 0 && create}>
      <Shown query={query}>
        {(list) =>
          list.length === 0 ? (
            <Nothing icon={<KeyOutlined />} title={t('keys.noneYet')} hint={t('keys.noneHint')}>
              {create}
            </Nothing>
          ) : (
            <>
              <p className="quiet">{t('keys.count', { count: list.length })}</p>
              <ul className="rows">
                {list.map((k) => (
                  <Row
                    key={k.id}
                    k={k}
                    belongs={belongs?.(k)}
                    onRevoke={() => setRevoking(k)}
                    onLimit={limits ? () => setLimiting(k) : undefined}
                  />
                ))}
              </ul>
            </>
          )
        }
      </Shown>
      {creating && <CreateKey own={own} onClose={() => setCreating(false)} />}
      {limiting && <LimitKey k={limiting} onClose={() => setLimiting(null)} />}
      {revoking && <Revoke k={revoking} own={own} onClose={() => setRevoking(null)} />}
    </Page>
  );
}

function Row({ k, belongs, onRevoke, onLimit }: { k: Key; belongs?: string; onRevoke(): void; onLimit?(): void }) {
  const { t, i18n } = useTranslation();
  const mine = useSession().data?.key_id === k.id;
  const expired = k.expires && new Date(k.expires) < new Date();
  const comma = i18n.language === 'en' ? ', ' : '、';
  const rights = k.rights ?? [];
  const models = k.models ?? [];
  const may = rights.includes('setup') ? t('keys.everything') : rights.map((r) => t(`rights.${r as 'ask'}`)).join(comma);
  return (
    <li className="row">
      <KeyOutlined aria-hidden className="row-icon" />
      <div className="row-main">
        <b>{k.name}</b> <Mark tone={k.standing === 'user' ? undefined : 'warm'}>{t(`standing.${k.standing}`)}</Mark>
        {mine && <Mark tone="good">{t('keys.current')}</Mark>}
        {expired && <Mark tone="bad">{t('keys.expired')}</Mark>}
        <div className="quiet">
          {belongs && `${belongs} · `}
          {may} · {models.length ? `${t('keys.models')} ${models.join(comma)}` : t('keys.allModels')}
        </div>
        <div className="quiet">
          <code>hk_{k.id}_…</code> · {t('keys.created')} {moment(k.created, i18n.language)} ·{' '}
          {k.expires ? `${t('keys.expires')} ${moment(k.expires, i18n.language)}` : t('keys.never')}
        </div>
      </div>
      <div className="row-acts">
        {onLimit && (
          <Button size="small" onClick={onLimit} aria-label={`${t('keys.limit')} ${k.name}`}>
            {t('keys.limit')}
          </Button>
        )}
        <Button danger size="small" onClick={onRevoke} aria-label={`${t('keys.revoke')} ${k.name}`}>
          {t('keys.revoke')}
        </Button>
      </div>
    </li>
  );
}

/** Ends a key, once its name has been typed. */
function Revoke({ k, own, onClose }: { k: Key; own: boolean; onClose(): void }) {
  const { t } = useTranslation();
  const notices = useNotices();
  const queries = useQueryClient();
  const mine = useSession().data?.key_id === k.id;
  const params = { path: { id: k.id } };
  return (
    <Typed
      title={t('keys.revokeTitle', { name: k.name })}
      hint={t('keys.revokeHint')}
      word={k.name}
      ok={t('keys.revoke')}
      warning={mine && t('keys.currentHint')}
      run={() => body(own ? admin.DELETE('/admin/v1/me/keys/{id}', { params }) : admin.DELETE('/admin/v1/keys/{id}', { params }))}
      onDone={() => {
        notices.success(t('keys.revoked', { name: k.name }));
        onClose();
        if (mine) become(queries, null);
        else void queries.invalidateQueries({ queryKey: [own ? 'own-keys' : 'keys'] });
      }}
      onClose={onClose}
    />
  );
}
