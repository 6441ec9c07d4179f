import { memo, useEffect, useMemo, useState } from 'react';
import { Chart } from './chart';
import { duration, fixed, percent, whole } from './format';
import { Heat, Paint, wheel_colour } from './heat';
import { Choice, Empty, Figure, Panel, staleness, useNow } from './parts';
import { deviation, domain_of, grid_of, label, layout_of, mask_of, outline_of, remove_plane, type Grid } from './scan';
import { decode, useStream, type Picture, type State } from './stream';

// What is drawn of the map; worked out once a map.
export function useScan(map: Picture | undefined) {
  return useMemo(() => {
    if (!map || map.head.frames === 0) return null;
    const layout = layout_of(map);
    const labels = map.arrays.label.values as Uint8Array;
    const mask = mask_of(layout, labels);
    let selected = 0;
    for (const l of labels) if (l === label.selected) selected += 1;
    return { layout, mask, outline: outline_of(mask), selected };
  }, [map]);
}

function useStale(picture: Picture | undefined) {
  const { state, connected } = useStream();
  return staleness(picture, state, connected, useNow());
}

export type MapKind = 'total' | 'com' | 'direction' | 'mask' | 'confidence';
const map_titles: Record<MapKind, string> = {
  total: 'Transmitted counts T',
  com: 'Centre of mass |CoM|',
  direction: 'Centre of mass, direction',
  mask: 'Region of interest',
  confidence: 'Confidence of the label',
};

// segment -1: the whole pattern.
export const ScanMap = memo(function ScanMap(p: { kind: MapKind; segment?: number; outline?: boolean; axes?: boolean; className?: string }) {
  const { pictures, connected } = useStream();
  const map = pictures.map;
  const scan = useScan(map);
  const segment = useSegment(p.segment ?? -1, map);
  const stale = useStale(map);
  const from: Picture | null | undefined = (p.segment ?? -1) < 0 ? map : segment;
  const drawn = useMemo(() => {
    if (!map || !scan || !from) return null;
    const a = from.arrays;
    if (p.kind === 'total') return grid_of(scan.layout, a.total.values);
    if (p.kind === 'confidence') return grid_of(scan.layout, Float32Array.from(map.arrays.confidence.values, (v) => v / 255));
    if (p.kind === 'mask') return scan.mask;
    const d = deviation(a.com_x.values, a.com_y.values);
    if (p.kind === 'com') return grid_of(scan.layout, d.magnitude);
    return { x: grid_of(scan.layout, d.along), y: grid_of(scan.layout, d.across) };
  }, [map, scan, from, p.kind]);
  const note = map ? `${whole(map.head.frames)} frames, revision ${map.head.revision}` : '';
  return (
    <Panel title={map_titles[p.kind]} note={note} stale={stale} className={p.className}>
      {!map || !scan ? (
        <Empty>{connected ? 'No frame has come yet.' : 'Nothing was heard yet.'}</Empty>
      ) : !drawn ? (
        <Empty>This segment has not been said yet.</Empty>
      ) : 'x' in drawn ? (
        <Direction x={drawn.x} y={drawn.y} />
      ) : p.kind === 'mask' ? (
        <Mask mask={drawn} />
      ) : (
        <Heat
          grid={drawn}
          what={map_titles[p.kind]}
          colorMap={p.kind === 'total' ? 'Viridis' : 'Cividis'}
          domain={p.kind === 'confidence' ? [0, 1] : undefined}
          outline={p.outline === false ? undefined : scan.outline}
          axes={p.axes}
          bar={scan.layout.unit === 'µm'}
        />
      )}
    </Panel>
  );
});

function useSegment(segment: number, map: Picture | undefined) {
  const [picture, set] = useState<Picture | null>(null);
  const frames = map?.head.frames;
  useEffect(() => {
    if (segment < 0) return;
    let live = true;
    const load = async () => {
      const answer = await fetch(`/api/segment?segment=${segment}`).catch(() => null);
      if (live) set(answer?.ok ? decode(await answer.arrayBuffer()) : null);
    };
    void load();
    return () => {
      live = false;
    };
    // The service says segments every two seconds; each map asks again, rarely.
  }, [segment, Math.floor((frames ?? 0) / 50), map?.head.revision]);
  return picture;
}

