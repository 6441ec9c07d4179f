// Maps of the scan: features, labels, and what lies over them.
import { memo, useEffect, useMemo, useState } from 'react';
import { whole } from '../data/format';
import { Heat } from '../parts/heat';
import type { Mark } from '../parts/marks';
import { Paint, wheel_colour, type Colour } from '../parts/paint';
import { Empty, Panel } from '../parts/panel';
import type { Grid } from '../data/grid';
import { grid_of } from '../data/layout';
import { decode, type Picture } from '../data/picture';
import { deviation, domain_of } from '../data/statistics';
import { useStream } from '../data/stream';
import { bad_marks, scan_of, stride_of, useStale } from './use_scan';

export type MapKind = 'total' | 'com' | 'direction' | 'mask' | 'confidence';
const titles: Record<MapKind, string> = {
  total: 'Transmitted counts T',
  com: 'Centre of mass |CoM|',
  direction: 'Centre of mass, direction',
  mask: 'Region of interest',
  confidence: 'Confidence of the label',
};
const units: Partial<Record<MapKind, string>> = { total: 'counts', com: 'σ' };

interface ScanMapProps {
  kind: MapKind;
  segment?: number; // -1: the whole pattern
  axes?: boolean;
  className?: string;
}

export const ScanMap = memo(function ScanMap(p: ScanMapProps) {
  const { pictures, connected, state } = useStream();
  const map = pictures.map;
  const scan = scan_of(map);
  const segment = useSegment(p.segment ?? -1, map);
  const stale = useStale(map);
  const from: Picture<'map' | 'segment'> | null | undefined = (p.segment ?? -1) < 0 ? map : segment;
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
  const bad = JSON.stringify(state?.bad_ranges ?? []);
  const marks = useMemo(() => {
    if (!map || !scan) return [];
    const region: Mark[] = p.kind === 'confidence' ? [] : [{ kind: 'roi-outline', path: scan.outline, shadow: true }];
    return [...region, ...bad_marks(scan, JSON.parse(bad) as [number, number][])];
  }, [map, scan, p.kind, bad]);
  return (
    <Panel title={titles[p.kind]} note={map && `${whole(map.head.frames)} frames, ${map.head.no_contrast ? 'no contrast yet' : `revision ${map.head.revision}`}`} stale={stale} from={map} className={p.className}>
      {!map || !scan ? (
        <Empty>{connected ? 'No frame has come yet.' : 'Nothing was heard yet.'}</Empty>
      ) : !drawn ? (
        <Empty>Nothing was said of this segment yet.</Empty>
      ) : 'x' in drawn ? (
        <Direction x={drawn.x} y={drawn.y} />
      ) : p.kind === 'mask' ? (
        <Mask mask={drawn} />
      ) : (
        <Heat
          grid={drawn}
          what={titles[p.kind]}
          unit={units[p.kind]}
          colorMap={p.kind === 'total' ? 'Viridis' : 'Cividis'}
          domain={p.kind === 'confidence' ? one : undefined}
          marks={marks}
          axes={p.axes}
          bar={scan.layout.unit === 'µm'}
          frames={scan.frame}
          stride={stride_of(scan)}
        />
      )}
    </Panel>
  );
});
const one: [number, number] = [0, 1];

function useSegment(segment: number, map: Picture<'map'> | undefined) {
  const [picture, set] = useState<Picture<'segment'> | null>(null);
  const frames = map?.head.frames;
  useEffect(() => {
    if (segment < 0) return;
    let live = true;
    const load = async () => {
      const answer = await fetch(`api/segment?segment=${segment}`).catch(() => null);
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

const Direction = memo(function Direction({ x, y }: { x: Grid; y: Grid }) {
  const high = useMemo(() => domain_of(x.values.map((v, i) => Math.hypot(v, y.values[i])), 0.02)[1], [x, y]);
  const colour = (i: number): Colour | null => {
    const a = x.values[i];
    const b = y.values[i];
    if (Number.isNaN(a) || Number.isNaN(b)) return null;
    const c = wheel_colour(Math.atan2(b, a));
    const f = Math.min(1, Math.hypot(a, b) / high);
    return [c[0] * f, c[1] * f, c[2] * f];
  };
  return (
    <div className="with-key">
      <Paint rows={x.rows} cols={x.cols} ratio={(x.cols * x.dx) / (x.rows * x.dy)} what="Direction of the centre of mass" colour={colour} />
      <Wheel />
    </div>
  );
});

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
        <circle r="0.45" fill="#121823" />
        <text x="1.08" y="0.12">x</text>
        <text x="-0.1" y="1.42">y</text>
      </svg>
      <figcaption>brighter: further from the mean</figcaption>
    </figure>
  );
}

const Mask = memo(function Mask({ mask }: { mask: Grid }) {
  const colour = (i: number): Colour | null => (Number.isNaN(mask.values[i]) ? null : mask.values[i] > 0 ? [240, 180, 41] : [52, 67, 94]);
  return (
    <div className="with-key">
      <Paint rows={mask.rows} cols={mask.cols} ratio={(mask.cols * mask.dx) / (mask.rows * mask.dy)} what="Region of interest" colour={colour} />
      <ul className="key">
        <li><i style={{ background: 'rgb(240,180,41)' }} />selected</li>
        <li><i style={{ background: 'rgb(52,67,94)' }} />background</li>
        <li><i className="none" />not seen</li>
      </ul>
    </div>
  );
});
