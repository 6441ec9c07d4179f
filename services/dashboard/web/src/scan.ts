// From frames in order of arrival to a picture of the scan.
import type { Picture } from './stream';

// rows x cols values, row by row; cells are dx x dy wide, the first one centred on x0, y0, in `unit`.
export interface Grid {
  rows: number;
  cols: number;
  x0: number;
  y0: number;
  dx: number;
  dy: number;
  unit: string;
  values: Float32Array;
}
// Where each frame goes: cell number, -1: nowhere; and where each frame of a plan would go.
export interface Layout extends Omit<Grid, 'values'> {
  cell: Int32Array;
  planned: (id: number) => number;
}
interface Plan {
  rows: number;
  cols: number;
  step_x_m: number;
  step_y_m: number;
  snake: boolean;
}

const um = 1e6;
const largest_side = 512;

function extent(values: Float32Array): [number, number] {
  let low = Infinity;
  let high = -Infinity;
  for (const v of values) {
    if (v < low) low = v;
    if (v > high) high = v;
  }
  return [low, high];
}

// The whole plan is shown from the first frame on.
function layout_of_plan(plan: Plan, id: Uint32Array, x: Float32Array, y: Float32Array): Layout {
  const { rows, cols } = plan;
  const planned = (n: number) => {
    const row = Math.floor(n / cols);
    if (row >= rows) return -1;
    let col = n % cols;
    if (plan.snake && row % 2 === 1) col = cols - 1 - col;
    return (plan.step_y_m < 0 ? rows - 1 - row : row) * cols + (plan.step_x_m < 0 ? cols - 1 - col : col);
  };
  const cell = Int32Array.from(id, planned);
  if (plan.step_x_m === 0 || plan.step_y_m === 0) return { rows, cols, x0: 0, y0: 0, dx: 1, dy: 1, unit: 'frame', cell, planned };
  const dx = Math.abs(plan.step_x_m) * um;
  const dy = Math.abs(plan.step_y_m) * um;
  // Centred on 0, unless the stage says that the scan lies elsewhere.
  const centred = { x0: (-(cols - 1) / 2) * dx, y0: (-(rows - 1) / 2) * dy };
  let n = 0;
  let x0 = 0;
  let y0 = 0;
  for (let i = 0; i < cell.length; ++i) {
    if (cell[i] < 0 || !Number.isFinite(x[i]) || !Number.isFinite(y[i])) continue;
    n += 1;
    x0 += x[i] * um - (cell[i] % cols) * dx;
    y0 += y[i] * um - Math.floor(cell[i] / cols) * dy;
  }
  const elsewhere = n > 0 && (Math.abs(x0 / n - centred.x0) > dx / 2 || Math.abs(y0 / n - centred.y0) > dy / 2);
  return { rows, cols, ...(elsewhere ? { x0: x0 / n, y0: y0 / n } : centred), dx, dy, unit: 'µm', cell, planned };
}

export function layout_of(map: Picture): Layout {
  const id = map.arrays.id.values as Uint32Array;
  const x = map.arrays.x_m.values as Float32Array;
  const y = map.arrays.y_m.values as Float32Array;
  const plan: Plan | null = map.head.raster;
  const [x_low, x_high] = extent(x);
  const [y_low, y_high] = extent(y);
  const placed = Number.isFinite(x_low);
  if (plan) return layout_of_plan(plan, id, x, y);
  const planned = () => -1;
  const cell = new Int32Array(id.length).fill(-1);
  if (!placed) return { rows: 1, cols: 1, x0: 0, y0: 0, dx: 1, dy: 1, unit: 'µm', cell, planned };
  const width = Math.max(x_high - x_low, 1e-12);
  const height = Math.max(y_high - y_low, 1e-12);
  const step = Math.max(Math.sqrt((width * height) / Math.max(id.length, 4)), width / largest_side, height / largest_side);
  const cols = Math.floor(width / step) + 1;
  const rows = Math.floor(height / step) + 1;
  for (let i = 0; i < id.length; ++i)
    if (Number.isFinite(x[i]) && Number.isFinite(y[i]))
      cell[i] = Math.floor((y[i] - y_low) / step) * cols + Math.floor((x[i] - x_low) / step);
  return { rows, cols, x0: x_low * um, y0: y_low * um, dx: step * um, dy: step * um, unit: 'µm', cell, planned };
}

