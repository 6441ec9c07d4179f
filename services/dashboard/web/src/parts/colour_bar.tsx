// A narrow scale beside a picture, with few round numbers on it.
import { getLinearGradient, INTERPOLATORS, type ColorMap } from '@h5web/lib';
import { useMemo } from 'react';
import { place_on_scale } from '../data/look';

// Round numbers from low to high, about n of them.
export function ticks_of(low: number, high: number, n = 7): number[] {
  const raw = (high - low) / n;
  if (!(raw > 0) || !Number.isFinite(raw)) return [];
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((f) => f * power).find((s) => s >= raw) ?? raw;
  const first = Math.ceil(low / step - 1e-9);
  return Array.from({ length: Math.floor(high / step + 1e-9) - first + 1 }, (_, i) => (first + i) * step);
}

// As short as the distance between two numbers allows.
export function tick_text(value: number, step: number): string {
  const most = Math.max(Math.abs(value), step);
  if (most < 1e-3) return value === 0 ? '0' : value.toExponential(0);
  const [scale, letter] = most >= 1e9 ? [1e9, 'G'] : most >= 1e6 ? [1e6, 'M'] : most >= 1e4 ? [1e3, 'k'] : [1, ''];
  const digits = Math.max(0, -Math.floor(Math.log10(step / scale) + 1e-9));
  return (value / scale).toFixed(digits).replace('-', '−') + letter;
}

export function ColourBar(p: { domain: [number, number]; log?: boolean; colorMap: ColorMap; invert?: boolean; unit?: string }) {
  const [low, high] = p.domain;
  const back = p.invert ?? false;
  const gradient = useMemo(() => {
    const colour = INTERPOLATORS[p.colorMap];
    return getLinearGradient(back ? (t) => colour(1 - t) : colour, 'top');
  }, [p.colorMap, back]);
  const all = ticks_of(low, high);
  const bottom = (t: number) => 100 * place_on_scale(t, p.domain, p.log ?? false);
  // On a logarithmic scale round numbers crowd at one end.
  const ticks = p.log ? all.filter((t, i) => i === 0 || i === all.length - 1 || Math.abs(bottom(t) - bottom(all[i - 1])) > 7) : all;
  const step = all.length > 1 ? all[1] - all[0] : high - low;
  return (
    <div className="colour-bar" aria-hidden>
      <span className="unit">{p.unit}</span>
      <div className="ramp" style={{ background: gradient }}>
        {ticks.map((t) => (
          <span key={t} style={{ bottom: `${bottom(t)}%` }}>
            {tick_text(t, step)}
          </span>
        ))}
      </div>
    </div>
  );
}
