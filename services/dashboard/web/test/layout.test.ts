import { describe, expect, test } from 'vitest';
import { frames_of, grid_of, layout_of, mask_of, sites_of } from '../src/data/layout';
import { outline_of, outline_of_sites } from '../src/data/outline';
import { cases, dice, map_of, plan, raster, type Path } from './maps';

// The middle of the cells in which a frame is drawn.
function drawn_at(frames: Int32Array, cols: number, id: number, at: { x0: number; y0: number; dx: number; dy: number }) {
  let [n, x, y] = [0, 0, 0];
  frames.forEach((f, cell) => {
    if (f !== id) return;
    n += 1;
    x += at.x0 + (cell % cols) * at.dx;
    y += at.y0 + Math.floor(cell / cols) * at.dy;
  });
  return n > 0 ? [x / n, y / n] : null;
}

function numbers(path: string): [number, number][] {
  // M x y, then H x or V y
  return [...path.matchAll(/M([-\d.e]+) ([-\d.e]+)([HV])([-\d.e]+)/g)].flatMap(([, x, y, way, to]) => [
    [Number(x), Number(y)],
    way === 'H' ? [Number(to), Number(y)] : [Number(x), Number(to)],
  ]);
}

describe.each(cases)('$name', ({ path, plan, step, regular }) => {
  const map = map_of(path, plan);
  const layout = layout_of(map);
  const frames = frames_of(layout);

  test('everywhere near a frame the nearest one is drawn, to a tenth of a step', () => {
    const roll = dice(5);
    path.forEach(([fx, fy]) => {
      for (let k = 0; k < 12; ++k) {
        const [r, angle] = [0.4 * step * Math.sqrt(roll()), 2 * Math.PI * roll()];
        const [x, y] = [fx + r * Math.cos(angle), fy + r * Math.sin(angle)];
        const id = frames[Math.round((y - layout.y0) / layout.dy) * layout.cols + Math.round((x - layout.x0) / layout.dx)];
        expect(id).toBeGreaterThanOrEqual(0);
        // How far beyond the line between its frame and another's this point lies.
        const square = (i: number) => (path[i][0] - x) ** 2 + (path[i][1] - y) ** 2;
        const beyond = path.map((_, j) => (j === id ? 0 : (square(id) - square(j)) / 2 / Math.hypot(path[j][0] - path[id][0], path[j][1] - path[id][1])));
        expect(Math.max(...beyond)).toBeLessThanOrEqual(0.1 * step);
      }
    });
  });

  test('where a frame has neighbours all around it is drawn in their midst', () => {
    // Only of regular scans is a frame the middle of its cell.
    if (!regular || !plan) return;
    for (let id = 0; id < path.length; ++id) {
      const row = Math.floor(id / plan.cols);
      const col = id % plan.cols;
      if (row === 0 || col === 0 || row === plan.rows - 1 || col === plan.cols - 1) continue;
      const [x, y] = drawn_at(frames, layout.cols, id, layout)!;
      expect(Math.hypot(x - path[id][0], y - path[id][1])).toBeLessThan(0.1 * step);
    }
  });

  test('the outline of a frame lies around it, and around no other', () => {
    const id = Math.floor(path.length / 2) + 3;
    const labels = new Uint8Array(path.length).fill(1);
    labels[id] = 2;
    const points = numbers(outline_of(mask_of(layout, labels)));
    const [x, y] = path[id];
    const [left, right] = [Math.min(...points.map((p) => p[0])), Math.max(...points.map((p) => p[0]))];
    const [top, bottom] = [Math.min(...points.map((p) => p[1])), Math.max(...points.map((p) => p[1]))];
    expect(left).toBeLessThan(x - 0.3 * step);
    expect(right).toBeGreaterThan(x + 0.3 * step);
    expect(top).toBeLessThan(y - 0.3 * step);
    expect(bottom).toBeGreaterThan(y + 0.3 * step);
    expect(numbers(outline_of_sites(layout, sites_of(layout, [[id, id]]))).length).toBeGreaterThan(0);
  });

  test('a column is drawn as it is', () => {
    const grid = grid_of(layout, map.arrays.total.values);
    const wrong = frames.filter((id, cell) => (id < 0 ? !Number.isNaN(grid.values[cell]) : grid.values[cell] !== id));
    expect(wrong.length).toBe(0);
  });
});

describe('while frames come', () => {
  const of = (path: Path, p: typeof plan | null, n: number) => layout_of(map_of(path, p, Array.from({ length: n }, (_, i) => i)));
  const frame = (l: { x0: number; y0: number; dx: number; dy: number; rows: number; cols: number }) => [l.x0 - l.dx / 2, l.y0 - l.dy / 2, l.x0 + l.dx * (l.cols - 0.5), l.y0 + l.dy * (l.rows - 0.5)];

  test('the picture of a planned scan has its frame from the first frame on', () => {
    for (const jitter of [0, 0.03, 0.06]) {
      const path = raster(plan, 0, [0, 0], jitter);
      const last = frame(of(path, plan, path.length));
      for (const n of [1, 2, 5, 20, 100]) frame(of(path, plan, n)).forEach((v, k) => expect(Math.abs(v - last[k])).toBeLessThan(0.12));
    }
  });
  test('a turned one has it from the tenth on', () => {
    const path = raster(plan, 126);
    const last = frame(of(path, plan, path.length));
    for (const n of [10, 30, 100]) frame(of(path, plan, n)).forEach((v, k) => expect(Math.abs(v - last[k])).toBeLessThan(0.01));
  });
  test('one that nobody planned seldom moves', () => {
    const path = raster(plan);
    const seen = new Set(Array.from({ length: path.length - 10 }, (_, n) => frame(of(path, null, n + 10)).map((v) => v.toFixed(3)).join()));
    expect(seen.size).toBeLessThan(25);
  });
});

test('frames without positions have the places of their plan, or none', () => {
  const nowhere: Path = Array.from({ length: 40 }, () => [NaN, NaN]);
  const layout = layout_of(map_of(nowhere, plan));
  expect(frames_of(layout).filter((f) => f >= 0).length).toBe(40);
  expect([layout.rows, layout.cols]).toEqual([plan.rows, plan.cols]);
  const numbered = layout_of(map_of(nowhere, { ...plan, step_x_m: 0, step_y_m: 0 }));
  expect([numbered.unit, frames_of(numbered)[3]]).toEqual(['frame', 3]);
  expect(frames_of(layout_of(map_of(nowhere, null))).every((f) => f < 0)).toBe(true);
});

test('frames that are to come are found by their ranges', () => {
  const layout = layout_of(map_of(raster(plan), plan, [0, 1, 2]));
  expect(sites_of(layout, [[1, 2], [100, 119]]).size).toBe(22);
});
