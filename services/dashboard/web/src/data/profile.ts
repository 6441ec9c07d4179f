// Values along a line through a picture.
import type { Grid } from './grid';

export interface Line {
  from: [number, number]; // in the picture's units
  to: [number, number];
  width: number; // across the line, in the picture's units; 0: one cell
}
export interface Profile {
  at: number[]; // distance from the beginning
  value: (number | null)[]; // mean across the line; null: nothing is there
}

// One sample a cell, the nearest cell each; across the line as many as it is wide.
export function profile_of(grid: Grid, line: Line): Profile {
  const [dx, dy] = [line.to[0] - line.from[0], line.to[1] - line.from[1]];
  const length = Math.hypot(dx, dy);
  const cell = Math.min(grid.dx, grid.dy);
  if (!(length > 0)) return { at: [], value: [] };
  const n = Math.min(2000, Math.max(2, Math.ceil(length / cell) + 1));
  const across = Math.max(1, Math.round(line.width / cell));
  const [ex, ey] = [dx / length, dy / length];
  const at: number[] = [];
  const value: (number | null)[] = [];
  for (let i = 0; i < n; ++i) {
    const s = (i / (n - 1)) * length;
    let [sum, count] = [0, 0];
    for (let k = 0; k < across; ++k) {
      const t = (k - (across - 1) / 2) * cell;
      const c = Math.round((line.from[0] + ex * s - ey * t - grid.x0) / grid.dx);
      const r = Math.round((line.from[1] + ey * s + ex * t - grid.y0) / grid.dy);
      const v = c < 0 || r < 0 || c >= grid.cols || r >= grid.rows ? NaN : grid.values[r * grid.cols + c];
      if (Number.isFinite(v)) {
        sum += v;
        count += 1;
      }
    }
    at.push(s);
    value.push(count > 0 ? sum / count : null);
  }
  return { at, value };
}
