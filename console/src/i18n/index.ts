import i18n from 'i18next';
import { initReactI18next } from 'react-i18next';
import { en } from './en';
import type { LaterWords } from './later.zh-CN';
import type { ServeWords } from './serve.zh-CN';
import { type Words, zh } from './zh-CN';

export const languages = { 'zh-CN': '简体中文', en: 'English' } as const;
export type Language = keyof typeof languages;

/** The words of a language that tells one from many: where Chinese has `x_other`, it has `x_one` as well. */
export type English<T> = { [K in keyof T]: T[K] extends string ? string : English<T[K]> } & {
  [K in keyof T as K extends `${infer Base}_other` ? `${Base}_one` : never]: string;
};

declare module 'i18next' {
  interface CustomTypeOptions {
    defaultNS: 'words';
    resources: { words: Words & LaterWords & ServeWords };
  }
}

/** The language chosen before, else the browser's, else Chinese. */
export function preferred(stored: string | null, browser: readonly string[]): Language {
  if (stored === 'zh-CN' || stored === 'en') return stored;
  for (const tag of browser) {
    if (/^zh/i.test(tag)) return 'zh-CN';
    if (/^en/i.test(tag)) return 'en';
  }
  return 'zh-CN';
}

const remembered = 'hearth.language';

export function setLanguage(l: Language) {
  localStorage.setItem(remembered, l);
  document.documentElement.lang = l;
  void i18n.changeLanguage(l);
}

const first = preferred(localStorage.getItem(remembered), navigator.languages);
document.documentElement.lang = first;
void i18n.use(initReactI18next).init({
  lng: first,
  fallbackLng: 'zh-CN',
  defaultNS: 'words',
  ns: ['words'],
  resources: { 'zh-CN': { words: zh }, en: { words: en } },
  interpolation: { escapeValue: false }, // React does that
  initAsync: false,
});

export default i18n;
