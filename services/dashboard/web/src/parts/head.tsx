// Above every view: the series, how it goes, and what is wrong.
import { useEffect, useRef } from 'react';
import { duration, fixed, whole } from '../data/format';
import { Figure, useNow } from './panel';
import { useWaits } from '../panels/use_scan';
import { useStream } from '../data/stream';

export const views = ['overview', 'control', 'maps', 'image', 'positions', 'slices', 'detector', 'health', 'history'] as const;
export type View = (typeof views)[number];

export function Banner() {
  const { connected, ever, lost_ms, refused, state } = useStream();
  const now = useNow();
  if (refused)
    return (
      <div className="banner bad" role="alert" data-testid="refused">
        The service does not let this page in: {refused}.
      </div>
    );
  if (!connected)
    return (
      <div className="banner bad" role="alert" data-testid="disconnected">
        {ever ? `Disconnected for ${duration(now - lost_ms)}: what you see is old. Trying again …` : 'Connecting …'}
      </div>
    );
  if (state?.over)
    return (
      <div className="banner" role="status" data-testid="over">
        The scan is over: this is its last picture. It stays until ptero is ended (Ctrl-C where it runs).
      </div>
    );
  const silent = Object.entries(state?.services ?? {}).filter(([, s]) => s.heard_ms !== null && !s.alive);
  if (silent.length > 0)
    return (
      <div className="banner bad" role="alert" data-testid="silent">
        {silent.map(([name, s]) => `${name} has been silent for ${duration(s.heard_ms)}`).join('; ')}: what you see of it is old.
      </div>
    );
  const critical = state?.alarms.filter((a) => a.severity === 'critical') ?? [];
  if (critical.length > 0) return <div className="banner bad" role="alert">■ {critical[0].sentence}</div>;
  return null;
}

export function Head({ view, go }: { view: View; go: (v: View) => void }) {
  const { state, connected } = useStream();
  const waits = useWaits();
  const tabs = useRef<HTMLDivElement>(null);
  const ledger = state?.ledger;
  // A scan that follows advice ends when the advice says so, not at the last point of its grid.
  const adaptive = state?.advice?.mode === 'automatic';
  const done = !adaptive && ledger && ledger.total > 0 ? ledger.arrived / ledger.total : 0;
  const alarms = state?.alarms.length ?? 0;
  const saturated = state?.frame?.saturated_pixels ?? 0;
  const word = !connected ? 'disconnected' : !ledger ? 'waiting' : ledger.ended ? 'ended' : 'live';
  const left_ms = !adaptive && ledger && !ledger.ended && (state?.rate_hz ?? 0) > 0 ? (1000 * (ledger.total - ledger.arrived)) / state!.rate_hz : null;
  // What a tab in the background can say.
  const title = alarms > 0 ? `▲ ${alarms} · ptero` : word === 'live' && done > 0 ? `${Math.floor(100 * done)} % · ptero` : `${word} · ptero`;
  useEffect(() => {
    document.title = title;
  }, [title]);
  // On a phone the row of views is wider than the screen.
  useEffect(() => {
    tabs.current?.querySelector(`#tab-${view}`)?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }, [view]);
  const move = (by: number) => {
    const next = views[(views.indexOf(view) + by + views.length) % views.length];
    go(next);
    tabs.current?.querySelector<HTMLElement>(`#tab-${next}`)?.focus();
  };
  return (
    <header className="top">
      <div className="id">
        <h1>ptero</h1>
        <span className={`pill ${word}`} data-testid="status">
          {word}
        </span>
        <span className="uid" title="series" data-key="series_uid">
          {state?.series_uid || 'no series'}
        </span>
      </div>
      <div className="progress" title={adaptive ? 'exposures; the scan ends when the advice says so' : 'frames that came'}>
        <div>
          <i style={{ width: `${100 * done}%` }} />
        </div>
        <span>
          <b data-key="ledger.arrived">{whole(ledger?.arrived)}</b> {adaptive ? 'exposures, grid of' : '/'} <span data-key="ledger.total">{whole(ledger?.total)}</span>
        </span>
      </div>
      <dl className="vital" tabIndex={0} aria-label="figures of now">
        <Figure label="frames/s" value={fixed(state?.rate_hz, 0)} />
        <Figure label="time left" value={duration(left_ms)} k="time_left" />
        <Figure label="label p99" value={fixed(state?.roi?.latency_p99_recent_ms, 1)} unit="ms" k="roi.latency_p99_recent_ms" title="99 of 100 frames of the last minute were labelled within this time" />
        <Figure label="selected" value={whole(state?.roi?.selected)} />
        <Figure label="in the image" value={whole(state?.image?.frames_used)} k="image.frames_used" />
        <Figure label="image age" value={ledger?.ended ? 'final' : waits ? 'no sample now' : duration(state?.image?.age_ms)} />
        <Figure label="error" value={state?.image?.amplitude_error == null ? '–' : fixed(100 * state.image.amplitude_error, 2)} unit="%" />
        <Figure label="alarms" value={alarms} tone={alarms > 0 ? 'bad' : ''} />
      </dl>
      <div
        className="tabs"
        role="tablist"
        aria-label="views"
        ref={tabs}
        onKeyDown={(e) => {
          if (e.key === 'ArrowRight') move(1);
          if (e.key === 'ArrowLeft') move(-1);
        }}
      >
        {views.map((v) => (
          <button key={v} id={`tab-${v}`} role="tab" aria-selected={v === view} aria-controls="view" tabIndex={v === view ? 0 : -1} onClick={() => go(v)}>
            {v}
            {v === 'detector' && saturated > 0 && <i className="mark-tab" title="saturated pixels">▲</i>}
            {v === 'control' && state?.advice && !state.advice.accepted && !ledger?.ended && <i className="mark-tab" title="advice is proposed">●</i>}
          </button>
        ))}
      </div>
    </header>
  );
}
