import { useEffect, useRef, useState } from 'react';
import { duration, fixed, whole } from './format';
import { Alarms, Audit, SeriesHistory, Services, Trends } from './health';
import { Choice, ErrorCurve, Ledger, ObjectImage, Pattern, Probe, RegionControl, ScanMap, segment_options, SelectionFigures, Slices } from './panels';
import { Figure, useNow } from './parts';
import { useStream } from './stream';

const views = ['overview', 'maps', 'image', 'detector', 'health', 'history'] as const;
type View = (typeof views)[number];

function useView(): [View, (v: View) => void] {
  const read = () => {
    const name = window.location.hash.slice(1) as View;
    return views.includes(name) ? name : 'overview';
  };
  const [view, set] = useState<View>(read);
  useEffect(() => {
    const follow = () => set(read());
    window.addEventListener('hashchange', follow);
    return () => window.removeEventListener('hashchange', follow);
  }, []);
  return [view, (v) => (window.location.hash = v)];
}

function Banner() {
  const { connected, ever, lost_ms, state } = useStream();
  const now = useNow();
  if (!connected)
    return (
      <div className="banner bad" role="alert" data-testid="disconnected">
        {ever ? `Disconnected for ${duration(now - lost_ms)}: what you see is old. Trying again …` : 'Connecting …'}
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

function Head({ view, go }: { view: View; go: (v: View) => void }) {
  const { state, connected } = useStream();
  const tabs = useRef<HTMLDivElement>(null);
  const ledger = state?.ledger;
  const done = ledger && ledger.total > 0 ? ledger.arrived / ledger.total : 0;
  const alarms = state?.alarms.length ?? 0;
  const word = !connected ? 'disconnected' : !ledger ? 'waiting' : ledger.ended ? 'ended' : 'live';
  const move = (by: number) => {
    const next = views[(views.indexOf(view) + by + views.length) % views.length];
    go(next);
    tabs.current?.querySelector<HTMLElement>(`#tab-${next}`)?.focus();
  };
  return (
    <header className="top">
      <div className="id">
        <strong>ptero</strong>
        <span className={`pill ${word}`} data-testid="status">
          {word}
        </span>
        <span className="uid" title="series" data-key="series_uid">
          {state?.series_uid || 'no series'}
        </span>
      </div>
      <div className="progress" title="frames that came">
        <div>
          <i style={{ width: `${100 * done}%` }} />
        </div>
        <span>
          <b data-key="ledger.arrived">{whole(ledger?.arrived)}</b> / <span data-key="ledger.total">{whole(ledger?.total)}</span>
        </span>
      </div>
      <dl className="vital">
        <Figure label="frames/s" value={fixed(state?.rate_hz, 0)} />
        <Figure label="label p99" value={fixed(state?.roi?.latency_p99_ms, 1)} unit="ms" />
        <Figure label="selected" value={whole(state?.roi?.selected)} />
        <Figure label="in the image" value={whole(state?.image?.frames_used)} k="image.frames_used" />
        <Figure label="image age" value={ledger?.ended ? 'final' : duration(state?.image?.age_ms)} />
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
          </button>
        ))}
      </div>
    </header>
  );
}

function Maps() {
  const { state } = useStream();
  const [segment, setSegment] = useState(-1);
  return (
    <>
      <div className="toolbar">
        <Choice label="Features of" value={segment} options={segment_options(state?.map?.segments ?? 1)} onChange={setSegment} />
        <span className="note">The line is the border of the region of interest.</span>
      </div>
      <div className="grid maps">
        <ScanMap kind="total" segment={segment} />
        <ScanMap kind="com" segment={segment} />
        <ScanMap kind="direction" segment={segment} />
        <ScanMap kind="mask" />
        <ScanMap kind="confidence" outline={false} />
        <div className="stack">
          <RegionControl />
          <SelectionFigures state={state} />
        </div>
      </div>
    </>
  );
}

export function App() {
  const { state, connected, ever } = useStream();
  const [view, go] = useView();
  return (
    <div className={`app ${connected || !ever ? '' : 'cut-off'}`}>
      <Head view={view} go={go} />
      <Banner />
      <main id="view" role="tabpanel" aria-labelledby={`tab-${view}`} tabIndex={-1} data-view={view}>
        {view === 'overview' && (
          <div className="grid overview">
            <ScanMap kind="total" axes={false} />
            <ObjectImage part="phase" axes={false} />
            <Pattern part="newest" axes={false} />
            <div className="stack">
              <RegionControl />
              <Ledger state={state} />
            </div>
            <ErrorCurve />
            <Alarms alarms={state?.alarms ?? []} />
          </div>
        )}
        {view === 'maps' && <Maps />}
        {view === 'image' && (
          <div className="grid image">
            <ObjectImage part="phase" className="large" />
            <ObjectImage part="amplitude" />
            <Probe />
            <ErrorCurve className="wide" />
            <Slices className="slices" />
          </div>
        )}
        {view === 'detector' && (
          <div className="grid two">
            <Pattern part="newest" />
            <Pattern part="mean" />
          </div>
        )}
        {view === 'health' && (
          <div className="grid health">
            <Trends className="wide" />
            <Services state={state} />
            <div className="stack">
              <Ledger state={state} />
              <Alarms alarms={state?.alarms ?? []} />
            </div>
          </div>
        )}
        {view === 'history' && (
          <div className="grid history">
            <SeriesHistory />
            <Audit />
          </div>
        )}
      </main>
    </div>
  );
}
