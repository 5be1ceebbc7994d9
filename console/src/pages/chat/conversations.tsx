import {
  DeleteOutlined,
  DownloadOutlined,
  EditOutlined,
  EllipsisOutlined,
  LoadingOutlined,
  PlusOutlined,
  SearchOutlined,
} from '@ant-design/icons';
import { Link, useNavigate, useParams } from '@tanstack/react-router';
import { Button, Dropdown } from 'antd';
import { lazy, Suspense, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNotices } from '../../app/notices';
import { moment } from '../../lib/format';
import { save } from '../../lib/save';
import { useChats } from './context';
import { type Conversation, markdown, matches } from './tree';

const Rename = lazy(() => import('./rename'));

/** How many are in the list before one asks for more. */
const page = 100;

/** Conversations by age, found by what was said in them. */
export function ConversationList() {
  const { t } = useTranslation();
  const chats = useChats();
  const [query, setQuery] = useState('');
  const [most, setMost] = useState(page);
  const [renaming, setRenaming] = useState<Conversation | null>(null);
  const all = chats.list();
  const found = useMemo(() => all.filter((c) => matches(c, query)), [all, query]);
  const groups = useMemo(() => byAge(found.slice(0, most), new Date()), [found, most]);
  return (
    <section className="chats" aria-label={t('chat.list')}>
      <Link to="/chat" className="chats-new">
        <PlusOutlined aria-hidden /> {t('chat.new')}
      </Link>
      <label className="search">
        <SearchOutlined aria-hidden />
        <input
          id="search-conversations"
          type="search"
          placeholder={t('chat.searchList')}
          aria-label={t('chat.searchList')}
          value={query}
          onChange={(e) => setQuery(e.target.value)}
          onKeyDown={(e) => e.key === 'Escape' && setQuery('')}
        />
      </label>
      <div className="chats-list">
        {found.length === 0 && <p className="quiet chats-none">{t(query ? 'chat.noMatch' : 'chat.empty')}</p>}
        {groups.map(([age, list]) => (
          <div key={age}>
            <h2>{t(`chat.${age}`)}</h2>
            <ul>
              {list.map((c) => (
                <Item key={c.id} c={c} onRename={() => setRenaming(c)} />
              ))}
            </ul>
          </div>
        ))}
        {found.length > most && (
          <Button type="text" block onClick={() => setMost(most + page)}>
            {t('models.more')}
          </Button>
        )}
      </div>
      <p className="quiet chats-where">{chats.trouble ? t('chat.storage', { detail: chats.trouble }) : t('chat.local')}</p>
      {renaming && (
        <Suspense>
          <Rename
            title={renaming.title}
            onSave={(title) => chats.rename(chats.get(renaming.id) ?? renaming, title)}
            onClose={() => setRenaming(null)}
          />
        </Suspense>
      )}
    </section>
  );
}

type Age = 'today' | 'week' | 'earlier';

/** Groups a list that is sorted, newest first. */
export function byAge(list: Conversation[], now: Date): [Age, Conversation[]][] {
  const today = new Date(now.getFullYear(), now.getMonth(), now.getDate()).getTime();
  const groups: Record<Age, Conversation[]> = { today: [], week: [], earlier: [] };
  for (const c of list) groups[c.updated >= today ? 'today' : c.updated >= today - 6 * 86_400_000 ? 'week' : 'earlier'].push(c);
  return (Object.entries(groups) as [Age, Conversation[]][]).filter(([, l]) => l.length > 0);
}

function Item({ c, onRename }: { c: Conversation; onRename: () => void }) {
  const { t, i18n } = useTranslation();
  const chats = useChats();
  const navigate = useNavigate();
  const notices = useNotices();
  const current = useParams({ strict: false }).id === c.id;
  const title = c.title || t('chat.untitled');
  const remove = () => {
    chats.remove(chats.get(c.id) ?? c);
    if (current) void navigate({ to: '/chat' });
    const key = `removed-${c.id}`;
    const undo = () => {
      chats.restore(c.id);
      notices.destroy(key);
    };
    notices.open({
      key,
      type: 'info',
      duration: 8,
      content: (
        <>
          {t('chat.deleted', { title })}{' '}
          <Button type="link" size="small" onClick={undo}>
            {t('common.undo')}
          </Button>
        </>
      ),
    });
  };
  const saveText = () => save(`${title}.md`, new Blob([exported(chats.get(c.id) ?? c)], { type: 'text/markdown;charset=utf-8' }));
  const exported = (x: Conversation) =>
    markdown(x, {
      title,
      you: t('chat.you'),
      label: t('chat.aiLabel'),
      exported: `${t('chat.exportedAt')} ${moment(Date.now(), i18n.language)}`,
    });
  return (
    <li className={current ? 'chats-item chats-current' : 'chats-item'}>
      <Link to="/chat/$id" params={{ id: c.id }} aria-current={current ? 'page' : undefined} title={title}>
        {chats.busy(c) && <LoadingOutlined aria-label={t('chat.waiting')} />} {title}
      </Link>
      <Dropdown
        trigger={['click']}
        placement="bottomRight"
        menu={{
          items: [
            { key: 'rename', icon: <EditOutlined />, label: t('chat.rename'), onClick: onRename },
            { key: 'export', icon: <DownloadOutlined />, label: t('chat.export'), onClick: saveText },
            { type: 'divider' },
            { key: 'delete', icon: <DeleteOutlined />, label: t('chat.delete'), danger: true, onClick: remove },
          ],
        }}
      >
        <Button type="text" size="small" icon={<EllipsisOutlined />} aria-label={`${title}: ${t('app.menu')}`} />
      </Dropdown>
    </li>
  );
}
