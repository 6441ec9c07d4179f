import { expect, test } from 'vitest';
import { layout_of } from '../src/data/layout';
import { air_of, lit_box, object_of, type Field } from '../src/data/object';
import type { Picture } from '../src/data/picture';
import { map_of, plan, raster } from './maps';

const [rows, cols] = [200, 260];
const pixel = 20e-9;

// Lit where `lit` says, in the middle of the scan.
function snapshot(lit: (x: number, y: number) => boolean): Picture<'snapshot'> {
  const make = (f: (x: number, y: number) => number) => ({
    shape: [rows, cols],
    values: Float32Array.from({ length: rows * cols }, (_, i) => f(((i % cols) - cols / 2) * pixel * 1e6, (Math.floor(i / cols) - rows / 2) * pixel * 1e6)),
  });
  return {
    head: { topic: 'snapshot', series_uid: 'a', frames_used: 9, last_frame: 9, iteration: 3, amplitude_error: 0.01, age_ms: 0, shape: [rows, cols], pixel_m: pixel, converged: false, centre_m: [0, 0], errors: [] },
    arrays: { phase: make((x, y) => (Math.hypot(x, y) < 0.4 ? 1 : 0) + 0.3 * x), amplitude: make(() => 1), coverage: make((x, y) => (lit(x, y) ? 1 : 0)) },
    came_ms: 0,
  };
}

function field(n: number): Field {
  const map = map_of(raster(plan), plan, Array.from({ length: n }, (_, i) => i));
  const labels = Array.from({ length: n }, (_, i) => (Math.hypot(...raster(plan)[i]) < 0.5 ? 2 : 1));
  return { layout: layout_of(map), labels, planned: true };
}

test('the frame is that of the planned scan, whatever is lit and however far the scan has come', () => {
  const frames = [
    [30, (x: number, y: number) => Math.hypot(x, y + 0.8) < 0.2],
    [140, (x: number, y: number) => Math.hypot(x, y) < 0.5],
    [252, () => true],
  ] as const;
  const seen = frames.map(([n, lit]) => object_of(snapshot(lit), 'phase', field(n))!.grid);
  for (const g of seen) {
    expect([g.rows, g.cols, g.x0, g.y0].map((v) => Number(v.toFixed(6)))).toEqual([seen[2].rows, seen[2].cols, seen[2].x0, seen[2].y0].map((v) => Number(v.toFixed(6))));
    expect(g.cols * g.dx).toBeCloseTo(18 * 0.2, 1);
  }
});

test('the air is where the nearest frame is background', () => {
  const seen = snapshot(() => true);
  const place = { rows, cols, x0: (-cols / 2) * 0.02, y0: (-rows / 2) * 0.02, dx: 0.02, dy: 0.02, unit: 'µm' };
  const air = air_of(place, field(252));
  expect(air[(rows / 2) * cols + cols / 2]).toBe(0);
  expect(air[(rows / 2) * cols + cols / 2 + 60]).toBe(1);
  // And the ramp is gone there.
  const { grid } = object_of(seen, 'phase', field(252))!;
  const at = (x: number) => grid.values[Math.round(-grid.y0 / grid.dy) * grid.cols + Math.round((x - grid.x0) / grid.dx)];
  expect(Math.abs(at(-1.5) - at(1.5))).toBeLessThan(0.01);
  expect(at(0) - at(1.5)).toBeCloseTo(1, 1);
});

test('a part as small as one frame does not grow the picture', () => {
  const lit = new Uint8Array(rows * cols);
  for (let r = 80; r < 140; ++r) lit.fill(1, r * cols + 90, r * cols + 170);
  lit.fill(1, 3 * cols + 3, 3 * cols + 15);
  expect(lit_box(lit, rows, cols)).toEqual({ top: 80, bottom: 139, left: 90, right: 169 });
  expect(lit_box(new Uint8Array(rows * cols), rows, cols)).toBeNull();
});

test('limits come from what is well lit', () => {
  const noisy = snapshot(() => true);
  const [phase, coverage] = [noisy.arrays.amplitude.values, noisy.arrays.coverage.values];
  for (let i = 0; i < cols * 20; ++i) [phase[i], coverage[i]] = [1000 * (i % 2), 0.05];
  expect(object_of(noisy, 'amplitude', null)!.limits[1]).toBeLessThan(2);
});
