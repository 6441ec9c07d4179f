// How a picture is drawn: colours, scale and limits, as a person chose them for it.
import type { ColorMap } from '@h5web/lib';
import { useSyncExternalStore } from 'react';
import { domain_of } from './statistics';

export interface Look {
  colours: ColorMap | ''; // '': the picture's own
  log: boolean;
  limits: 'fitting' | 'percentile' | 'all' | 'hand';
  percent: number; // left out at each end
  low: number;
  high: number;
}
export const usual: Look = { colours: '', log: false, limits: 'fitting', percent: 1, low: 0, high: 1 };
export const colour_maps: ColorMap[] = ['Viridis', 'Cividis', 'Inferno', 'Greys', 'Magma', 'Plasma', 'Turbo', 'RdBu'];

// `fitting`: what the picture takes by itself.
export function limits_of(look: Look, values: ArrayLike<number>, fitting: [number, number]): [number, number] {
  if (look.limits === 'hand' && look.high > look.low) return [look.low, look.high];
  if (look.limits === 'percentile') return domain_of(values, look.percent / 100);
  if (look.limits === 'all') return domain_of(values, 0);
  return fitting;
}

// Where a value lies on the scale, 0 to 1. With values on both sides of 0, or 0 itself, log is linear about 0.
export function place_on_scale(value: number, [low, high]: [number, number], log: boolean): number {
  const bend = !log ? (v: number) => v : low > 0 ? Math.log : (v: number) => Math.sign(v) * Math.log1p(Math.abs(v));
  return (bend(value) - bend(low)) / (bend(high) - bend(low));
}

const listeners = new Set<() => void>();
const looks = new Map<string, Look>();
const stored = (key: string): Look => {
  try {
    return { ...usual, ...(JSON.parse(window.localStorage.getItem(`ptero.look.${key}`) ?? '{}') as Partial<Look>) };
  } catch {
    return usual;
  }
};
const look_of = (key: string): Look => {
  let look = looks.get(key);
  if (!look) looks.set(key, (look = stored(key)));
  return look;
};

// Kept in this browser, for every picture of that name.
export function useLook(key: string): [Look, (change: Partial<Look>) => void] {
  const look = useSyncExternalStore(
    (f) => {
      listeners.add(f);
      return () => listeners.delete(f);
    },
    () => look_of(key),
  );
  const set = (change: Partial<Look>) => {
    looks.set(key, { ...look_of(key), ...change });
    try {
      window.localStorage.setItem(`ptero.look.${key}`, JSON.stringify(looks.get(key)));
    } catch {
      // A browser that keeps nothing keeps it until the page is closed.
    }
    listeners.forEach((f) => f());
  };
  return [look, set];
}
