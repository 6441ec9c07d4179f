// Numbers of a picture: what lies far out, scales, ramps.
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
