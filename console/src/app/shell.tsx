import {
  ApiOutlined,
  AppstoreOutlined,
  CloudServerOutlined,
  DashboardOutlined,
  KeyOutlined,
  MenuOutlined,
  MessageOutlined,
} from '@ant-design/icons';
import { Link, Outlet, useLocation } from '@tanstack/react-router';
import { Button } from 'antd';
import { lazy, type ReactNode, Suspense, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Who } from '../api/session';
import { ConversationList } from '../pages/chat/conversations';
import mark from './hearth.svg';
import { Preferences } from './preferences';
import { useWide } from './wide';

const SideDrawer = lazy(() => import('./drawer'));

/** The frame around every page: where one is, and where one can go. */
export function Shell({ who }: { who: Who }) {
  const { t } = useTranslation();
  const wide = useWide();
  const { pathname } = useLocation();
  const [open, setOpen] = useState(false);
  // biome-ignore lint/correctness/useExhaustiveDependencies: arriving anywhere closes the drawer
  useEffect(() => setOpen(false), [pathname]);
  const side = <Side who={who} />;
  return (
    <div className="shell">
      <button type="button" className="skip" onClick={() => document.getElementById('main')?.focus()}>
        {t('app.skip')}
      </button>
      {wide ? (
        <aside className="side">{side}</aside>
      ) : (
        <>
          <header className="top">
            <Button type="text" icon={<MenuOutlined />} aria-label={t('app.menu')} onClick={() => setOpen(true)} />
            <Brand />
          </header>
          <Suspense>
            <SideDrawer open={open} onClose={() => setOpen(false)}>
              {side}
            </SideDrawer>
          </Suspense>
        </>
      )}
      <main id="main" tabIndex={-1}>
        <Outlet />
      </main>
    </div>
  );
}

function Brand() {
  const { t } = useTranslation();
  return (
    <span className="brand">
      <img src={mark} alt="" width={26} height={26} /> {t('app.name')}
    </span>
  );
}

function Side({ who }: { who: Who }) {
  const { t } = useTranslation();
  const { pathname } = useLocation();
  const serving = pathname.startsWith('/serve');
  return (
    <>
      <div className="side-head">
        <Brand />
      </div>
      <nav className="menu" aria-label={t('app.menu')}>
        <Item to="/chat" icon={<MessageOutlined />} current={!serving}>
          {t('nav.chat')}
        </Item>
        <Item to="/serve" icon={<CloudServerOutlined />} current={serving}>
          {t('nav.serve')}
        </Item>
      </nav>
      {serving ? (
        <nav className="menu menu-under" aria-label={t('nav.serve')}>
          <Item to="/serve" icon={<DashboardOutlined />} current={pathname === '/serve'}>
            {t('nav.overview')}
          </Item>
          <Item to="/serve/models" icon={<AppstoreOutlined />} current={pathname === '/serve/models'}>
            {t('nav.models')}
          </Item>
          <Item to="/serve/keys" icon={<KeyOutlined />} current={pathname === '/serve/keys'}>
            {t('nav.keys')}
          </Item>
          <Item to="/serve/start" icon={<ApiOutlined />} current={pathname === '/serve/start'}>
            {t('nav.start')}
          </Item>
        </nav>
      ) : (
        <ConversationList />
      )}
      <div className="side-foot">
        <Preferences who={who} />
      </div>
    </>
  );
}

function Item({
  to,
  icon,
  current,
  children,
}: {
  to: '/chat' | '/serve' | '/serve/models' | '/serve/keys' | '/serve/start';
  icon: ReactNode;
  current: boolean;
  children: ReactNode;
}) {
  return (
    <Link to={to} className={current ? 'menu-item menu-current' : 'menu-item'} aria-current={current ? 'page' : undefined}>
      <span aria-hidden>{icon}</span> {children}
    </Link>
  );
}
