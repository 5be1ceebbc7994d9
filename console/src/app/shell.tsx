import {
  ApartmentOutlined,
  ApiOutlined,
  AppstoreOutlined,
  AuditOutlined,
  BankOutlined,
  BarChartOutlined,
  CloudServerOutlined,
  DashboardOutlined,
  FileSearchOutlined,
  FilterOutlined,
  FundOutlined,
  HourglassOutlined,
  InboxOutlined,
  KeyOutlined,
  MenuOutlined,
  MessageOutlined,
  RocketOutlined,
  SafetyOutlined,
  SettingOutlined,
  SolutionOutlined,
  TeamOutlined,
  ThunderboltOutlined,
} from '@ant-design/icons';
import { Link, Navigate, Outlet, useLocation, useMatches } from '@tanstack/react-router';
import { Button } from 'antd';
import { lazy, type ReactNode, Suspense, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Who } from '../api/session';
import { Forbidden } from '../components/states';
import { ConversationList } from '../pages/chat/conversations';
import mark from './hearth.svg';
import { firstOpen, open as isOpen, type Place, placeOf } from './places';
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
  // What the outlet shows, which on the way to another page is not yet what the address says.
  const place = useMatches({ select: (matches) => placeOf(matches.at(-1)?.pathname ?? '') });
  const side = <Side who={who} />;
  // Where one comes in is the first place that is open.
  const first = top.map(({ at }) => firstOpen(at, who.rights)).find((p) => p);
  if (pathname === '/chat' && first && first !== '/chat') return <Navigate to={first} replace />;
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
        {place && !isOpen(place, who.rights) ? <Forbidden /> : <Outlet />}
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

const top = [
  { at: '/chat', icon: <MessageOutlined />, name: 'nav.chat' },
  { at: '/serve', icon: <CloudServerOutlined />, name: 'nav.serve' },
  { at: '/protect', icon: <SafetyOutlined />, name: 'nav.protect' },
  { at: '/trust', icon: <SolutionOutlined />, name: 'nav.trust' },
  { at: '/settings', icon: <SettingOutlined />, name: 'nav.settings' },
] as const;

const menus = {
  '/serve': [
    { to: '/serve', icon: <DashboardOutlined />, name: 'nav.overview' },
    { to: '/serve/queue', icon: <HourglassOutlined />, name: 'nav.queue' },
    { to: '/serve/models', icon: <AppstoreOutlined />, name: 'nav.models' },
    { to: '/serve/engines', icon: <ApartmentOutlined />, name: 'nav.engines' },
    { to: '/serve/bench', icon: <ThunderboltOutlined />, name: 'nav.bench' },
    { to: '/serve/jobs', icon: <InboxOutlined />, name: 'nav.jobs' },
    { to: '/serve/usage', icon: <BarChartOutlined />, name: 'nav.usage' },
    { to: '/serve/quotas', icon: <FundOutlined />, name: 'nav.quotas' },
    { to: '/serve/keys', icon: <KeyOutlined />, name: 'nav.ownKeys' },
    { to: '/serve/start', icon: <ApiOutlined />, name: 'nav.start' },
  ],
  '/protect': [
    { to: '/protect/people', icon: <TeamOutlined />, name: 'nav.people' },
    { to: '/protect/keys', icon: <KeyOutlined />, name: 'nav.keys' },
    { to: '/protect/tenants', icon: <BankOutlined />, name: 'nav.tenants' },
    { to: '/protect/duties', icon: <SolutionOutlined />, name: 'nav.duties' },
    { to: '/protect/rules', icon: <FilterOutlined />, name: 'nav.rules' },
    { to: '/protect/audit', icon: <AuditOutlined />, name: 'nav.audit' },
  ],
  '/trust': [
    { to: '/trust/inspect', icon: <FileSearchOutlined />, name: 'nav.inspect' },
    { to: '/trust/ask', icon: <TeamOutlined />, name: 'nav.everyone' },
  ],
  '/settings': [{ to: '/settings/setup', icon: <RocketOutlined />, name: 'nav.setup' }],
} as const;

function Side({ who }: { who: Who }) {
  const { t } = useTranslation();
  const { pathname } = useLocation();
  const menu = top.find(({ at }) => pathname.startsWith(at))?.at;
  const under = menu && menu !== '/chat' && menus[menu].filter((i) => isOpen(i.to, who.rights));
  return (
    <>
      <div className="side-head">
        <Brand />
      </div>
      <nav className="menu" aria-label={t('app.menu')}>
        {top.map(({ at, icon, name }) => {
          const to = firstOpen(at, who.rights);
          return (
            to && (
              <Item key={at} to={to} icon={icon} current={menu === at}>
                {t(name)}
              </Item>
            )
          );
        })}
      </nav>
      {under ? (
        <nav className="menu menu-under" aria-label={t(top.find(({ at }) => at === menu)?.name ?? 'nav.chat')}>
          {under.map(({ to, icon, name }) => (
            <Item key={to} to={to} icon={icon} current={placeOf(pathname) === to}>
              {t(name)}
            </Item>
          ))}
        </nav>
      ) : (
        isOpen('/chat', who.rights) && <ConversationList />
      )}
      <div className="side-foot">
        <Preferences who={who} />
      </div>
    </>
  );
}

function Item({ to, icon, current, children }: { to: Place; icon: ReactNode; current: boolean; children: ReactNode }) {
  return (
    <Link to={to} className={current ? 'menu-item menu-current' : 'menu-item'} aria-current={current ? 'page' : undefined}>
      <span aria-hidden>{icon}</span> {children}
    </Link>
  );
}
