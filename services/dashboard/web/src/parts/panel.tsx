// Small things every view is made of.
import { useEffect, useState, type ReactNode } from 'react';
import type { Picture } from '../data/picture';
import type { State } from '../data/state';

export function useNow(every_ms = 500) {
  const [now, set] = useState(performance.now());
  useEffect(() => {
    const timer = window.setInterval(() => set(performance.now()), every_ms);
    return () => window.clearInterval(timer);
  }, [every_ms]);
  return now;
}

// What a picture shows is old: of another series, or nothing new came although the scan runs.
const stale_after_ms = 5000;
export function staleness(picture: Picture | undefined, state: State | null, connected: boolean, now: number, final = false): string | null {
  if (!picture) return null;
  if (!connected) return 'disconnected';
  if (state && state.series_uid && picture.head.series_uid !== state.series_uid) return 'of the series before';
  if (final || state?.over) return null;
  const age = now - picture.came_ms;
  if (state?.ledger && !state.ledger.ended && age > stale_after_ms) return `stale, ${Math.floor(age / 1000)} s`;
  return null;
}

export function Panel(p: {
  title: string;
  note?: ReactNode;
  stale?: string | null;
  from?: Picture; // what is shown; says where it was sent smaller
  className?: string;
  name?: string; // for tests
  children: ReactNode;
  foot?: ReactNode;
}) {
  return (
    <section className={`panel ${p.className ?? ''} ${p.stale ? 'is-stale' : ''}`} aria-label={p.title} data-panel={p.name}>
      <header>
        <h2>{p.title}</h2>
        {p.stale ? (
          <span className="badge bad" data-testid="stale">
            {p.stale}
          </span>
        ) : (
          <span className="note">
            {p.from && !p.from.exact && (
              <b className="coarse" data-testid="coarse" title="The link is slow: pictures are sent smaller, and better once nothing else waits.">
                slow link{p.from.every > 1 ? `, 1 pixel of ${p.from.every}` : ''} ·{' '}
              </b>
            )}
            {p.note}
          </span>
        )}
      </header>
      <div className="body">{p.children}</div>
      {p.foot && <footer>{p.foot}</footer>}
    </section>
  );
}

export function Empty({ children }: { children: ReactNode }) {
  return <p className="empty">{children}</p>;
}

export function Figure(p: { label: string; value: ReactNode; unit?: string; k?: string; tone?: string; title?: string }) {
  return (
    <div className={`figure ${p.tone ?? ''}`} title={p.title}>
      <dt>{p.label}</dt>
      <dd>
        <span data-key={p.k}>{p.value}</span>
        {p.unit && <small> {p.unit}</small>}
      </dd>
    </div>
  );
}

export function Choice<T extends string | number>(p: {
  label: string;
  value: T;
  options: { value: T; text: string }[];
  onChange: (value: T) => void;
}) {
  return (
    <label className="choice">
      <span>{p.label}</span>
      <select
        value={String(p.value)}
        onChange={(e) => {
          const found = p.options.find((o) => String(o.value) === e.target.value);
          if (found) p.onChange(found.value);
        }}
      >
        {p.options.map((o) => (
          <option key={String(o.value)} value={String(o.value)}>
            {o.text}
          </option>
        ))}
      </select>
    </label>
  );
}
