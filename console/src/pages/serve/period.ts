// Stretches of time that usage is looked at in, by the calendar of whoever looks.

export const periods = ['today', 'week', 'month', 'before', 'quarter'] as const;
export type Period = (typeof periods)[number];

/** When a period begins and ends; the end is not in it. */
export function stretch(p: Period, now: Date): { since: Date; until: Date } {
  const [y, m, d] = [now.getFullYear(), now.getMonth(), now.getDate()];
  const tomorrow = new Date(y, m, d + 1);
  switch (p) {
    case 'today':
      return { since: new Date(y, m, d), until: tomorrow };
    case 'week':
      return { since: new Date(y, m, d - 6), until: tomorrow };
    case 'month':
      return { since: new Date(y, m, 1), until: tomorrow };
    case 'before':
      return { since: new Date(y, m - 1, 1), until: new Date(y, m, 1) };
    case 'quarter':
      return { since: new Date(y, m, d - 89), until: tomorrow };
  }
}

/** The days of a stretch, as 2026-03-01, so that one without use is drawn as well. */
export function days(since: Date, until: Date): string[] {
  const list: string[] = [];
  for (let at = since; at < until; at = new Date(at.getFullYear(), at.getMonth(), at.getDate() + 1))
    list.push(`${at.getFullYear()}-${String(at.getMonth() + 1).padStart(2, '0')}-${String(at.getDate()).padStart(2, '0')}`);
  return list;
}
