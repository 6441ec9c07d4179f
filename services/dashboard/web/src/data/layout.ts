// Where the frames of a scan are drawn: at the places they were taken at, whatever path the scan took.
import type { Grid, Place } from './grid';
import type { Picture } from './picture';
import { place_of_plan, plan_at, type Plan, type PlanPlace } from './plan';

// Sites are the points of a plan, or without one the frames that came. Every cell of the picture belongs to the site
// that is nearest to its middle, or to none. On a plan that lies along the axes a cell is a step of the plan;
// otherwise cells are finer than the scan.
export interface Layout extends Place {
  site: Int32Array; // of each cell; -1: none
  id: Int32Array; // frame number of each site
  row: Int32Array; // of each site in the map's columns; -1: the frame has not come
  x: Float32Array; // of each site, in the picture's unit
  y: Float32Array;
  cell_x: number; // what a frame covers
  cell_y: number;
}

const um = 1e6;
const largest_side = 768;
const cells_a_step = 8;

interface Sites {
  id: Int32Array;
  row: Int32Array;
  x: Float32Array;
  y: Float32Array;
}
interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

// Of a plan that nobody said steps of: cells are numbered.
function numbered(plan: Plan, row_of: Int32Array): Layout {
  const { rows, cols } = plan;
  const n = rows * cols;
  const site = new Int32Array(n);
  const [x, y] = [new Float32Array(n), new Float32Array(n)];
  for (let i = 0; i < n; ++i) {
    const { row, col } = plan_at(plan, i);
    site[row * cols + col] = i;
    [x[i], y[i]] = [col, row];
  }
  return { rows, cols, x0: 0, y0: 0, dx: 1, dy: 1, unit: 'frame', site, id: Int32Array.from(site.keys()), row: row_of, x, y, cell_x: 1, cell_y: 1 };
}

// Cells are the steps of the plan.
function along_axes(plan: Plan, at: PlanPlace, sites: Sites): Layout {
  const { rows, cols } = plan;
  const dx = Math.abs(plan.step_x_m) * um;
  const dy = Math.abs(plan.step_y_m) * um;
  const x0 = at.x0 - (plan.step_x_m < 0 ? (cols - 1) * dx : 0);
  const y0 = at.y0 - (plan.step_y_m < 0 ? (rows - 1) * dy : 0);
  const site = new Int32Array(rows * cols);
  for (let i = 0; i < rows * cols; ++i) {
    const { row, col } = plan_at(plan, i);
    site[(plan.step_y_m < 0 ? rows - 1 - row : row) * cols + (plan.step_x_m < 0 ? cols - 1 - col : col)] = i;
  }
  return { rows, cols, x0, y0, dx, dy, unit: 'µm', site, ...sites, cell_x: dx, cell_y: dy };
}

function box_of(x: Float32Array, y: Float32Array): Box | null {
  const box = { left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity };
  for (let i = 0; i < x.length; ++i) {
    if (!Number.isFinite(x[i]) || !Number.isFinite(y[i])) continue;
    box.left = Math.min(box.left, x[i]);
    box.right = Math.max(box.right, x[i]);
    box.top = Math.min(box.top, y[i]);
    box.bottom = Math.max(box.bottom, y[i]);
  }
  return Number.isFinite(box.left) ? box : null;
}

// How far frames lie apart: the nearest neighbour of the median frame, and the side of a square that holds one.
export function spacing(x: Float32Array, y: Float32Array, box: Box): { nearest: number; side: number } {
  const n = x.length;
  const long = Math.max(box.right - box.left, box.bottom - box.top);
  if (n < 2 || !(long > 0)) return { nearest: 1, side: 1 };
  const bucket = Math.max(Math.sqrt(((box.right - box.left) * (box.bottom - box.top)) / n), long / n) * 1.5;
  const key = (i: number, a = 0, b = 0) => `${Math.floor((x[i] - box.left) / bucket) + a},${Math.floor((y[i] - box.top) / bucket) + b}`;
  const buckets = new Map<string, number[]>();
  for (let i = 0; i < n; ++i) {
    if (!Number.isFinite(x[i]) || !Number.isFinite(y[i])) continue;
    const k = key(i);
    const there = buckets.get(k);
    if (there) there.push(i);
    else buckets.set(k, [i]);
  }
  const distances: number[] = [];
  for (let i = 0; i < n; i += Math.max(1, Math.floor(n / 500))) {
    if (!Number.isFinite(x[i]) || !Number.isFinite(y[i])) continue;
    let nearest = Infinity;
    for (let a = -1; a <= 1; ++a)
      for (let b = -1; b <= 1; ++b)
        for (const j of buckets.get(key(i, a, b)) ?? []) {
          const d = Math.hypot(x[j] - x[i], y[j] - y[i]);
          if (d > 0 && d < nearest) nearest = d;
        }
    if (Number.isFinite(nearest)) distances.push(nearest);
  }
  distances.sort((a, b) => a - b);
  const nearest = distances[distances.length >> 1] ?? bucket;
  return { nearest, side: Math.max(nearest, Math.sqrt((buckets.size * bucket * bucket) / n)) };
}