function Direction({ x, y }: { x: Grid; y: Grid }) {
  const high = useMemo(() => domain_of(x.values.map((v, i) => Math.hypot(v, y.values[i])), 0.02)[1], [x, y]);
  const colour = (i: number): [number, number, number] | null => {
    const a = x.values[i];
    const b = y.values[i];
    if (Number.isNaN(a) || Number.isNaN(b)) return null;
    const c = wheel_colour(Math.atan2(b, a));
    const f = Math.min(1, Math.hypot(a, b) / high);
    return [c[0] * f, c[1] * f, c[2] * f];
  };
  return (
    <div className="with-wheel">
      <Paint rows={x.rows} cols={x.cols} ratio={(x.cols * x.dx) / (x.rows * x.dy)} what="Direction of the centre of mass" colour={colour} />
      <Wheel />
    </div>
  );
}

function Wheel() {
  const n = 48;
  return (
    <figure className="wheel">
      <svg viewBox="-1.5 -1.5 3 3" aria-hidden>
        {Array.from({ length: n }, (_, i) => {
          const a = (2 * Math.PI * i) / n;
          const b = (2 * Math.PI * (i + 1.05)) / n;
          return (
            <path
              key={i}
              d={`M0 0L${Math.cos(a)} ${Math.sin(a)}L${Math.cos(b)} ${Math.sin(b)}Z`}
              fill={`rgb(${wheel_colour((a + b) / 2).map(Math.round).join()})`}
            />
          );
        })}
        <circle r="0.45" fill="#0e131b" />
        <text x="1.08" y="0.12">x</text>
        <text x="-0.1" y="1.42">y</text>
      </svg>
      <figcaption>brighter: further from the mean</figcaption>
    </figure>
  );
}

function Mask({ mask }: { mask: Grid }) {
  const colour = (i: number): [number, number, number] | null =>
    Number.isNaN(mask.values[i]) ? null : mask.values[i] > 0 ? [240, 180, 41] : [52, 67, 94];
  return (
    <div className="with-wheel">
      <Paint rows={mask.rows} cols={mask.cols} ratio={(mask.cols * mask.dx) / (mask.rows * mask.dy)} what="Region of interest" colour={colour} />
      <ul className="key">
        <li><i style={{ background: 'rgb(240,180,41)' }} />selected</li>
        <li><i style={{ background: 'rgb(52,67,94)' }} />background</li>
        <li><i className="none" />not seen</li>
      </ul>
    </div>
  );
}

// The object, where it was lit.
export const ObjectImage = memo(function ObjectImage(p: { part: 'phase' | 'amplitude'; axes?: boolean; className?: string }) {
  const { pictures, state } = useStream();
  const snapshot = pictures.snapshot;
  const stale = useStale(snapshot);
  const grid = useMemo(() => {
    const array = snapshot?.arrays[p.part];
    if (!snapshot || !array) return null;
    const [rows, cols] = array.shape;
    const coverage = snapshot.arrays.coverage.values as Float32Array;
    let most = 0;
    for (const c of coverage) if (c > most) most = c;
    const values = (array.values as Float32Array).map((v, i) => (coverage[i] > 0.02 * most ? v : NaN));
    // A ramp of the phase is a shift of the patterns: it says nothing of the object.
    if (p.part === 'phase') remove_plane(values, cols);
    const known = snapshot.head.pixel_m > 0;
    const d = known ? snapshot.head.pixel_m * 1e6 : 1;
    const [x, y] = snapshot.head.centre_m ?? [0, 0];
    return {
      rows,
      cols,
      values,
      dx: d,
      dy: d,
      x0: (known ? x * 1e6 : 0) - (cols / 2) * d,
      y0: (known ? y * 1e6 : 0) - (rows / 2) * d,
      unit: known ? 'µm' : 'pixel',
    } satisfies Grid;
  }, [snapshot, p.part]);
  const image = state?.image;
  return (
    <Panel
      title={p.part === 'phase' ? 'Phase (rad)' : 'Amplitude'}
      note={
        image && (
          <>
            {whole(image.frames_used)} frames · iteration {image.iteration} · {image.converged ? 'converged' : `age ${duration(image.age_ms)}`}
          </>
        )
      }
      stale={stale}
      className={p.className}
    >
      {grid ? (
        <Heat grid={grid} what={p.part} colorMap={p.part === 'phase' ? 'Cividis' : 'Greys'} axes={p.axes} bar={grid.unit === 'µm'} />
      ) : (
        <Empty>No image yet: it begins with the first selected frames.</Empty>
      )}
    </Panel>
  );
});