// Mean of the frames in each cell; NaN where there is none.
export function grid_of(layout: Layout, values: ArrayLike<number>): Grid {
  const { cell, planned: _, ...place } = layout;
  const sum = new Float32Array(place.rows * place.cols);
  const n = new Uint16Array(sum.length);
  const count = Math.min(cell.length, values.length);
  for (let i = 0; i < count; ++i) {
    if (cell[i] < 0 || Number.isNaN(values[i])) continue;
    sum[cell[i]] += values[i];
    n[cell[i]] += 1;
  }
  for (let i = 0; i < sum.length; ++i) sum[i] = n[i] > 0 ? sum[i] / n[i] : NaN;
  return { ...place, values: sum };
}

export const label = { pending: 0, background: 1, selected: 2, dark: 3, unpositioned: 4 };

// 1 selected, 0 background, NaN otherwise.
export function mask_of(layout: Layout, labels: Uint8Array): Grid {
  const { cell, planned: _, ...place } = layout;
  const values = new Float32Array(place.rows * place.cols).fill(NaN);
  for (let i = 0; i < cell.length; ++i) {
    if (cell[i] < 0) continue;
    if (labels[i] === label.selected) values[cell[i]] = 1;
    else if (labels[i] === label.background && Number.isNaN(values[cell[i]])) values[cell[i]] = 0;
  }
  return { ...place, values };
}

// The border of the cells that are 1, as an SVG path in units of the grid.
export function outline_of(mask: Grid): string {
  const { rows, cols, values, x0, y0, dx, dy } = mask;
  const is = (r: number, c: number) => r >= 0 && c >= 0 && r < rows && c < cols && values[r * cols + c] === 1;
  const x = (c: number) => Number((x0 + (c - 0.5) * dx).toPrecision(7));
  const y = (r: number) => Number((y0 + (r - 0.5) * dy).toPrecision(7));
  const parts: string[] = [];
  for (let r = 0; r <= rows; ++r)
    for (let c = 0; c < cols; ++c)
      if (is(r - 1, c) !== is(r, c)) {
        const start = c;
        while (c < cols && is(r - 1, c) !== is(r, c)) ++c;
        parts.push(`M${x(start)} ${y(r)}H${x(c)}`);
      }
  for (let c = 0; c <= cols; ++c)
    for (let r = 0; r < rows; ++r)
      if (is(r, c - 1) !== is(r, c)) {
        const start = r;
        while (r < rows && is(r, c - 1) !== is(r, c)) ++r;
        parts.push(`M${x(c)} ${y(start)}V${y(r)}`);
      }
  return parts.join('');
}

// The same of chosen cells.
export function outline_of_cells(place: Omit<Grid, 'values'>, cells: Iterable<number>): string {
  const values = new Float32Array(place.rows * place.cols);
  for (const c of cells) if (c >= 0) values[c] = 1;
  return outline_of({ ...place, values });
}

// A stroke (or two that cross) in each of the cells.
export function strokes_of(place: Omit<Grid, 'values'>, cells: Iterable<number>, cross = false): string {
  const a = 0.28 * place.dx;
  const b = 0.28 * place.dy;
  const parts: string[] = [];
  for (const cell of cells) {
    if (cell < 0) continue;
    const x = place.x0 + (cell % place.cols) * place.dx;
    const y = place.y0 + Math.floor(cell / place.cols) * place.dy;
    parts.push(`M${(x - a).toFixed(4)} ${(y + b).toFixed(4)}l${2 * a} ${-2 * b}`);
    if (cross) parts.push(`M${(x - a).toFixed(4)} ${(y - b).toFixed(4)}l${2 * a} ${2 * b}`);
  }
  return parts.join('');
}