// Each cell of `box` to the nearest site within `reach`; what came goes before what is planned.
function nearest_site(place: Place, sites: Sites, reach: number): Int32Array {
  const { rows, cols, x0, y0, dx, dy } = place;
  const site = new Int32Array(rows * cols).fill(-1);
  const best = new Float32Array(rows * cols).fill(Infinity);
  const [rx, ry] = [Math.ceil(reach / dx), Math.ceil(reach / dy)];
  for (let s = 0; s < sites.x.length; ++s) {
    if (!Number.isFinite(sites.x[s]) || !Number.isFinite(sites.y[s])) continue;
    const c0 = Math.round((sites.x[s] - x0) / dx);
    const r0 = Math.round((sites.y[s] - y0) / dy);
    for (let r = Math.max(0, r0 - ry); r <= Math.min(rows - 1, r0 + ry); ++r)
      for (let c = Math.max(0, c0 - rx); c <= Math.min(cols - 1, c0 + rx); ++c) {
        const d = Math.hypot(x0 + c * dx - sites.x[s], y0 + r * dy - sites.y[s]);
        if (d > reach || d >= best[r * cols + c]) continue;
        best[r * cols + c] = d;
        site[r * cols + c] = s;
      }
  }
  return site;
}

// To the nearest of a few lengths: what is a little different with every frame would move the picture.
const settled = (length: number) => 1.2 ** Math.round(Math.log(length) / Math.log(1.2));

// Outwards to steps of an eighth, so that the frame of a growing picture seldom moves.
function rounded(box: Box): Box {
  const long = Math.max(box.right - box.left, box.bottom - box.top);
  if (!(long > 0)) return box;
  const step = 2 ** Math.ceil(Math.log2(long)) / 8;
  return {
    left: Math.floor(box.left / step) * step,
    top: Math.floor(box.top / step) * step,
    right: Math.ceil(box.right / step) * step,
    bottom: Math.ceil(box.bottom / step) * step,
  };
}

function by_place(sites: Sites, inner: Box, near: number, reach: number): Layout {
  const box = { left: inner.left - reach, top: inner.top - reach, right: inner.right + reach, bottom: inner.bottom + reach };
  const d = Math.max(near / cells_a_step, (box.right - box.left) / largest_side, (box.bottom - box.top) / largest_side);
  const place = {
    rows: Math.max(1, Math.ceil((box.bottom - box.top) / d)),
    cols: Math.max(1, Math.ceil((box.right - box.left) / d)),
    x0: box.left + d / 2,
    y0: box.top + d / 2,
    dx: d,
    dy: d,
    unit: 'µm',
  };
  return { ...place, site: nearest_site(place, sites, reach), ...sites, cell_x: near, cell_y: near };
}

