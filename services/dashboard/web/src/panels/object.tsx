// What the reconstruction has come to: the object, the probe, the error.
import { memo, useMemo } from 'react';
import { Chart } from '../chart';
import { duration, fixed, percent, whole } from '../format';
import { Heat } from '../heat';
import { Paint, wheel_colour, type Colour } from '../paint';
import { Empty, Panel } from '../parts';
import { remove_plane, type Grid } from '../scan';
import { useStream, type Picture } from '../stream';
import { useStale } from './use_scan';

// One layer of an object, where it was lit.
function object_grid(snapshot: Picture, part: 'phase' | 'amplitude'): Grid | null {
  const array = snapshot.arrays[part];
  if (!array) return null;
  const [rows, cols] = array.shape;
  const coverage = snapshot.arrays.coverage.values as Float32Array;
  let most = 0;
  for (const c of coverage) if (c > most) most = c;
  const values = (array.values as Float32Array).map((v, i) => (coverage[i] > 0.02 * most ? v : NaN));
  // A ramp of the phase is a shift of the patterns: it says nothing of the object.
  if (part === 'phase') remove_plane(values, cols);
  const known = snapshot.head.pixel_m > 0;
  const d = known ? snapshot.head.pixel_m * 1e6 : 1;
  const [x, y] = snapshot.head.centre_m ?? [0, 0];
  return lit_part({
    rows,
    cols,
    values,
    dx: d,
    dy: d,
    x0: (known ? x * 1e6 : 0) - (cols / 2) * d,
    y0: (known ? y * 1e6 : 0) - (rows / 2) * d,
    unit: known ? 'µm' : 'pixel',
  });
}

// Without the empty rim.
function lit_part(grid: Grid): Grid {
  let [top, bottom, left, right] = [grid.rows, -1, grid.cols, -1];
  for (let i = 0; i < grid.values.length; ++i) {
    if (Number.isNaN(grid.values[i])) continue;
    const r = Math.floor(i / grid.cols);
    const c = i % grid.cols;
    top = Math.min(top, r);
    bottom = Math.max(bottom, r);
    left = Math.min(left, c);
    right = Math.max(right, c);
  }
  if (bottom < 0) return grid;
  // In steps of an eighth, so that a growing image does not move at every picture.
  const [high, wide] = [Math.ceil(grid.rows / 8), Math.ceil(grid.cols / 8)];
  top -= top % high;
  left -= left % wide;
  const rows = Math.min(grid.rows, bottom + high - (bottom % high)) - top;
  const cols = Math.min(grid.cols, right + wide - (right % wide)) - left;
  const values = new Float32Array(rows * cols);
  for (let r = 0; r < rows; ++r) {
    const from = (top + r) * grid.cols + left;
    values.set(grid.values.subarray(from, from + cols), r * cols);
  }
  return { ...grid, rows, cols, values, x0: grid.x0 + left * grid.dx, y0: grid.y0 + top * grid.dy };
}

export const ObjectImage = memo(function ObjectImage(p: { part: 'phase' | 'amplitude'; axes?: boolean; className?: string }) {
  const { pictures, state } = useStream();
  const snapshot = pictures.snapshot;
  const stale = useStale(snapshot);
  const grid = useMemo(() => (snapshot ? object_grid(snapshot, p.part) : null), [snapshot, p.part]);
  const image = state?.image;
  const going = image && (image.running === false ? 'stopped' : image.converged ? 'converged' : `age ${duration(image.age_ms)}`);
  return (
    <Panel
      title={p.part === 'phase' ? 'Phase' : 'Amplitude'}
      note={image && `${whole(image.frames_used)} frames · iteration ${image.iteration} · ${going}`}
      stale={stale}
      className={p.className}
    >
      {grid ? (
        <Heat
          grid={grid}
          what={p.part === 'phase' ? 'Phase, radians' : 'Amplitude'}
          unit={p.part === 'phase' ? 'rad' : undefined}
          colorMap={p.part === 'phase' ? 'Cividis' : 'Greys'}
          axes={p.axes}
          bar={grid.unit === 'µm'}
        />
      ) : (
        <Empty>No image yet: it begins with the first selected frames.</Empty>
      )}
    </Panel>
  );
});

function modes_of(probe: Picture) {
  const [n, rows, cols] = probe.arrays.modes.shape;
  const all = probe.arrays.modes.values as Float32Array;
  const modes = Array.from({ length: n }, (_, m) => all.subarray(2 * m * rows * cols, 2 * (m + 1) * rows * cols));
  const power = modes.map((values) => values.reduce((sum, v) => sum + v * v, 0));
  const total = power.reduce((a, b) => a + b, 0) || 1;
  return modes.map((values, m) => {
    let most = 0;
    for (let i = 0; i < rows * cols; ++i) most = Math.max(most, Math.hypot(values[2 * i], values[2 * i + 1]));
    const colour = (i: number): Colour => {
      const c = wheel_colour(Math.atan2(values[2 * i + 1], values[2 * i]));
      const f = Math.hypot(values[2 * i], values[2 * i + 1]) / (most || 1);
      return [c[0] * f, c[1] * f, c[2] * f];
    };
    return { share: power[m] / total, rows, cols, colour };
  });
}

export const Probe = memo(function Probe(p: { className?: string }) {
  const { pictures } = useStream();
  const probe = pictures.probe;
  const stale = useStale(probe);
  const modes = useMemo(() => (probe ? modes_of(probe) : null), [probe]);
  return (
    <Panel title="Probe modes" note={probe && 'brightness: amplitude, colour: phase'} stale={stale} className={p.className}>
      {modes ? (
        <div className="modes">
          {modes.map((m, i) => (
            <figure key={i}>
              <Paint rows={m.rows} cols={m.cols} what={`Probe mode ${i + 1}`} colour={m.colour} />
              <figcaption>
                {i + 1}: {percent(m.share)}
              </figcaption>
            </figure>
          ))}
        </div>
      ) : (
        <Empty>No probe yet.</Empty>
      )}
    </Panel>
  );
});

export const ErrorCurve = memo(function ErrorCurve(p: { className?: string }) {
  const { pictures } = useStream();
  const snapshot = pictures.snapshot;
  const errors: (number | null)[] = snapshot?.head.errors ?? [];
  const first = Math.max(0, (snapshot?.head.iteration ?? 0) - errors.length) + 1;
  const x = useMemo(() => errors.map((_, i) => first + i), [errors, first]);
  const lines = useMemo(() => [{ label: 'amplitude error', values: errors.map((e) => (e === null ? null : 100 * e)), colour: '#f0b429' }], [errors]);
  return (
    <Panel
      title="Amplitude error"
      note={snapshot && `${fixed(100 * snapshot.head.amplitude_error, 3)} %${snapshot.head.converged ? ' · converged' : ''}`}
      className={p.className}
    >
      {errors.length > 1 ? (
        <Chart x={x} lines={lines} what="Amplitude error by iteration" log xLabel="iteration" unit="Σ(|Ψ|−√I)² / ΣI, %" />
      ) : (
        <Empty>No iteration yet.</Empty>
      )}
    </Panel>
  );
});