export const Pattern = memo(function Pattern(p: { part: 'newest' | 'mean'; axes?: boolean; className?: string }) {
  const { pictures } = useStream();
  const frame = pictures.frame;
  const stale = useStale(frame);
  const grid = useMemo(() => {
    const array = frame?.arrays[p.part];
    if (!frame || !array) return null;
    const [rows, cols] = array.shape;
    const most = p.part === 'newest' ? frame.head.max_counts : frame.head.mean_max_counts;
    // Back to log10 of the counts + 1, which the colour scale is in.
    const scale = Math.log1p(most) / 254 / Math.LN10;
    const values = Float32Array.from(array.values, (v) => (v === 255 ? NaN : v * scale));
    return { rows, cols, values, x0: 0, y0: 0, dx: frame.head.bin, dy: frame.head.bin, unit: 'pixel' } satisfies Grid;
  }, [frame, p.part]);
  const title = p.part === 'newest' ? 'Detector, log₁₀(1 + counts)' : 'Mean pattern, log₁₀(1 + counts)';
  return (
    <Panel
      title={title}
      note={
        frame &&
        (p.part === 'newest'
          ? `frame ${frame.head.frame} · brightest ${whole(frame.head.max_counts)}`
          : `of ${whole(frame.head.averaged)} frames looked at`)
      }
      stale={stale}
      className={p.className}
      foot={
        frame &&
        p.part === 'newest' && (
          <span className={frame.head.saturated_pixels > 0 ? 'alarm-text' : ''}>
            {frame.head.saturated_pixels > 0 ? '▲ ' : ''}
            {whole(frame.head.saturated_pixels)} saturated pixels now, {whole(frame.head.saturated_frames)} frames with some
          </span>
        )
      }
    >
      {grid ? <Heat grid={grid} what={title} colorMap="Inferno" axes={p.axes} /> : <Empty>No frame has come yet.</Empty>}
    </Panel>
  );
});