// The frame in each cell, the newest where there are several; -1: none.
export function frames_of(layout: Layout, ids: ArrayLike<number>): Int32Array {
  const frame = new Int32Array(layout.rows * layout.cols).fill(-1);
  for (let i = 0; i < layout.cell.length; ++i) if (layout.cell[i] >= 0) frame[layout.cell[i]] = ids[i];
  return frame;
}

// The centre of mass against its mean over the scan: magnitude in standard deviations, and direction.
export function deviation(x: ArrayLike<number>, y: ArrayLike<number>) {
  const moments = (v: ArrayLike<number>) => {
    let n = 0;
    let sum = 0;
    let squares = 0;
    for (let i = 0; i < v.length; ++i)
      if (Number.isFinite(v[i])) {
        n += 1;
        sum += v[i];
        squares += v[i] * v[i];
      }
    const mean = n > 0 ? sum / n : 0;
    return { mean, sigma: Math.sqrt(Math.max(n > 0 ? squares / n - mean * mean : 1, 1e-12)) };
  };
  const mx = moments(x);
  const my = moments(y);
  const magnitude = new Float32Array(x.length);
  const along = new Float32Array(x.length);
  const across = new Float32Array(x.length);
  for (let i = 0; i < x.length; ++i) {
    along[i] = (x[i] - mx.mean) / mx.sigma;
    across[i] = (y[i] - my.mean) / my.sigma;
    magnitude[i] = Math.hypot(along[i], across[i]);
  }
  return { magnitude, along, across };
}

// From the p-th to the (1 - p)-th quantile: a few odd pixels do not take the contrast.
export function domain_of(values: ArrayLike<number>, p = 0.005): [number, number] {
  const step = Math.max(1, Math.floor(values.length / 20000));
  const some: number[] = [];
  for (let i = 0; i < values.length; i += step) if (Number.isFinite(values[i])) some.push(values[i]);
  if (some.length === 0) return [0, 1];
  some.sort((a, b) => a - b);
  const at = (q: number) => some[Math.min(some.length - 1, Math.max(0, Math.round(q * (some.length - 1))))];
  const low = at(p);
  const high = at(1 - p);
  return high > low ? [low, high] : [low - 0.5, low + 0.5];
}

// Takes the plane of least squares out, in place; what lies far from it (the object) is left out of a second fit.
export function remove_plane(values: Float32Array, cols: number) {
  for (let pass = 0; pass < 3; ++pass) {
    let sigma = Infinity;
    if (pass > 0) {
      let n = 0;
      let squares = 0;
      for (const v of values)
        if (!Number.isNaN(v)) {
          n += 1;
          squares += v * v;
        }
      sigma = Math.sqrt(squares / Math.max(n, 1));
    }
    // Normal equations of a + b x + c y, coordinates about 1.
    const m = [0, 0, 0, 0, 0, 0, 0, 0, 0];
    const rows = values.length / cols;
    for (let i = 0; i < values.length; ++i) {
      const v = values[i];
      if (Number.isNaN(v) || Math.abs(v) > 1.2 * sigma) continue;
      const x = (i % cols) / cols - 0.5;
      const y = Math.floor(i / cols) / rows - 0.5;
      m[0] += 1; m[1] += x; m[2] += y; m[3] += x * x; m[4] += x * y; m[5] += y * y;
      m[6] += v; m[7] += v * x; m[8] += v * y;
    }
    const [n, sx, sy, xx, xy, yy, s, tx, ty] = m;
    const det = n * (xx * yy - xy * xy) - sx * (sx * yy - xy * sy) + sy * (sx * xy - xx * sy);
    if (n < 16 || Math.abs(det) < 1e-12) return;
    const a = (s * (xx * yy - xy * xy) - sx * (tx * yy - xy * ty) + sy * (tx * xy - xx * ty)) / det;
    const b = (n * (tx * yy - ty * xy) - s * (sx * yy - xy * sy) + sy * (sx * ty - tx * sy)) / det;
    const c = (n * (xx * ty - xy * tx) - sx * (sx * ty - tx * sy) + s * (sx * xy - xx * sy)) / det;
    for (let i = 0; i < values.length; ++i)
      values[i] -= a + b * ((i % cols) / cols - 0.5) + c * (Math.floor(i / cols) / rows - 0.5);
  }
}
