// How far refined positions lie from the nominal ones.
import type { Picture } from './picture';

export interface Displacements {
  n: number;
  iteration: number;
  // micrometres; rows as in the event
  id: Uint32Array;
  x: Float32Array;
  y: Float32Array;
  dx: Float32Array;
  dy: Float32Array;
  length: Float32Array;
  common: [number, number]; // micrometres: what all are shifted by
  rms: number;
  median: number;
  most: number;
}

// common: with the shift that all share, which an image cannot tell; otherwise about it.
export function displacements_of(event: Picture<'positions'>, common: boolean): Displacements | null {
  const a = event.arrays;
  const n = a.id.values.length;
  if (n === 0) return null;
  const id = a.id.values as Uint32Array;
  const x = Float32Array.from(a.nominal_x_m.values, (v) => v * 1e6);
  const y = Float32Array.from(a.nominal_y_m.values, (v) => v * 1e6);
  const dx = Float32Array.from(a.refined_x_m.values, (v, i) => v * 1e6 - x[i]);
  const dy = Float32Array.from(a.refined_y_m.values, (v, i) => v * 1e6 - y[i]);
  const mean = (v: Float32Array) => v.reduce((sum, value) => sum + value, 0) / n;
  const shift: [number, number] = [mean(dx), mean(dy)];
  if (!common)
    for (let i = 0; i < n; ++i) {
      dx[i] -= shift[0];
      dy[i] -= shift[1];
    }
  const length = Float32Array.from(dx, (v, i) => Math.hypot(v, dy[i]));
  const sorted = Float32Array.from(length).sort();
  const rms = Math.sqrt(length.reduce((sum, v) => sum + v * v, 0) / n);
  return { n, iteration: event.head.iteration, id, x, y, dx, dy, length, common: shift, rms, median: sorted[n >> 1], most: sorted[n - 1] };
}

// The smallest distance between neighbours, roughly: the side of a square with one frame in it.
export function spacing_of(d: Displacements): number {
  const side = (v: Float32Array) => {
    let low = Infinity;
    let high = -Infinity;
    for (const value of v) {
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
    return Math.max(high - low, 1e-6);
  };
  return Math.sqrt((side(d.x) * side(d.y)) / Math.max(1, d.n));
}

// A round factor that makes the longer arrows about as long as the frames are apart.
export function exaggeration_for(d: Displacements): number {
  const sorted = Float32Array.from(d.length).sort();
  const long = sorted[Math.floor(0.95 * (d.n - 1))];
  if (!(long > 0)) return 1;
  const raw = spacing_of(d) / long;
  return [1, 2, 5, 10, 20, 50, 100].filter((f) => f <= raw * 1.5).pop() ?? 1;
}

// Counts of the displacements in bins of equal width, nanometres.
export function histogram_of(d: Displacements, bins = 24): { nm: number[]; count: number[] } {
  const sorted = Float32Array.from(d.length).sort();
  // The last bin holds the few that lie far out.
  const high = Math.max(sorted[Math.floor(0.995 * (d.n - 1))] * 1000 * 1.05, 1e-3);
  const count = new Array<number>(bins).fill(0);
  for (const v of d.length) count[Math.min(bins - 1, Math.floor(((v * 1000) / high) * bins))] += 1;
  return { nm: count.map((_, i) => ((i + 0.5) / bins) * high), count };
}