export const Probe = memo(function Probe(p: { className?: string }) {
  const { pictures } = useStream();
  const probe = pictures.probe;
  const stale = useStale(probe);
  const modes = useMemo(() => {
    if (!probe) return null;
    const [n, rows, cols] = probe.arrays.modes.shape;
    const all = probe.arrays.modes.values as Float32Array;
    const power: number[] = [];
    for (let m = 0; m < n; ++m) {
      let sum = 0;
      for (let i = 2 * m * rows * cols; i < 2 * (m + 1) * rows * cols; ++i) sum += all[i] * all[i];
      power.push(sum);
    }
    const total = power.reduce((a, b) => a + b, 0);
    return power.map((own, m) => {
      const values = all.subarray(2 * m * rows * cols, 2 * (m + 1) * rows * cols);
      let most = 0;
      for (let i = 0; i < rows * cols; ++i) most = Math.max(most, Math.hypot(values[2 * i], values[2 * i + 1]));
      const colour = (i: number): [number, number, number] => {
        const c = wheel_colour(Math.atan2(values[2 * i + 1], values[2 * i]));
        const f = Math.hypot(values[2 * i], values[2 * i + 1]) / (most || 1);
        return [c[0] * f, c[1] * f, c[2] * f];
      };
      return { share: own / (total || 1), rows, cols, colour };
    });
  }, [probe]);
  return (
    <Panel
      title="Probe modes"
      note={probe && `iteration ${probe.head.iteration} · brightness: amplitude, colour: phase`}
      stale={stale}
      className={p.className}
    >
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

// What DDIP separated; shown only where there is something.
export const Slices = memo(function Slices(p: { className?: string }) {
  const { pictures } = useStream();
  const event = pictures.slices;
  const stale = useStale(event);
  const grids = useMemo(() => {
    if (!event) return [];
    const d = event.head.pixel_m > 0 ? event.head.pixel_m * 1e6 : 1;
    return (['phase', 'sigma'] as const).flatMap((what) => {
      const array = event.arrays[what];
      if (!array) return [];
      const [n, rows, cols] = array.shape;
      return Array.from({ length: n }, (_, i) => ({
        what: `${what === 'phase' ? 'slice' : 'σ of slice'} ${i + 1}`,
        grid: {
          rows,
          cols,
          values: (array.values as Float32Array).subarray(i * rows * cols, (i + 1) * rows * cols),
          x0: 0,
          y0: 0,
          dx: d,
          dy: d,
          unit: event.head.pixel_m > 0 ? 'µm' : 'pixel',
        } satisfies Grid,
      }));
    });
  }, [event]);
  if (!event) return null;
  return (
    <Panel
      title="Separated slices"
      note={`DDIP, epoch ${event.head.epoch}${event.head.done ? '' : ', still fitting'}`}
      stale={stale}
      className={p.className}
      foot={event.head.alarms.length > 0 && <span className="alarm-text">▲ {event.head.alarms.join(' ')}</span>}
    >
      <div className="modes">
        {grids.map((g) => (
          <figure key={g.what}>
            <Heat grid={g.grid} what={g.what} colorMap="Cividis" axes={false} bar={g.grid.unit === 'µm'} />
            <figcaption>{g.what}</figcaption>
          </figure>
        ))}
      </div>
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

const states: { key: string; text: string; colour: string }[] = [
  { key: 'selected', text: 'selected', colour: '#f0b429' },
  { key: 'background', text: 'background', colour: '#5b7db8' },
  { key: 'pending', text: 'pending', colour: '#9aa7bd' },
  { key: 'excluded', text: 'excluded', colour: '#8464a8' },
  { key: 'unpositioned', text: 'unpositioned', colour: '#4f8f94' },
  { key: 'corrupt', text: 'corrupt', colour: '#d9664a' },
  { key: 'missing', text: 'missing', colour: '#e88873' },
  { key: 'not_taken', text: 'not taken', colour: '#53606f' },
  { key: 'expected', text: 'expected', colour: '#26303f' },
];

export function Ledger({ state, className }: { state: State | null; className?: string }) {
  const ledger = state?.ledger;
  return (
    <Panel title="Ledger" note={ledger && `${whole(ledger.total)} frames, each in one state`} className={className}>
      {!ledger ? (
        <Empty>No series yet.</Empty>
      ) : (
        <div className="ledger">
          <div className="bar" role="img" aria-label="Shares of the states">
            {states.map((s) => {
              const n = ledger.counts[s.key] ?? 0;
              return n > 0 && <i key={s.key} style={{ flexGrow: n, background: s.colour }} title={`${s.text}: ${n}`} />;
            })}
          </div>
          <ul>
            {states.map((s) => (
              <li key={s.key} className={(ledger.counts[s.key] ?? 0) === 0 ? 'zero' : ''}>
                <i style={{ background: s.colour }} />
                {s.text}
                <b data-key={`ledger.counts.${s.key}`}>{whole(ledger.counts[s.key] ?? 0)}</b>
              </li>
            ))}
          </ul>
        </div>
      )}
    </Panel>
  );
}

// What a person may change; what is in force stands beside it.
export function RegionControl({ className }: { className?: string }) {
  const { state } = useStream();
  const [border, setBorder] = useState<number | null>(null);
  const [fill, setFill] = useState<boolean | null>(null);
  const [said, say] = useState<{ ok: boolean; why: string } | null>(null);
  const map = state?.map;
  const now_border = map?.border ?? 0;
  const now_fill = map?.fill_in ?? false;
  const wish_border = border ?? state?.wanted?.border ?? now_border;
  const wish_fill = fill ?? state?.wanted?.fill_in ?? now_fill;
  const pending = wish_border !== now_border || wish_fill !== now_fill;
  const apply = async (wish: { border: number; fill_in: boolean }) => {
    say({ ok: true, why: 'asking …' });
    const answer = await fetch('/api/control/region', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(wish),
    }).catch(() => null);
    if (!answer) return say({ ok: false, why: 'the dashboard did not answer' });
    const body = await answer.json().catch(() => ({ ok: false, why: `refused (${answer.status})` }));
    say(body);
    if (body.ok) {
      setBorder(null);
      setFill(null);
    }
  };
  const step = (by: number) => setBorder(Math.max(-1000, Math.min(1000, wish_border + by)));
  return (
    <Panel
      title="Region"
      note={map ? `${map.mode}, ${map.segments} segments${map.no_contrast ? ', no contrast' : ''}` : ''}
      className={className}
    >
      <form
        className="controls"
        onSubmit={(e) => {
          e.preventDefault();
          // What stands in the form, not what was last drawn: enter may be faster than the page.
          const form = new FormData(e.currentTarget);
          void apply({ border: Math.round(Number(form.get('border'))), fill_in: form.get('fill') !== null });
        }}
      >
        <div className="row">
          <label htmlFor="border">Border, scan steps</label>
          <span className="stepper">
            <button type="button" onClick={() => step(-1)} aria-label="one step less">−</button>
            <input
              id="border"
              name="border"
              type="number"
              min={-1000}
              max={1000}
              value={wish_border}
              onChange={(e) => setBorder(Math.round(Number(e.target.value)))}
            />
            <button type="button" onClick={() => step(1)} aria-label="one step more">+</button>
          </span>
        </div>
        <div className="row">
          <label htmlFor="fill">Fill in what it encloses</label>
          <input id="fill" name="fill" type="checkbox" checked={wish_fill} onChange={(e) => setFill(e.target.checked)} />
        </div>
        <div className="row">
          <span className="in-force">
            in force: border <b data-key="map.border">{now_border}</b>, fill-in <b data-key="map.fill_in">{now_fill ? 'on' : 'off'}</b>
          </span>
          <button type="submit" className={pending ? 'primary' : ''} disabled={!map}>
            Apply
          </button>
        </div>
        <p className={`said ${said && !said.ok ? 'alarm-text' : ''}`} role="status">
          {said ? (said.ok && !pending && said.why !== 'asking …' ? 'in force' : said.why) : 'Every change is written into the audit log.'}
        </p>
      </form>
    </Panel>
  );
}

export function SelectionFigures({ state, className }: { state: State | null; className?: string }) {
  const roi = state?.roi;
  const known = (state?.ledger?.counts.selected ?? 0) + (state?.ledger?.counts.background ?? 0);
  return (
    <Panel title="Selection" className={className} note={roi && `revision ${roi.revision}`}>
      <dl className="figures">
        <Figure label="labelled" value={whole(roi?.labelled)} k="roi.labelled" />
        <Figure label="selected" value={whole(roi?.selected)} k="roi.selected" />
        <Figure label="of those known" value={percent(known > 0 && roi ? (state?.ledger?.counts.selected ?? 0) / known : null)} />
        <Figure label="label p50" value={fixed(roi?.latency_p50_ms, 1)} unit="ms" k="roi.latency_p50_ms" />
        <Figure label="label p99" value={fixed(roi?.latency_p99_ms, 1)} unit="ms" k="roi.latency_p99_ms" />
        <Figure label="frames/s" value={fixed(state?.rate_hz, 0)} k="rate_hz" />
      </dl>
    </Panel>
  );
}

export const segment_options = (n: number) => [
  { value: -1, text: 'whole pattern' },
  ...Array.from({ length: n > 1 ? n : 0 }, (_, i) => ({ value: i, text: `segment ${i + 1} of ${n}` })),
];
export { Choice };
