// Lines around and over chosen frames, as SVG paths in units of the picture.
import type { Grid } from './grid';
import type { Layout } from './layout';

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

// The same around the cells of chosen sites.
export function outline_of_sites(layout: Layout, sites: ReadonlySet<number>): string {
  const { rows, cols, x0, y0, dx, dy, unit } = layout;
  return outline_of({ rows, cols, x0, y0, dx, dy, unit, values: Float32Array.from(layout.site, (s) => (s >= 0 && sites.has(s) ? 1 : 0)) });
}

// A stroke (or two that cross) over each of the sites.
export function strokes_of(layout: Layout, sites: Iterable<number>, cross = false): string {
  const a = 0.28 * layout.cell_x;
  const b = 0.28 * layout.cell_y;
  const parts: string[] = [];
  for (const s of sites) {
    const x = layout.x[s];
    const y = layout.y[s];
    parts.push(`M${(x - a).toFixed(4)} ${(y + b).toFixed(4)}l${2 * a} ${-2 * b}`);
    if (cross) parts.push(`M${(x - a).toFixed(4)} ${(y - b).toFixed(4)}l${2 * a} ${2 * b}`);
  }
  return parts.join('');
}
