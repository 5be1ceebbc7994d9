import { useEffect, useRef } from 'react';

const mac = /Mac|iPhone|iPad/.test(navigator.platform);
const mod = mac ? '⌘' : 'Ctrl';

export const shortcuts = [
  [`${mod} + Shift + O`, 'shortcutNew'],
  [`${mod} + K`, 'shortcutSearch'],
  ['Esc', 'shortcutStop'],
  ['↑', 'shortcutEdit'],
  ['/', 'shortcutFocus'],
  ['?', 'shortcutHelp'],
] as const;

type Acts = { create(): void; search(): void; stop(): void; focus(): void; help(): void };

/** Listens for the keys of the chat, but not to what is being typed somewhere. */
export function useShortcuts(acts: Acts) {
  const now = useRef(acts);
  now.current = acts;
  useEffect(() => {
    const heard = (e: KeyboardEvent) => {
      const act = meaning(e);
      if (!act || e.defaultPrevented) return;
      if (act !== 'stop') e.preventDefault();
      now.current[act]();
    };
    window.addEventListener('keydown', heard);
    return () => window.removeEventListener('keydown', heard);
  }, []);
}

export function meaning(e: Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'shiftKey' | 'altKey' | 'target'>): keyof Acts | undefined {
  const key = e.key.toLowerCase();
  if (e.ctrlKey || e.metaKey) {
    if (e.shiftKey && key === 'o') return 'create';
    if (!e.shiftKey && key === 'k') return 'search';
    return undefined;
  }
  if (e.altKey) return undefined;
  if (e.key === 'Escape') return 'stop';
  const at = e.target as HTMLElement | null;
  if (at && (at.isContentEditable || /^(?:INPUT|TEXTAREA|SELECT)$/.test(at.tagName))) return undefined;
  if (e.key === '/') return 'focus';
  if (e.key === '?') return 'help';
  return undefined;
}
