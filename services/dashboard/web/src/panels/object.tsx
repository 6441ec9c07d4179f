// What the reconstruction has come to: the object, the probe, the error.
import { memo, useMemo } from 'react';
import { Chart } from '../parts/chart';
import { duration, percent, whole } from '../data/format';
import { Heat } from '../parts/heat';
import { Paint, wheel_colour, type Colour } from '../parts/paint';
import { Empty, Panel } from '../parts/panel';
import { VerdictLine, VerdictList } from '../parts/verdict';
import { object_of } from '../data/object';
import type { Picture } from '../data/picture';
import { useStream } from '../data/stream';
import { field_of, useHeld, useStale, useWaits } from './use_scan';

export const ObjectImage = memo(function ObjectImage(p: { part: 'phase' | 'amplitude'; axes?: boolean; className?: string }) {
  const { pictures, state } = useStream();
  const snapshot = pictures.snapshot;
  const stale = useStale(snapshot);
  const map = pictures.map;
  const seen = useMemo(() => (snapshot ? object_of(snapshot, p.part, field_of(map, snapshot)) : null), [snapshot, map, p.part]);
  const grid = seen?.grid;
  const limits = useHeld(seen?.limits, `${p.part} ${snapshot?.head.series_uid}`);
  const waits = useWaits();
  const image = state?.image;
  const going = image && (image.running === false ? 'stopped' : image.converged ? 'converged' : waits ? 'waiting for the sample' : `age ${duration(image.age_ms)}`);
  return (
    <Panel
      title={p.part === 'phase' ? 'Phase' : 'Amplitude'}
      note={image && `${whole(image.frames_used)} frames · ${image.iteration > 0 ? `iteration ${image.iteration}` : 'no iteration yet'} · ${going}`}
      stale={stale}
      from={snapshot}
      className={p.className}
      foot={p.part === 'phase' && snapshot && <VerdictLine findings={snapshot.head.verdict} />}
    >
      {grid ? (
        <Heat
          grid={grid}
          what={p.part === 'phase' ? 'Phase, radians' : 'Amplitude'}
          unit={p.part === 'phase' ? 'rad' : undefined}
          colorMap={p.part === 'phase' ? 'Cividis' : 'Greys'}
          axes={p.axes}
          bar={grid.unit === 'µm'}
          domain={limits}
        />
      ) : (
        <Empty>
          {state?.map?.no_contrast
            ? 'No contrast yet: nothing that was scanned differs from the background, so there is nothing to reconstruct.'
            : waits
              ? 'Waiting for the sample: the frames so far are background.'
              : 'No image yet: it begins with the first selected frames.'}
        </Empty>
      )}
    </Panel>
  );
});

function modes_of(probe: Picture<'probe'>) {
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

// full: with all that the image says of itself.
export const ErrorCurve = memo(function ErrorCurve(p: { className?: string; full?: boolean }) {
  const { pictures } = useStream();
  const snapshot = pictures.snapshot;
  const errors: (number | null)[] = snapshot?.head.errors ?? [];
  const first = Math.max(0, (snapshot?.head.iteration ?? 0) - errors.length) + 1;
  const x = useMemo(() => errors.map((_, i) => first + i), [errors, first]);
  const floor = snapshot?.head.noise_floor ?? null;
  const lines = useMemo(
    () => [
      { label: 'amplitude error', values: errors.map((e) => (e === null ? null : 100 * e)), colour: '#f0b429' },
      ...(floor === null ? [] : [{ label: `counting noise, ${percent(floor, 3)}`, values: errors.map(() => 100 * floor), colour: '#5b9bd5', dashed: true }]),
    ],
    [errors, floor],
  );
  return (
    <Panel
      title="Amplitude error"
      note={snapshot && `${percent(snapshot.head.amplitude_error, 3)}${snapshot.head.converged ? ' · converged' : ''}`}
      className={p.className}
      foot={p.full && <VerdictList findings={snapshot?.head.verdict} />}
    >
      {errors.length > 1 ? (
        <Chart x={x} lines={lines} what="Amplitude error by iteration" log xLabel="iteration" unit="Σ(|Ψ|−√I)² / ΣI, %" />
      ) : (
        <Empty>No iteration yet.</Empty>
      )}
    </Panel>
  );
});
