import type { ReactNode } from 'react';

/** A word or two that mark a thing. */
export function Mark({ tone, title, children }: { tone?: 'good' | 'warm' | 'bad'; title?: string; children: ReactNode }) {
  return (
    <span className={tone ? `mark mark-${tone}` : 'mark'} title={title}>
      {children}
    </span>
  );
}
