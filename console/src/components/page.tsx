import type { ReactNode } from 'react';

/** What every page but the chat looks like. */
export function Page({ title, intro, extra, children }: { title: string; intro?: string; extra?: ReactNode; children: ReactNode }) {
  return (
    <div className="page">
      <div className="page-column">
        <header className="page-head">
          <div>
            <h1>{title}</h1>
            {intro && <p>{intro}</p>}
          </div>
          {extra}
        </header>
        {children}
      </div>
    </div>
  );
}

/** One figure with its name. */
export function Figure({ name, value, hint }: { name: string; value: ReactNode; hint?: ReactNode }) {
  return (
    <div className="figure">
      <dt>{name}</dt>
      <dd>
        {value}
        {hint && <small>{hint}</small>}
      </dd>
    </div>
  );
}
