import {
  CopyOutlined,
  DeleteOutlined,
  DownloadOutlined,
  EditOutlined,
  EllipsisOutlined,
  LoadingOutlined,
  PlusOutlined,
  PrinterOutlined,
  SearchOutlined,
  TeamOutlined,
} from '@ant-design/icons';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams } from '@tanstack/react-router';
import { Button, Dropdown } from 'antd';
import { lazy, Suspense, useDeferredValue, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Problem } from '../../api/problem';
import { useNotices } from '../../app/notices';
import { moment } from '../../lib/format';
import { useChats } from './context';
import { search } from './storage';
import { type Conversation, matches } from './tree';

const Rename = lazy(() => import('./rename'));
const Share = lazy(() => import('./share'));

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
  const [sharing, setSharing] = useState<Conversation | null>(null);
  const there = useFound(query);
  const found = useMemo(() => all.filter((c) => matches(c, query) || there.has(c.id)), [all, query, there]);
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
                <Item key={c.id} c={c} onRename={() => setRenaming(c)} onShare={() => setSharing(c)} />
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
            onSave={(title) => void chats.rename(chats.get(renaming.id) ?? renaming, title).catch(() => {})}
            onClose={() => setRenaming(null)}
          />
        </Suspense>
      )}
      {sharing && (
        <Suspense>
          <Share c={sharing} onClose={() => setSharing(null)} />
        </Suspense>
      )}
    </section>
  );
}

/** What the appliance finds in conversations that are not here whole. */
function useFound(query: string): Set<string> {
  const text = useDeferredValue(query.trim());
  const found = useQuery({ queryKey: ['found', text], queryFn: () => search(text), enabled: text !== '', staleTime: 5_000 });
  return useMemo(() => new Set(found.data ?? []), [found.data]);
}

type Age = 'today' | 'week' | 'earlier' | 'others';

/** Groups a list that is sorted, newest first. */
export function byAge(list: Conversation[], now: Date): [Age, Conversation[]][] {
  const today = new Date(now.getFullYear(), now.getMonth(), now.getDate()).getTime();
  const groups: Record<Age, Conversation[]> = { today: [], week: [], earlier: [], others: [] };
  const age = (c: Conversation): Age => (c.updated >= today ? 'today' : c.updated >= today - 6 * 86_400_000 ? 'week' : 'earlier');
  for (const c of list) groups[c.owner !== undefined ? 'others' : age(c)].push(c);
  return (Object.entries(groups) as [Age, Conversation[]][]).filter(([, l]) => l.length > 0);
}

function Item({ c, onRename, onShare }: { c: Conversation; onRename(): void; onShare(): void }) {
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
  const words = {
    title,
    you: t('chat.you'),
    label: t('chat.aiLabel'),
    exported: `${t('chat.exportedAt')} ${moment(Date.now(), i18n.language)}`,
  };
  const saveAs = async (kind: 'md' | 'docx' | 'print') => {
    try {
      const whole = await chats.whole(chats.get(c.id) ?? c);
      const { saveConversation } = await import('./export');
      await saveConversation(whole, words, kind);
    } catch (e) {
      notices.error(Problem.any(e).message);
    }
  };
  const copy = async () => {
    const id = chats.copy(await chats.whole(chats.get(c.id) ?? c));
    void navigate({ to: '/chat/$id', params: { id } });
  };
  const own = c.owner === undefined;
  return (
    <li className={current ? 'chats-item chats-current' : 'chats-item'}>
      <Link to="/chat/$id" params={{ id: c.id }} aria-current={current ? 'page' : undefined} title={title}>
        {chats.busy(c) && <LoadingOutlined aria-label={t('chat.waiting')} />}{' '}
        {c.shared && own && <TeamOutlined aria-label={t('chat.shared')} />} {title}
        {c.owner && <span className="quiet"> · {c.owner}</span>}
      </Link>
      <Dropdown
        trigger={['click']}
        placement="bottomRight"
        menu={{
          items: [
            own && { key: 'rename', icon: <EditOutlined />, label: t('chat.rename'), onClick: onRename },
            own && { key: 'share', icon: <TeamOutlined />, label: t('chat.share'), onClick: onShare },
            !own && { key: 'copy', icon: <CopyOutlined />, label: t('chat.copyMine'), onClick: () => void copy().catch(() => {}) },
            { key: 'md', icon: <DownloadOutlined />, label: t('chat.export'), onClick: () => void saveAs('md') },
            { key: 'docx', icon: <DownloadOutlined />, label: t('chat.exportWord'), onClick: () => void saveAs('docx') },
            { key: 'print', icon: <PrinterOutlined />, label: t('chat.exportPrint'), onClick: () => void saveAs('print') },
            own && { type: 'divider' as const },
            own && { key: 'delete', icon: <DeleteOutlined />, label: t('chat.delete'), danger: true, onClick: remove },
          ].filter((i) => !!i),
        }}
      >
        <Button type="text" size="small" icon={<EllipsisOutlined />} aria-label={`${title}: ${t('app.menu')}`} />
      </Dropdown>
    </li>
  );
}
