import { GlobalOutlined, LogoutOutlined, MoonOutlined, SettingOutlined, SunOutlined, UserOutlined } from '@ant-design/icons';
import { useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Button, Popover, Segmented } from 'antd';
import { useTranslation } from 'react-i18next';
import { become, signOut, type Who } from '../api/session';
import { type Language, languages, setLanguage } from '../i18n';
import { type Appearance, useAppearance } from './theme';

export function LanguageSwitch() {
  const { i18n, t } = useTranslation();
  return (
    <Segmented
      aria-label={t('prefs.language')}
      value={i18n.language as Language}
      onChange={(l) => setLanguage(l)}
      options={Object.entries(languages).map(([value, label]) => ({ value: value as Language, label }))}
    />
  );
}

function AppearanceSwitch() {
  const { t } = useTranslation();
  const { appearance, choose } = useAppearance();
  return (
    <Segmented<Appearance>
      aria-label={t('prefs.theme')}
      value={appearance}
      onChange={choose}
      options={[
        { value: 'light', label: t('prefs.light'), icon: <SunOutlined /> },
        { value: 'dark', label: t('prefs.dark'), icon: <MoonOutlined /> },
        { value: 'auto', label: t('prefs.auto') },
      ]}
    />
  );
}

/** Who is signed in, how the console looks, and the way out. */
export function Preferences({ who }: { who: Who }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const leave = () => signOut().finally(() => become(queries, null));
  const content = (
    <div className="prefs">
      <div>
        <SunOutlined aria-hidden /> {t('prefs.theme')}
        <AppearanceSwitch />
      </div>
      <div>
        <GlobalOutlined aria-hidden /> {t('prefs.language')}
        <LanguageSwitch />
      </div>
      {who.person && (
        <Link to="/me" className="prefs-me">
          <UserOutlined aria-hidden /> {t('nav.account')}
        </Link>
      )}
      <Button icon={<LogoutOutlined />} onClick={leave} block>
        {t('prefs.signOut')}
      </Button>
    </div>
  );
  return (
    <Popover content={content} trigger="click" placement="topLeft" arrow={false}>
      <Button type="text" className="who" title={t('prefs.title')}>
        <UserOutlined aria-hidden />
        <span className="who-name">
          <b>{who.name}</b>
          <small>{t(`standing.${who.standing}`)}</small>
        </span>
        <SettingOutlined aria-hidden />
      </Button>
    </Popover>
  );
}
