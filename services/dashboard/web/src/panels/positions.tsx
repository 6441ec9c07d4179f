// Where the stage said it was, and where the image says it was.
import { memo, useMemo, useState } from 'react';
import { Chart } from '../parts/chart';
import { displacements_of, exaggeration_for, histogram_of, spacing_of, type Displacements } from '../data/displacement';
import { fixed, whole } from '../data/format';
import { Field } from '../parts/heat';
import { Marks, ScaleBar, type Mark } from '../parts/marks';
import { Choice, Empty, Figure, Panel } from '../parts/panel';
import type { Grid } from '../data/grid';
import { useStream } from '../data/stream';
import { useStale } from './use_scan';

const factors = [1, 2, 5, 10, 20, 50, 100];
const classes = ['a', 'b', 'c', 'd'];

function place_of(d: Displacements): Omit<Grid, 'values'> {
  const extent = (v: Float32Array) => v.reduce<[number, number]>(([a, b], value) => [Math.min(a, value), Math.max(b, value)], [Infinity, -Infinity]);
  const [left, right] = extent(d.x);
  const [top, bottom] = extent(d.y);
  const rim = 1.5 * spacing_of(d);
  // One cell is the whole field: there is nothing to draw in it but marks.
  const [w, h] = [right - left + 2 * rim, bottom - top + 2 * rim];
  return { rows: 1, cols: 1, x0: left - rim + w / 2, y0: top - rim + h / 2, dx: w, dy: h, unit: 'µm' };
}

// Points where the stage was, and lines from them, lighter where they are longer.
function marks_of(d: Displacements, factor: number): Mark[] {
  const points: string[] = [];
  const lines: string[][] = classes.map(() => []);
  const high = Math.max(2 * d.rms, 1e-9);
  for (let i = 0; i < d.n; ++i) {
    const at = `M${d.x[i].toFixed(4)} ${d.y[i].toFixed(4)}`;
    points.push(`${at}h0`);
    const k = Math.min(classes.length - 1, Math.floor((d.length[i] / high) * classes.length));
    lines[k].push(`${at}l${(d.dx[i] * factor).toFixed(4)} ${(d.dy[i] * factor).toFixed(4)}`);
  }
  return [{ kind: 'nominal', path: points.join('') }, ...classes.map((c, k) => ({ kind: `moved ${c}`, path: lines[k].join('') }))];
}

export const Positions = memo(function Positions() {
  const { pictures } = useStream();
  const event = pictures.positions;
  const stale = useStale(event);
  const [common, setCommon] = useState('about');
  const [wish, setWish] = useState(0);
  const d = useMemo(() => (event ? displacements_of(event, common === 'with') : null), [event, common]);
  const auto = useMemo(() => (d ? exaggeration_for(d) : 1), [d]);
  const factor = wish || auto;
  const place = useMemo(() => (d ? place_of(d) : null), [d]);
  const marks = useMemo(() => (d ? marks_of(d, factor) : []), [d, factor]);
  if (!event || !d || !place)
    return (
      <div className="grid one">
        <Panel title="Positions">
          <Empty>
            No refined positions yet. They come with the images where positions are refined: <code>ptero live --refine-positions</code>, or{' '}
            <code>refine_positions = true</code> in [reconstructor].
          </Empty>
        </Panel>
      </div>
    );
  return (
    <>
      <div className="toolbar">
        <Choice
          label="Arrows"
          value={wish}
          options={[{ value: 0, text: `${auto} times as long (fitting)` }, ...factors.map((f) => ({ value: f, text: f === 1 ? 'true to scale' : `${f} times as long` }))]}
          onChange={setWish}
        />
        <Choice
          label="Displacement"
          value={common}
          options={[
            { value: 'about', text: 'about what all share' },
            { value: 'with', text: 'as it is' },
          ]}
          onChange={setCommon}
        />
      </div>
      <div className="grid positions">
        <Panel title="Nominal and refined positions" note={`${whole(d.n)} frames, iteration ${d.iteration}`} stale={stale} className="large">
          <Field place={place} what={`Refined positions, displacements drawn ${factor} times as long`}>
            <Marks marks={marks} />
            <ScaleBar grid={place} />
          </Field>
          <ArrowKey factor={factor} rms={d.rms} />
        </Panel>
        <Figures d={d} />
        <Histogram d={d} />
        <Profile d={d} />
      </div>
    </>
  );
});

function ArrowKey({ factor, rms }: { factor: number; rms: number }) {
  return (
    <ul className="key across">
      <li>
        <svg width="14" height="10" aria-hidden><path d="M7 5h0" className="mark nominal" /></svg>
        nominal
      </li>
      {classes.map((c, k) => (
        <li key={c}>
          <svg width="20" height="10" aria-hidden><path d="M2 5h16" className={`mark moved ${c}`} /></svg>
          {k === classes.length - 1 ? `over ${fixed(1500 * rms, 1)} nm` : `to ${fixed(((k + 1) / classes.length) * 2000 * rms, 1)}`}
        </li>
      ))}
      <li data-testid="factor">drawn × {factor}</li>
    </ul>
  );
}

function Figures({ d }: { d: Displacements }) {
  return (
    <Panel title="Displacement" note="nanometres">
      <dl className="figures">
        <Figure label="rms" value={fixed(d.rms * 1000, 2)} unit="nm" k="positions.rms" />
        <Figure label="median" value={fixed(d.median * 1000, 2)} unit="nm" />
        <Figure label="most" value={fixed(d.most * 1000, 1)} unit="nm" />
        <Figure label="shared, x" value={fixed(d.common[0] * 1000, 2)} unit="nm" />
        <Figure label="shared, y" value={fixed(d.common[1] * 1000, 2)} unit="nm" />
        <Figure label="frames" value={whole(d.n)} k="positions.frames" />
      </dl>
    </Panel>
  );
}

function Histogram({ d }: { d: Displacements }) {
  const h = useMemo(() => histogram_of(d), [d]);
  const lines = useMemo(() => [{ label: 'frames', values: h.count, colour: '#5b9bd5', bars: true }], [h]);
  return (
    <Panel title="How far" note="frames by displacement">
      <Chart x={h.nm} lines={lines} what="Histogram of the displacements" xLabel="displacement, nm" unit="frames" />
    </Panel>
  );
}

// Drift shows here: displacements in the order of the frames.
function Profile({ d }: { d: Displacements }) {
  const [x, lines] = useMemo(() => {
    const order = Array.from(d.id.keys()).sort((a, b) => d.id[a] - d.id[b]);
    const of = (v: Float32Array) => order.map((i) => v[i] * 1000);
    return [
      order.map((i) => d.id[i]),
      [
        { label: 'x', values: of(d.dx), colour: '#f0b429' },
        { label: 'y', values: of(d.dy), colour: '#5b9bd5' },
      ],
    ] as const;
  }, [d]);
  return (
    <Panel title="Over the scan" note="by frame">
      <Chart x={x as number[]} lines={lines as never} what="Displacement by frame" xLabel="frame" unit="nm" signed />
    </Panel>
  );
}
