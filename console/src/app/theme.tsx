import { StyleProvider } from '@ant-design/cssinjs';
import { ConfigProvider, type ThemeConfig, theme } from 'antd';
import enUS from 'antd/locale/en_US';
import zhCN from 'antd/locale/zh_CN';
import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { nonce } from './nonce';
import { Notices } from './notices';

export type Appearance = 'light' | 'dark' | 'auto';

const remembered = 'hearth.appearance';
const system = window.matchMedia('(prefers-color-scheme: dark)');

const Choice = createContext<{ appearance: Appearance; choose(a: Appearance): void }>({ appearance: 'auto', choose() {} });

export const useAppearance = () => useContext(Choice);

const shared: ThemeConfig['token'] = {
  borderRadius: 10,
  fontSize: 15,
  controlHeight: 36,
  fontFamily: `system-ui, -apple-system, 'Segoe UI', 'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', 'Noto Sans SC', sans-serif`,
  fontFamilyCode: `ui-monospace, SFMono-Regular, Menlo, Consolas, 'Noto Sans Mono CJK SC', monospace`,
};

const light: ThemeConfig = {
  algorithm: theme.defaultAlgorithm,
  token: {
    ...shared,
    colorPrimary: '#b8431a',
    colorPrimaryHover: '#a63c17', // the one it would make is too light for white words
    colorInfo: '#b8431a',
    colorError: '#b8261c',
    colorLink: '#a63c17',
    colorBgLayout: '#f7f3ec',
    colorBgContainer: '#fffdfa',
    colorBgElevated: '#fffdfa',
    colorTextBase: '#2b2420',
    colorTextPlaceholder: '#746a62',
    colorTextDescription: '#6d635b',
    colorTextSecondary: '#5f564f',
    colorTextTertiary: '#6d635b',
    colorBorder: '#ddd3c6',
    colorBorderSecondary: '#e9e1d6',
  },
};

const dark: ThemeConfig = {
  algorithm: theme.darkAlgorithm,
  components: {
    Tabs: { itemSelectedColor: '#f09a72', itemHoverColor: '#f09a72', itemActiveColor: '#f09a72', inkBarColor: '#e8703f' },
    Button: { defaultHoverColor: '#f09a72', defaultActiveColor: '#f09a72' },
  },
  token: {
    ...shared,
    colorPrimary: '#c4552a',
    colorPrimaryHover: '#b8431a',
    colorInfo: '#c4552a',
    colorError: '#f0766c',
    colorLink: '#f09a72',
    colorBgLayout: '#171412',
    colorBgContainer: '#1f1b18',
    colorBgElevated: '#2a2521',
    colorTextBase: '#f3ece4',
    colorTextPlaceholder: '#a2968b',
    colorTextDescription: '#b0a499',
    colorTextSecondary: '#c5b9ae',
    colorTextTertiary: '#b0a499',
    colorBorder: '#443c36',
    colorBorderSecondary: '#332d28',
  },
};

/** Colours, words of the components, and where their style elements get the page's nonce. */
export function Theme({ children }: { children: ReactNode }) {
  const { i18n } = useTranslation();
  const [appearance, setAppearance] = useState<Appearance>(() => (localStorage.getItem(remembered) as Appearance | null) ?? 'auto');
  const [systemDark, setSystemDark] = useState(system.matches);
  useEffect(() => {
    const heard = () => setSystemDark(system.matches);
    system.addEventListener('change', heard);
    return () => system.removeEventListener('change', heard);
  }, []);
  const isDark = appearance === 'dark' || (appearance === 'auto' && systemDark);
  useEffect(() => {
    document.documentElement.dataset.theme = isDark ? 'dark' : 'light';
  }, [isDark]);
  const choice = useMemo(
    () => ({
      appearance,
      choose(a: Appearance) {
        localStorage.setItem(remembered, a);
        setAppearance(a);
      },
    }),
    [appearance],
  );
  return (
    <Choice.Provider value={choice}>
      <ConfigProvider
        theme={isDark ? dark : light}
        locale={i18n.language === 'en' ? enUS : zhCN}
        csp={{ nonce }}
        button={{ autoInsertSpace: false }}
      >
        {/* Chrome 87 does not know :where(). */}
        <StyleProvider hashPriority="high">
          <Notices>{children}</Notices>
        </StyleProvider>
      </ConfigProvider>
    </Choice.Provider>
  );
}
