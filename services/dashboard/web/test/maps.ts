// Maps as the service says them, of scans of any path.
import type { Picture } from '../src/data/picture';
import type { Plan } from '../src/data/plan';

// Micrometres, by frame.
export type Path = [number, number][];

export function map_of(path: Path, plan: Plan | null, ids = path.map((_, i) => i)): Picture<'map'> {
  const column = (values: ArrayLike<number>) => ({ shape: [ids.length], values: Float32Array.from(values) });
  return {
    head: { topic: 'map', series_uid: 'a', revision: 1, frames: ids.length, segments: 1, mode: 'robust', border: 0, fill_in: false, no_contrast: false, raster: plan },
    arrays: {
      id: { shape: [ids.length], values: Uint32Array.from(ids) },
      x_m: column(ids.map((i) => path[i][0] * 1e-6)),
      y_m: column(ids.map((i) => path[i][1] * 1e-6)),
      total: column(ids),
      label: { shape: [ids.length], values: new Uint8Array(ids.length) },
    },
    came_ms: 0,
  };
}

// The same every time.
export function dice(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

export function raster(plan: Plan, degrees = 0, shift: [number, number] = [0, 0], jitter = 0): Path {
  const [c, s] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
  const roll = dice(7);
  return Array.from({ length: plan.rows * plan.cols }, (_, i) => {
    const row = Math.floor(i / plan.cols);
    const col = plan.snake && row % 2 === 1 ? plan.cols - 1 - (i % plan.cols) : i % plan.cols;
    const x = (col - (plan.cols - 1) / 2) * plan.step_x_m * 1e6 + jitter * (roll() - 0.5);
    const y = (row - (plan.rows - 1) / 2) * plan.step_y_m * 1e6 + jitter * (roll() - 0.5);
    return [shift[0] + c * x - s * y, shift[1] + s * x + c * y];
  });
}

export function spiral(n: number, step: number): Path {
  const golden = Math.PI * (3 - Math.sqrt(5));
  return Array.from({ length: n }, (_, i) => {
    const r = step * Math.sqrt(i / Math.PI);
    return [1.3 + r * Math.cos(i * golden), -0.4 + r * Math.sin(i * golden)];
  });
}

// Anywhere, but never closer than `apart`.
export function free(n: number, side: number, apart: number): Path {
  const roll = dice(11);
  const path: Path = [];
  while (path.length < n) {
    const [x, y] = [side * roll(), side * roll()];
    if (path.every(([a, b]) => Math.hypot(a - x, b - y) > apart)) path.push([x, y]);
  }
  return path;
}

export const plan: Plan = { rows: 14, cols: 18, step_x_m: 0.2e-6, step_y_m: 0.15e-6, snake: false };
export interface Case {
  name: string;
  path: Path;
  plan: Plan | null;
  regular?: boolean;
  step: number; // micrometres: a tenth of it is what a picture may be off
}
export const cases: Case[] = [
  { name: 'raster', path: raster(plan), plan, step: 0.15, regular: true },
  { name: 'raster elsewhere', path: raster(plan, 0, [3.17, -2.21]), plan, step: 0.15, regular: true },
  { name: 'raster with negative steps', path: raster({ ...plan, step_x_m: -0.2e-6, step_y_m: -0.15e-6 }), plan: { ...plan, step_x_m: -0.2e-6, step_y_m: -0.15e-6 }, step: 0.15, regular: true },
  { name: 'raster of a stage that wanders', path: raster(plan, 0, [0, 0], 0.06), plan, step: 0.15 },
  { name: 'raster turned by 126 degrees', path: raster(plan, 126), plan, step: 0.15, regular: true },
  { name: 'raster turned by 4 degrees', path: raster(plan, 4, [0.5, 0]), plan, step: 0.15, regular: true },
  { name: 'raster that nobody announced', path: raster(plan), plan: null, step: 0.15 },
  { name: 'snake', path: raster({ ...plan, snake: true }), plan: { ...plan, snake: true }, step: 0.15, regular: true },
  { name: 'spiral', path: spiral(300, 0.2), plan: null, step: 0.2 },
  { name: 'spiral that was announced as a raster', path: spiral(252, 0.2), plan, step: 0.2 },
  { name: 'free', path: free(200, 3, 0.15), plan: null, step: 0.15 },
];
