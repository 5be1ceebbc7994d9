import type { TFunction } from 'i18next';

/** Bytes as people say them, in powers of 1024: "3.4 GiB". */
export function bytes(n: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let i = 0;
  while (n >= 1024 && i < units.length - 1) {
    n /= 1024;
    i++;
  }
  return `${i === 0 || n >= 100 ? Math.round(n) : n.toFixed(1)} ${units[i]}`;
}

/** Parameters of a model: "7.6B". */
export function parameters(n: number): string {
  for (const [size, unit] of [
    [1e12, 'T'],
    [1e9, 'B'],
    [1e6, 'M'],
    [1e3, 'K'],
  ] as const) {
    if (n >= size) return `${(n / size).toFixed(n / size >= 100 ? 0 : 1)}${unit}`;
  }
  return String(n);
}

export const integer = (n: number, language: string) => new Intl.NumberFormat(language).format(Math.round(n));

export const percent = (n: number, language: string) =>
  new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: n < 0.1 ? 1 : 0 }).format(n);

export const moment = (at: string | number | Date, language: string) =>
  new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short' }).format(new Date(at));

/** A time to the second, as records have it. */
export const clock = (at: string, language: string) =>
  new Intl.DateTimeFormat(language, { dateStyle: 'short', timeStyle: 'medium' }).format(new Date(at));

/** A short time, of an answer: "0.8 s", "2 min 5 s". */
export function span(ms: number, t: TFunction): string {
  const s = ms / 1000;
  if (s < 60) return t('chat.second', { n: s < 10 ? s.toFixed(1) : Math.round(s) });
  const whole = Math.round(s);
  return t('chat.minute', { m: Math.floor(whole / 60), s: whole % 60 });
}

/** A long time, of a server: "3 d 4 h". */
export function uptime(seconds: number, t: TFunction): string {
  const m = Math.floor(seconds / 60);
  if (m < 1) return t('overview.underMinute');
  if (m < 60) return t('overview.minute', { m });
  const h = Math.floor(m / 60);
  if (h < 24) return t('overview.hour', { h, m: m % 60 });
  return t('overview.day', { d: Math.floor(h / 24), h: h % 24 });
}
