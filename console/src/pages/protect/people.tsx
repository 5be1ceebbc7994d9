import { MoreOutlined, SearchOutlined, TeamOutlined, UserAddOutlined, UserOutlined } from '@ant-design/icons';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Button, Dropdown, Input, Select } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { admin, body } from '../../api/client';
import { Problem } from '../../api/problem';
import { useMay, useSession } from '../../api/session';
import { useNotices } from '../../app/notices';
import { Mark } from '../../components/mark';
import { Page } from '../../components/page';
import { Nothing, Shown } from '../../components/states';
import { moment } from '../../lib/format';
import { type Act, Doing } from './acts';
import { Account, standings } from './person';
import { usePlaces } from './place';
import { people, type Schemas } from './queries';

type Person = Schemas['Person'];
type Standing = Person['standing'];

/** Rows that are drawn at once. */
const page = 100;

/** Who is let in by name, and as what. */
export function People() {
  const { t } = useTranslation();
  const query = useQuery(people());
  const placed = usePlaces();
  const may = useMay('people');
  const [adding, setAdding] = useState(false);
  const [doing, setDoing] = useState<{ act: Act; p: Person } | null>(null);
  const [words, setWords] = useState('');
  const [standing, setStanding] = useState<Standing | ''>('');
  const [most, setMost] = useState(page);
  const add = may && (
    <Button type="primary" icon={<UserAddOutlined />} onClick={() => setAdding(true)}>
      {t('people.add')}
    </Button>
  );
  return (
    <Page title={t('people.title')} intro={t('people.intro')} extra={query.data && query.data.length > 0 && add}>
      <Shown query={query}>
        {(list) => {
          if (list.length === 0)
            return (
              <Nothing icon={<TeamOutlined />} title={t('people.none')} hint={t('people.noneHint')}>
                {add}
              </Nothing>
            );
          const wanted = words.trim().toLowerCase();
          const found = list.filter(
            (p) => (!standing || p.standing === standing) && `${p.name} ${p.login} ${placed(p)}`.toLowerCase().includes(wanted),
          );
          return (
            <>
              <div className="filters">
                <Input
                  prefix={<SearchOutlined />}
                  value={words}
                  placeholder={t('people.search')}
                  aria-label={t('people.search')}
                  allowClear
                  onChange={(e) => setWords(e.target.value)}
                />
                <Select
                  aria-label={t('people.standing')}
                  value={standing}
                  onChange={setStanding}
                  options={[
                    { value: '' as const, label: t('people.allStandings') },
                    ...standings.map((s) => ({ value: s, label: t(`standing.${s}`) })),
                  ]}
                />
              </div>
              {found.length === 0 ? (
                <Nothing icon={<SearchOutlined />} title={t('people.noMatch')} />
              ) : (
                <>
                  <p className="quiet">{t('people.count', { count: found.length })}</p>
                  <ul className="rows">
                    {found.slice(0, most).map((p) => (
                      <Row key={p.id} p={p} place={placed(p)} onAct={(act) => setDoing({ act, p })} />
                    ))}
                  </ul>
                  {found.length > most && (
                    <Button block type="text" onClick={() => setMost(most + page)}>
                      {t('models.more')}
                    </Button>
                  )}
                </>
              )}
            </>
          );
        }}
      </Shown>
      {adding && <Account onClose={() => setAdding(false)} />}
      {doing && <Doing act={doing.act} p={doing.p} onClose={() => setDoing(null)} />}
    </Page>
  );
}

function Row({ p, place, onAct }: { p: Person; place: string; onAct(act: Act): void }) {
  const { t, i18n } = useTranslation();
  const me = useSession().data?.person === p.id;
  const keeps = useMay('people');
  const grants = useMay('grant');
  const swift = useSwift(p);
  const locked = p.locked_until && new Date(p.locked_until) > new Date();
  const invited = p.invited_until && new Date(p.invited_until) > new Date();
  const items = [
    keeps && { key: 'edit', label: t('people.edit'), onClick: () => onAct('edit') },
    grants && { key: 'standing', label: t('people.setStanding'), onClick: () => onAct('standing') },
    grants && locked && { key: 'unlock', label: t('people.unlock'), onClick: () => swift.mutate('unlock') },
    (keeps || grants) && { key: 'reset', label: t('people.reset'), onClick: () => onAct('reset') },
    keeps && p.disabled && { key: 'enable', label: t('people.enable'), onClick: () => swift.mutate('enable') },
    keeps && !p.disabled && { key: 'disable', label: t('people.disable'), danger: true, onClick: () => onAct('disable') },
    keeps && { key: 'remove', label: t('people.remove'), danger: true, onClick: () => onAct('remove') },
  ].filter((i) => !!i);
  return (
    <li className="row">
      <UserOutlined aria-hidden className="row-icon" />
      <div className="row-main">
        <b>{p.name}</b> <Mark tone={p.standing === 'user' ? undefined : 'warm'}>{t(`standing.${p.standing}`)}</Mark>
        {me && <Mark tone="good">{t('people.me')}</Mark>}
        {p.disabled && (
          <Mark tone="bad" title={moment(p.disabled, i18n.language)}>
            {t('people.disabled')}
          </Mark>
        )}
        {locked && <Mark tone="bad">{t('people.locked', { time: moment(p.locked_until as string, i18n.language) })}</Mark>}
        {!p.has_password && p.passkeys === 0 && <Mark tone="warm">{t(invited ? 'people.invited' : 'people.invitationOver')}</Mark>}
        {p.has_password && p.standing !== 'user' && !p.second_factor && <Mark tone="warm">{t('people.noFactor')}</Mark>}
        <div className="quiet">
          {[
            <code key="login">{p.login}</code>,
            place,
            p.second_factor && t('people.factor'),
            `${t('people.added')} ${moment(p.created, i18n.language)}`,
          ]
            .filter(Boolean)
            .flatMap((part, i) => (i ? [' · ', part] : [part]))}
        </div>
      </div>
      {items.length > 0 && (
        <Dropdown trigger={['click']} placement="bottomRight" menu={{ items }}>
          <Button type="text" icon={<MoreOutlined />} loading={swift.isPending} aria-label={t('people.acts', { name: p.name })} />
        </Dropdown>
      )}
    </li>
  );
}

/** What is done at once, since it takes nothing away. */
function useSwift(p: Person) {
  const { t, i18n } = useTranslation();
  const notices = useNotices();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async (act: 'unlock' | 'enable') => {
      const params = { path: { id: p.id } };
      if (act === 'unlock') await body(admin.POST('/admin/v1/people/{id}/unlock', { params }));
      else await body(admin.PATCH('/admin/v1/people/{id}', { params, body: { disabled: false } }));
    },
    onSuccess: (_, act) => notices.success(t(act === 'unlock' ? 'people.unlocked' : 'people.enabled', { name: p.name })),
    onError: (e) => notices.error(`${Problem.any(e).message}${i18n.language === 'en' ? '. ' : '。'}${Problem.any(e).remedy}`),
    onSettled: () => void queries.invalidateQueries({ queryKey: ['people'] }),
  });
}
