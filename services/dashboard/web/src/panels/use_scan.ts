import { useMemo, useRef } from 'react';
import type { Grid } from '../data/grid';
import { frames_of, label, layout_of, mask_of, sites_of, type Layout } from '../data/layout';
import type { Field } from '../data/object';
import { outline_of, outline_of_sites, strokes_of } from '../data/outline';
import type { Picture } from '../data/picture';
import { useStream } from '../data/stream';
import type { Mark } from '../parts/marks';
import { staleness, useNow } from '../parts/panel';

export interface Scan {
  layout: Layout;
  mask: Grid;
  outline: string;
  frame: Int32Array; // in each cell
}

// Worked out once a map, however many panels draw it.
const known = new WeakMap<Picture<'map'>, Scan>();
export function scan_of(map: Picture<'map'> | undefined): Scan | null {
  if (!map || map.head.frames === 0) return null;
  let scan = known.get(map);
  if (!scan) {
    const layout = layout_of(map);
    const mask = mask_of(layout, map.arrays.label.values as Uint8Array);
    scan = { layout, mask, outline: outline_of(mask), frame: frames_of(layout) };
    known.set(map, scan);
  }
  return scan;
}

// What is known of the scan of a snapshot.
export function field_of(map: Picture<'map'> | undefined, snapshot: Picture<'snapshot'>): Field | null {
  if (!map || map.head.series_uid !== snapshot.head.series_uid) return null;
  const scan = scan_of(map);
  return scan && { layout: scan.layout, labels: map.arrays.label.values, planned: map.head.raster !== null };
}

// A colour scale that holds still: it follows only what has moved by an eighth of it, or another `key`.
export function useHeld(limits: [number, number] | undefined, key: string): [number, number] | undefined {
  const held = useRef<{ key: string; limits: [number, number] } | null>(null);
  if (limits) {
    const old = held.current;
    const range = old ? old.limits[1] - old.limits[0] : 0;
    const moved = old ? Math.max(Math.abs(limits[0] - old.limits[0]), Math.abs(limits[1] - old.limits[1])) : Infinity;
    if (!old || old.key !== key || moved > range / 8) held.current = { key, limits };
  }
  return limits && held.current?.limits;
}

// The scan goes on over background: the newest frames that were judged are none of the sample's, and nothing is added
// to the image.
const looked_at = 12;
export function useWaits(): boolean {
  const { pictures, state } = useStream();
  const map = pictures.map;
  const waits = useMemo(() => {
    if (!map) return false;
    const judged: [number, number][] = [];
    const [ids, labels] = [map.arrays.id.values, map.arrays.label.values];
    for (let i = 0; i < ids.length; ++i) if (labels[i] === label.background || labels[i] === label.selected) judged.push([ids[i], labels[i]]);
    const newest = judged.sort((a, b) => b[0] - a[0]).slice(0, looked_at);
    return newest.length === looked_at && newest.every(([, l]) => l === label.background);
  }, [map]);
  return waits && state?.ledger?.ended === false;
}

// Cells from a frame to the next.
export const stride_of = (scan: Scan) => Math.max(1, Math.round(scan.layout.cell_x / scan.layout.dx));

// The frames that a person marked bad, as lines over the map.
export function bad_marks(scan: Scan, ranges: readonly (readonly number[])[]): Mark[] {
  if (ranges.length === 0) return [];
  const sites = sites_of(scan.layout, ranges);
  if (sites.size === 0) return [];
  return [
    { kind: 'bad-frames', path: strokes_of(scan.layout, sites) },
    { kind: 'bad-border', path: outline_of_sites(scan.layout, sites) },
  ];
}

// final: nothing more is to come of it, so that it does not age.
export function useStale(picture: Picture | undefined, final = false) {
  const { state, connected } = useStream();
  return staleness(picture, state, connected, useNow(), final);
}