export function layout_of(map: Picture<'map'>): Layout {
  const ids = map.arrays.id.values as Uint32Array;
  const x = Float32Array.from(map.arrays.x_m.values as Float32Array, (v) => v * um);
  const y = Float32Array.from(map.arrays.y_m.values as Float32Array, (v) => v * um);
  const came = { id: Int32Array.from(ids), row: Int32Array.from(ids.keys()), x, y };
  const box = box_of(x, y);
  const plan: Plan | null = map.head.raster;
  const beyond = plan !== null && ids.some((id) => id >= plan.rows * plan.cols);
  if (plan && !beyond) {
    const n = plan.rows * plan.cols;
    const row = new Int32Array(n).fill(-1);
    for (let i = 0; i < ids.length; ++i) row[ids[i]] = i;
    if (plan.step_x_m === 0 || plan.step_y_m === 0) {
      if (!box) return numbered(plan, row);
    } else {
      const at = place_of_plan(plan, ids, x, y);
      if (at) return of_plan(plan, at, row, x, y);
    }
  }
  if (!box) return { rows: 1, cols: 1, x0: 0, y0: 0, dx: 1, dy: 1, unit: 'µm', site: new Int32Array([-1]), ...came, cell_x: 1, cell_y: 1 };
  const { nearest, side } = spacing(x, y, box);
  const field = plan && plan.step_x_m !== 0 && plan.step_y_m !== 0 ? with_plan(plan, box) : box;
  return by_place(came, rounded(field), settled(nearest), 0.8 * settled(side));
}

// The field of a plan that its frames did not follow, where they lie within it.
function with_plan(plan: Plan, box: Box): Box {
  const [w, h] = [(Math.abs(plan.step_x_m) * um * (plan.cols - 1)) / 2, (Math.abs(plan.step_y_m) * um * (plan.rows - 1)) / 2];
  const [sx, sy] = [Math.abs(plan.step_x_m) * um, Math.abs(plan.step_y_m) * um];
  const within = box.left > -w - sx && box.right < w + sx && box.top > -h - sy && box.bottom < h + sy;
  return within ? { left: Math.min(box.left, -w), top: Math.min(box.top, -h), right: Math.max(box.right, w), bottom: Math.max(box.bottom, h) } : box;
}

// The whole plan is shown from the first frame on: what came where it is, the rest where it is to be.
function of_plan(plan: Plan, at: PlanPlace, row: Int32Array, x: Float32Array, y: Float32Array): Layout {
  const n = row.length;
  const sites = { id: Int32Array.from(row.keys()), row, x: new Float32Array(n), y: new Float32Array(n) };
  for (let i = 0; i < n; ++i) [sites.x[i], sites.y[i]] = at.of(i);
  if (at.axes && at.spread < 0.1) return along_axes(plan, at, sites);
  // The frame is that of the plan alone: a stage that wanders does not move it.
  const box = box_of(sites.x, sites.y)!;
  for (let i = 0; i < n; ++i) if (row[i] >= 0 && Number.isFinite(x[row[i]])) [sites.x[i], sites.y[i]] = [x[row[i]], y[row[i]]];
  const [sx, sy] = [Math.abs(plan.step_x_m) * um, Math.abs(plan.step_y_m) * um];
  return by_place(sites, box, Math.min(sx, sy), 0.55 * Math.hypot(sx, sy));
}

// What each cell shows of a column of the map; NaN where no frame came.
export function grid_of(layout: Layout, values: ArrayLike<number>): Grid {
  const { rows, cols, x0, y0, dx, dy, unit } = layout;
  const shown = Float32Array.from(layout.site, (s) => {
    const row = s >= 0 ? layout.row[s] : -1;
    return row >= 0 && row < values.length ? values[row] : NaN;
  });
  return { rows, cols, x0, y0, dx, dy, unit, values: shown };
}

export const label = { pending: 0, background: 1, selected: 2, dark: 3, unpositioned: 4 };

// 1 selected, 0 background, NaN otherwise.
export function mask_of(layout: Layout, labels: Uint8Array): Grid {
  return grid_of(
    layout,
    Float32Array.from(labels, (l) => (l === label.selected ? 1 : l === label.background ? 0 : NaN)),
  );
}

// The frame in each cell; -1: none.
export function frames_of(layout: Layout): Int32Array {
  return Int32Array.from(layout.site, (s) => (s >= 0 && layout.row[s] >= 0 ? layout.id[s] : -1));
}

// Sites of the frames in the ranges, both ends included: of those that came, and of those that are planned.
export function sites_of(layout: Layout, ranges: readonly (readonly number[])[]): Set<number> {
  const sites = new Set<number>();
  const sorted = [...ranges].sort((a, b) => a[0] - b[0]);
  for (let s = 0; s < layout.id.length; ++s) if (sorted.some(([first, last]) => layout.id[s] >= first && layout.id[s] <= last)) sites.add(s);
  return sites;
}
