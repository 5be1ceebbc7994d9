import { useSyncExternalStore } from 'react';

const query = window.matchMedia('(min-width: 820px)');

function subscribe(f: () => void) {
  query.addEventListener('change', f);
  return () => query.removeEventListener('change', f);
}

/** Whether there is room for the side beside the page. */
export const useWide = () => useSyncExternalStore(subscribe, () => query.matches);
