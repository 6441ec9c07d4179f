// The object as it is drawn: where it was lit, without its ramp, in the frame of the scan.
import type { Grid, Place } from './grid';
import { label, type Layout } from './layout';
import type { Picture } from './picture';
import { remove_ramp } from './ramp';
import { domain_of } from './statistics';

// What is known of the scan that the object is of.
export interface Field {
  layout: Layout;
  labels: ArrayLike<number>;
  planned: boolean; // its frame is that of a plan, and will not grow
}
export interface Seen {
  grid: Grid;
  limits: [number, number]; // of what is well lit
}

const lit_share = 0.02; // of the most that any pixel was lit
const well_lit_share = 0.15;
const largest_side = 1600;

// 1 where the nearest frame is background: there is no sample, as far as anybody knows.
export function air_of(place: Place, field: Field): Uint8Array {
  const { layout, labels } = field;
  const air = new Uint8Array(place.rows * place.cols);
  for (let r = 0; r < place.rows; ++r) {
    const row = Math.round((place.y0 + r * place.dy - layout.y0) / layout.dy);
    if (row < 0 || row >= layout.rows) continue;
    for (let c = 0; c < place.cols; ++c) {
      const col = Math.round((place.x0 + c * place.dx - layout.x0) / layout.dx);
      if (col < 0 || col >= layout.cols) continue;
      const site = layout.site[row * layout.cols + col];
      if (site >= 0 && layout.row[site] >= 0 && labels[layout.row[site]] === label.background) air[r * place.cols + c] = 1;
    }
  }
  return air;
}

interface Box {
  top: number;
  bottom: number; // included
  left: number;
  right: number;
}

// Around all lit parts but the small ones: a frame far off, that turns out to be background, does not grow the picture.
export function lit_box(lit: Uint8Array, rows: number, cols: number): Box | null {
  const part = new Int32Array(rows * cols).fill(-1);
  const boxes: (Box & { n: number })[] = [];
  const open: number[] = [];
  for (let start = 0; start < lit.length; ++start) {
    if (!lit[start] || part[start] >= 0) continue;
    const box = { top: rows, bottom: -1, left: cols, right: -1, n: 0 };
    part[start] = boxes.length;
    open.push(start);
    for (let i = open.pop(); i !== undefined; i = open.pop()) {
      const [r, c] = [Math.floor(i / cols), i % cols];
      box.n += 1;
      box.top = Math.min(box.top, r);
      box.bottom = Math.max(box.bottom, r);
      box.left = Math.min(box.left, c);
      box.right = Math.max(box.right, c);
      const next = [c > 0 ? i - 1 : -1, c + 1 < cols ? i + 1 : -1, i - cols, i + cols];
      for (const j of next)
        if (j >= 0 && j < lit.length && lit[j] && part[j] < 0) {
          part[j] = boxes.length;
          open.push(j);
        }
    }
    boxes.push(box);
  }
  const largest = Math.max(0, ...boxes.map((b) => b.n));
  const kept = boxes.filter((b) => b.n >= 0.1 * largest);
  if (kept.length === 0) return null;
  return kept.reduce<Box>((a, b) => ({ top: Math.min(a.top, b.top), bottom: Math.max(a.bottom, b.bottom), left: Math.min(a.left, b.left), right: Math.max(a.right, b.right) }), kept[0]);
}

// In steps of an eighth, so that a growing image does not move at every picture.
function rounded(box: Box, rows: number, cols: number): Box {
  const [high, wide] = [Math.ceil(rows / 8), Math.ceil(cols / 8)];
  return {
    top: box.top - (box.top % high),
    left: box.left - (box.left % wide),
    bottom: Math.min(rows, box.bottom + high - (box.bottom % high)) - 1,
    right: Math.min(cols, box.right + wide - (box.right % wide)) - 1,
  };
}

// The cells of `box`, which may reach beyond the grid.
function cut(grid: Grid, box: Box): Grid {
  const [rows, cols] = [box.bottom - box.top + 1, box.right - box.left + 1];
  const values = new Float32Array(rows * cols).fill(NaN);
  const [first, last] = [Math.max(0, box.left), Math.min(grid.cols, box.right + 1)];
  for (let r = Math.max(0, box.top); r <= Math.min(grid.rows - 1, box.bottom); ++r)
    if (last > first) values.set(grid.values.subarray(r * grid.cols + first, r * grid.cols + last), (r - box.top) * cols + first - box.left);
  return { ...grid, rows, cols, values, x0: grid.x0 + box.left * grid.dx, y0: grid.y0 + box.top * grid.dy };
}

function frame_of(grid: Grid, lit: Uint8Array, field: Field | null): Box | null {
  if (field?.planned && field.layout.unit === grid.unit) {
    const { x0, y0, dx, dy, rows, cols } = field.layout;
    const box = {
      left: Math.round((x0 - dx / 2 - grid.x0) / grid.dx),
      right: Math.round((x0 + (cols - 0.5) * dx - grid.x0) / grid.dx) - 1,
      top: Math.round((y0 - dy / 2 - grid.y0) / grid.dy),
      bottom: Math.round((y0 + (rows - 0.5) * dy - grid.y0) / grid.dy) - 1,
    };
    if (box.right > box.left && box.bottom > box.top && Math.max(box.right - box.left, box.bottom - box.top) < largest_side) return box;
  }
  const box = lit_box(lit, grid.rows, grid.cols);
  return box && rounded(box, grid.rows, grid.cols);
}

export function object_of(snapshot: Picture<'snapshot'>, part: 'phase' | 'amplitude', field: Field | null): Seen | null {
  const array = snapshot.arrays[part];
  if (!array) return null;
  const [rows, cols] = array.shape;
  const coverage = snapshot.arrays.coverage.values as Float32Array;
  let most = 0;
  for (const c of coverage) if (c > most) most = c;
  const lit = Uint8Array.from(coverage, (c) => (c > lit_share * most ? 1 : 0));
  const values = (array.values as Float32Array).map((v, i) => (lit[i] ? v : NaN));
  const known = snapshot.head.pixel_m > 0;
  const d = known ? snapshot.head.pixel_m * 1e6 : 1;
  const [x, y] = known ? snapshot.head.centre_m.map((v) => v * 1e6) : [0, 0];
  const grid = { rows, cols, values, dx: d, dy: d, x0: x - (cols / 2) * d, y0: y - (rows / 2) * d, unit: known ? 'µm' : 'pixel' };
  if (part === 'phase') remove_ramp(values, cols, field && known ? air_of(grid, field) : null);
  const limits = domain_of(values.filter((_, i) => coverage[i] > well_lit_share * most));
  const box = frame_of(grid, lit, field);
  return { grid: box ? cut(grid, box) : grid, limits };
}
