// The control room's desk: the map with everything that is proposed or marked on it, and all that can be asked.
import { useCallback, useMemo, useState } from 'react';
import { AdviceControl, useAdvice, type Full } from '../controls/advice';
import { as_numbers, BadFrames, no_range, type Range } from '../controls/bad_frames';
import { ReconstructionControl } from '../controls/reconstruction';
import { RegionControl } from '../controls/region';
import { SeparationControl } from '../controls/separation';
import { whole } from '../data/format';
import { Heat } from '../parts/heat';
import type { Mark } from '../parts/marks';
import { Audit } from '../panels/audit';
import { bad_marks, scan_of, stride_of, useStale, type Scan } from '../panels/use_scan';
import { Empty, Panel } from '../parts/panel';
import { grid_of, sites_of } from '../data/layout';
import { outline_of_sites, strokes_of } from '../data/outline';
import { useStream } from '../data/stream';

const um = 1e6;
const number = (v: number) => Number((v * um).toPrecision(7));

// What an advice proposes, over the map.
function advice_marks(advice: Full, scan: Scan): Mark[] {
  const at = ([x, y]: number[]) => `${number(x)} ${number(y)}`;
  const rings = advice.region.filter((r) => r.length > 2).map((r) => `M${r.map(at).join('L')}Z`);
  const skipped = sites_of(scan.layout, advice.skip);
  return [
    { kind: 'advice-skip', path: strokes_of(scan.layout, skipped, true) },
    { kind: 'advice-region', path: rings.join('') },
    { kind: 'advice-way', path: advice.points.length > 1 ? `M${advice.points.map(at).join('L')}` : '' },
    { kind: advice.points.length > 400 ? 'advice-points many' : 'advice-points', path: advice.points.map((p) => `M${at(p)}h0`).join('') },
    { kind: 'advice-first', path: advice.points.length > 0 ? `M${at(advice.points[0])}h0` : '' },
  ].filter((m) => m.path !== '');
}

const key: { kind: string; text: string; shape: string }[] = [
  { kind: 'roi-outline', text: 'region of interest', shape: 'M1 9V2H19V9' },
  { kind: 'advice-region', text: 'advised region', shape: 'M1 9V2H19V9' },
  { kind: 'advice-points', text: 'next points', shape: 'M4 6h0M10 6h0M16 6h0' },
  { kind: 'advice-skip', text: 'to be skipped', shape: 'M6 2l7 7m0 -7l-7 7' },
  { kind: 'bad-frames', text: 'bad', shape: 'M3 10l6 -8M10 10l6 -8' },
];

export function Control() {
  const { pictures, state, connected } = useStream();
  const map = pictures.map;
  const scan = scan_of(map);
  const stale = useStale(map);
  const advice = useAdvice();
  const [range, setRange] = useState<Range>(no_range);
  const grid = useMemo(() => (map && scan ? grid_of(scan.layout, map.arrays.total.values) : null), [map, scan]);
  const bad = JSON.stringify(state?.bad_ranges ?? []);
  const marks = useMemo(() => {
    if (!map || !scan) return [];
    const wish = as_numbers({ first: range.first, last: range.last || range.first });
    const chosen = wish ? [{ kind: 'chosen-frames', path: outline_of_sites(scan.layout, sites_of(scan.layout, [wish])), shadow: true }] : [];
    return [
      { kind: 'roi-outline', path: scan.outline, shadow: true },
      ...(advice && advice.series_uid === map.head.series_uid ? advice_marks(advice, scan) : []),
      ...bad_marks(scan, JSON.parse(bad) as [number, number][]),
      ...chosen,
    ];
  }, [map, scan, advice, bad, range]);
  // The first click says where the range begins, the second where it ends.
  const pick = useCallback(
    (cell: number) => {
      const id = scan?.frame[cell] ?? -1;
      if (id < 0) return;
      if (range.first === '' || range.last !== '') setRange({ first: String(id), last: '' });
      else setRange({ first: String(Math.min(id, Number(range.first))), last: String(Math.max(id, Number(range.first))) });
    },
    [scan, range],
  );
  const seen = new Set(marks.filter((m) => m.path !== '').map((m) => m.kind.split(' ')[0]));
  return (
    <div className="grid control">
      <div className="desk">
        <Panel title="Scan" note={map && `${whole(map.head.frames)} frames, revision ${map.head.revision}`} stale={stale} className="large">
          {!grid || !scan ? (
            <Empty>{connected ? 'No frame has come yet.' : 'Nothing was heard yet.'}</Empty>
          ) : (
            <>
              <Heat
                grid={grid}
                what="Transmitted counts with the region, the advice and bad frames"
                unit="counts"
                colorMap="Greys"
                invert
                marks={marks}
                bar={scan.layout.unit === 'µm'}
                frames={scan.frame}
                stride={stride_of(scan)}
                onPick={pick}
              />
              <ul className="key across">
                {key.map((k) => (
                  <li key={k.kind} className={seen.has(k.kind) ? '' : 'absent'}>
                    <svg width="20" height="11" aria-hidden>
                      <path d={k.shape} className={`mark ${k.kind}`} />
                    </svg>
                    {k.text}
                  </li>
                ))}
              </ul>
            </>
          )}
        </Panel>
        <Audit className="audit" />
      </div>
      <AdviceControl advice={advice} className="wide" />
      <RegionControl />
      <BadFrames range={range} setRange={setRange} />
      <ReconstructionControl />
      <SeparationControl />
    </div>
  );
}
