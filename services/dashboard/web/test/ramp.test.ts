import { describe, expect, test } from 'vitest';
import { remove_ramp } from '../src/data/ramp';
import { dice } from './maps';

const [rows, cols] = [120, 160];

// A disc of 1.2 rad that fills `share` of the lit pixels, in air at 0 with noise, under a ramp.
function scene(share: number, ramp: [number, number], wrap = false) {
  const roll = dice(3);
  const radius = Math.sqrt((share * rows * cols) / Math.PI);
  const values = new Float32Array(rows * cols);
  const air = new Uint8Array(rows * cols);
  const truth = new Float32Array(rows * cols);
  for (let i = 0; i < values.length; ++i) {
    const [x, y] = [i % cols, Math.floor(i / cols)];
    const inside = Math.hypot(x - 70, y - 55) < radius;
    truth[i] = (inside ? 1.2 + 0.2 * Math.sin(0.3 * x) : 0) + 0.02 * (roll() - 0.5);
    air[i] = inside ? 0 : 1;
    const v = truth[i] + ramp[0] * x + ramp[1] * y + 0.4;
    values[i] = wrap ? Math.atan2(Math.sin(v), Math.cos(v)) : v;
  }
  return { values, air, truth };
}

// The steepest fall over the air, from edge to edge.
function left_over(values: Float32Array, air: Uint8Array) {
  const mean = (from: number, to: number) => {
    let [n, sum] = [0, 0];
    for (let i = 0; i < values.length; ++i) if (air[i] && i % cols >= from && i % cols < to) { n += 1; sum += values[i]; }
    return sum / n;
  };
  return Math.abs(mean(0, 12) - mean(cols - 12, cols));
}

describe.each([0.2, 0.45, 0.7])('a sample over %f of the picture', (share) => {
  test.each([[0.01, -0.004, false], [0.06, 0.05, true], [0, 0, false]] as const)('under a ramp of %f, %f', (a, b, wrap) => {
    const { values, air } = scene(share, [a, b], wrap);
    expect(remove_ramp(values, cols, air)).toBe('air');
    expect(left_over(values, air)).toBeLessThan(0.02);
    let worst = 0;
    for (let i = 0; i < values.length; ++i) if (air[i]) worst = Math.max(worst, Math.abs(values[i]));
    expect(worst).toBeLessThan(0.05);
  });
});

test('where nobody knows where the air is, what most neighbours differ by is the ramp', () => {
  const { values, air } = scene(0.3, [0.012, -0.006]);
  expect(remove_ramp(values, cols, null)).toBe('all');
  expect(left_over(values, air)).toBeLessThan(0.05);
});

test('pixels that are not there stay so', () => {
  const { values, air } = scene(0.3, [0.01, 0]);
  values.fill(NaN, 0, 10 * cols);
  remove_ramp(values, cols, air);
  expect(values.slice(0, 10 * cols).every(Number.isNaN)).toBe(true);
});
