// The ramp of a phase: a shift of the patterns, that says nothing of the object.

const wrapped = (a: number) => a - 2 * Math.PI * Math.round(a / (2 * Math.PI));

function median(values: number[]): number {
  if (values.length === 0) return 0;
  values.sort((a, b) => a - b);
  return values[values.length >> 1];
}

// Steps from a pixel to its neighbour, where both are in `within`; not more than some ten thousand of them.
function slope(values: Float32Array, cols: number, by: number, within: (i: number) => boolean): number {
  const steps: number[] = [];
  const every = Math.max(1, Math.floor(values.length / 40_000));
  for (let i = 0; i + by < values.length; i += every) {
    if (by === 1 && (i + 1) % cols === 0) continue;
    if (Number.isNaN(values[i]) || Number.isNaN(values[i + by]) || !within(i) || !within(i + by)) continue;
    steps.push(wrapped(values[i + by] - values[i]));
  }
  return median(steps);
}

// Least squares of a + b x + c y over the pixels in `within`; null where they do not determine it.
function plane(values: Float32Array, cols: number, within: (i: number) => boolean): [number, number, number] | null {
  const rows = values.length / cols;
  let [n, sx, sy, xx, xy, yy, s, tx, ty] = [0, 0, 0, 0, 0, 0, 0, 0, 0];
  for (let i = 0; i < values.length; ++i) {
    const v = values[i];
    if (Number.isNaN(v) || !within(i)) continue;
    const x = (i % cols) / cols - 0.5;
    const y = Math.floor(i / cols) / rows - 0.5;
    n += 1; sx += x; sy += y; xx += x * x; xy += x * y; yy += y * y;
    s += v; tx += v * x; ty += v * y;
  }
  const det = n * (xx * yy - xy * xy) - sx * (sx * yy - xy * sy) + sy * (sx * xy - xx * sy);
  // In one corner, or along one line, a slope is anything.
  if (n < 64 || !(det > 1e-7 * n ** 3)) return null;
  return [
    (s * (xx * yy - xy * xy) - sx * (tx * yy - xy * ty) + sy * (tx * xy - xx * ty)) / det,
    (n * (tx * yy - ty * xy) - s * (sx * yy - xy * sy) + sy * (sx * ty - tx * sy)) / det,
    (n * (xx * ty - xy * tx) - sx * (sx * ty - tx * sy) + s * (sx * xy - xx * sy)) / det,
  ];
}

// Takes the ramp out, in place. `air`: pixels where there is no sample, as far as anybody knows; they alone are fitted
// where they are enough. Otherwise a ramp is what most neighbours differ by: of a sample only its edges differ by more.
// Returns what was fitted.
export function remove_ramp(values: Float32Array, cols: number, air: Uint8Array | null): 'air' | 'all' {
  const rows = values.length / cols;
  let known = 0;
  let lit = 0;
  for (let i = 0; i < values.length; ++i)
    if (!Number.isNaN(values[i])) {
      lit += 1;
      known += air?.[i] ?? 0;
    }
  const enough = air !== null && known > Math.max(64, 0.02 * lit);
  const in_air = (i: number) => air![i] === 1;
  const anywhere = () => true;
  const within = enough ? in_air : anywhere;
  const [right, down] = [slope(values, cols, 1, within), slope(values, cols, cols, within)];
  // The level that most have.
  const bins = new Float64Array(64);
  const bin = (v: number) => Math.min(63, Math.floor((wrapped(v) / (2 * Math.PI) + 0.5) * 64));
  for (let i = 0; i < values.length; ++i) {
    if (Number.isNaN(values[i])) continue;
    values[i] -= right * (i % cols) + down * Math.floor(i / cols);
    if (!within(i)) continue;
    bins[bin(values[i])] += 1;
  }
  const level = ((bins.indexOf(Math.max(...bins)) + 0.5) / 64 - 0.5) * 2 * Math.PI;
  for (let i = 0; i < values.length; ++i) values[i] = wrapped(values[i] - level);
  let used: 'air' | 'all' = enough ? 'air' : 'all';
  // What the medians left; of all pixels the sample would pull the plane to itself, so the far ones stay out.
  for (let pass = 0; pass < 3; ++pass) {
    const size: number[] = [];
    const every = Math.max(1, Math.floor(values.length / 20_000));
    for (let i = 0; i < values.length; i += every) if (!Number.isNaN(values[i]) && within(i)) size.push(Math.abs(values[i]));
    const near = 2.5 * 1.4826 * median(size) + 1e-6;
    const fit = plane(values, cols, (i) => within(i) && Math.abs(values[i]) < near);
    if (!fit) {
      if (pass === 0 && enough) used = 'all';
      break;
    }
    for (let i = 0; i < values.length; ++i) values[i] -= fit[0] + fit[1] * ((i % cols) / cols - 0.5) + fit[2] * (Math.floor(i / cols) / rows - 0.5);
  }
  return used;
}
