import type { Right } from '../api/session';

/** The pages there are, and of which rights one is needed to see them. */
export const places = {
  '/chat': ['ask'],
  '/serve': ['watch'],
  '/serve/models': ['watch'],
  '/serve/queue': ['watch'],
  '/serve/jobs': ['watch'],
  '/serve/engines': ['watch'],
  '/serve/bench': ['watch'],
  '/serve/usage': ['watch'],
  '/serve/quotas': ['watch'],
  '/serve/keys': ['self'],
  '/serve/start': ['ask'],
  '/protect/people': ['people', 'grant', 'audit'],
  '/protect/keys': ['people', 'grant'],
  '/settings/setup': ['serve'],
  '/protect/rules': ['guard'],
  '/protect/audit': ['audit'],
  '/trust/inspect': ['ask'],
  '/trust/ask': ['ask'],
} as const satisfies Record<string, readonly Right[]>;

export type Place = keyof typeof places;

/** Whether somebody with these rights may be at a place. */
export const open = (place: Place, rights: readonly Right[]) => places[place].some((r) => rights.includes(r));

/** The place a path is in; undefined where it is none of these. */
export function placeOf(pathname: string): Place | undefined {
  const path = pathname.startsWith('/chat/') ? '/chat' : pathname.replace(/(.)\/$/, '$1');
  return path in places ? (path as Place) : undefined;
}

/** The first place of a menu that is open. */
export function firstOpen(menu: '/chat' | '/serve' | '/protect' | '/trust' | '/settings', rights: readonly Right[]): Place | undefined {
  return (Object.keys(places) as Place[]).find((p) => (p === menu || p.startsWith(`${menu}/`)) && open(p, rights));
}
