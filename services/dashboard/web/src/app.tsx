import { useEffect, useState } from 'react';
import { RegionControl } from './controls/region';
import { Banner, Head, views, type View } from './parts/head';
import { Audit } from './panels/audit';
import { Ledger, SelectionFigures } from './panels/ledger';
import { ErrorCurve, ObjectImage, Probe } from './panels/object';
import { Pattern } from './panels/pattern';
import { Positions } from './panels/positions';
import { ScanMap } from './panels/scan_map';
import { SeriesHistory } from './panels/series';
import { Alarms, Pulse, Services } from './panels/services';
import { Slices } from './panels/slices';
import { Trends } from './panels/trends';
import { Choice } from './parts/panel';
import { useStream } from './data/stream';
import { Control } from './views/control';

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

function Overview() {
  const { state } = useStream();
  return (
    <div className="grid overview">
      <ScanMap kind="total" className="large" />
      <ObjectImage part="phase" className="large" />
      <Pattern part="newest" axes={false} />
      <Ledger state={state} />
      <ErrorCurve />
      <Pulse state={state} />
    </div>
  );
}

const segment_options = (n: number) => [
  { value: -1, text: 'whole pattern' },
  ...Array.from({ length: n > 1 ? n : 0 }, (_, i) => ({ value: i, text: `segment ${i + 1} of ${n}` })),
];

function Maps() {
  const { state } = useStream();
  const [segment, setSegment] = useState(-1);
  return (
    <>
      <div className="toolbar">
        <Choice label="Features of" value={segment} options={segment_options(state?.map?.segments ?? 1)} onChange={setSegment} />
        <span className="note">The white line is the border of the region of interest; red strokes are frames marked bad.</span>
      </div>
      <div className="grid maps">
        <ScanMap kind="total" segment={segment} />
        <ScanMap kind="com" segment={segment} />
        <ScanMap kind="direction" segment={segment} />
        <ScanMap kind="mask" />
        <ScanMap kind="confidence" />
        <div className="stack">
          <RegionControl />
          <SelectionFigures state={state} />
        </div>
      </div>
    </>
  );
}

function Image() {
  return (
    <div className="grid image">
      <ObjectImage part="phase" className="large" />
      <ObjectImage part="amplitude" />
      <Probe />
      <ErrorCurve full />
    </div>
  );
}

function Detector() {
  return (
    <div className="grid two">
      <Pattern part="newest" />
      <Pattern part="mean" />
    </div>
  );
}

function Health() {
  const { state } = useStream();
  return (
    <div className="grid health">
      <Trends className="wide" />
      <Services state={state} />
      <div className="stack">
        <Ledger state={state} />
        <Alarms alarms={state?.alarms ?? []} />
      </div>
    </div>
  );
}

function History() {
  return (
    <div className="grid history">
      <SeriesHistory />
      <Audit />
    </div>
  );
}

const shown: Record<View, () => JSX.Element> = {
  overview: Overview,
  control: Control,
  maps: Maps,
  image: Image,
  positions: () => <Positions />,
  slices: () => <Slices />,
  detector: Detector,
  health: Health,
  history: History,
};

export function App() {
  const { connected, ever, refused } = useStream();
  const [view, go] = useView();
  const Shown = shown[view];
  return (
    <div className={`app ${(connected || !ever) && !refused ? '' : 'cut-off'}`}>
      <Head view={view} go={go} />
      <Banner />
      <main data-view={view}>
        <div id="view" className="view" role="tabpanel" aria-labelledby={`tab-${view}`} tabIndex={0}>
          <Shown />
        </div>
      </main>
    </div>
  );
}
