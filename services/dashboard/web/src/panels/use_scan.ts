import { frames_of, layout_of, mask_of, outline_of, outline_of_cells, strokes_of, type Grid, type Layout } from '../scan';
import type { Mark } from '../marks';
import { staleness, useNow } from '../parts';
import { useStream, type Picture } from '../stream';

export interface Scan {
  layout: Layout;
  mask: Grid;
  outline: string;
  frame: Int32Array; // in each cell
}

// Worked out once a map, however many panels draw it.
const known = new WeakMap<Picture, Scan>();
export function scan_of(map: Picture | undefined): Scan | null {
  if (!map || map.head.frames === 0) return null;
  let scan = known.get(map);
  if (!scan) {
    const layout = layout_of(map);
    const mask = mask_of(layout, map.arrays.label.values as Uint8Array);
    scan = { layout, mask, outline: outline_of(mask), frame: frames_of(layout, map.arrays.id.values) };
    known.set(map, scan);
  }
  return scan;
}

// Cells of the frames in first..last, both included: of those that came, and of those that are planned.
export function cells_of(scan: Scan, ids: ArrayLike<number>, ranges: [number, number][]): Set<number> {
  const cells = new Set<number>();
  for (const [first, last] of ranges) {
    for (let i = 0; i < scan.layout.cell.length; ++i) if (ids[i] >= first && ids[i] <= last) cells.add(scan.layout.cell[i]);
    const end = Math.min(last, first + scan.layout.rows * scan.layout.cols);
    for (let id = first; id <= end; ++id) cells.add(scan.layout.planned(id));
  }
  cells.delete(-1);
  return cells;
}

// The frames that a person marked bad, as lines over the map.
export function bad_marks(scan: Scan, map: Picture, ranges: [number, number][] | undefined): Mark[] {
  if (!ranges || ranges.length === 0) return [];
  const cells = cells_of(scan, map.arrays.id.values, ranges);
  if (cells.size === 0) return [];
  return [
    { kind: 'bad-frames', path: strokes_of(scan.layout, cells) },
    { kind: 'bad-border', path: outline_of_cells(scan.layout, cells) },
  ];
}

// final: nothing more is to come of it, so that it does not age.
export function useStale(picture: Picture | undefined, final = false) {
  const { state, connected } = useStream();
  return staleness(picture, state, connected, useNow(), final);
}
