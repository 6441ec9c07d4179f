// What a person may change about a picture, and take from it.
import type { ColorMap } from '@h5web/lib';
import { useId } from 'react';
import type { Grid } from '../data/grid';
import { colour_maps, usual, type Look } from '../data/look';
import { save_png, save_tiff, type Drawn } from '../data/save';

interface ToolsProps {
  what: string;
  look: Look;
  set: (change: Partial<Look>) => void;
  limits: [number, number]; // as drawn now
  profile: boolean;
  setProfile: (on: boolean) => void;
  width: number;
  setWidth: (width: number) => void;
  grid: Grid;
  drawn: () => Drawn;
}

export function Tools(p: ToolsProps) {
  const id = useId();
  const { look, set } = p;
  const hand = (key: 'low' | 'high') => (
    <label>
      {key}{' '}
      <input
        type="number"
        step="any"
        value={look.limits === 'hand' ? look[key] : Number(p.limits[key === 'low' ? 0 : 1].toPrecision(4))}
        onChange={(e) => set({ low: p.limits[0], high: p.limits[1], limits: 'hand', [key]: Number(e.target.value) })}
      />
    </label>
  );
  return (
    <details className="tools" onKeyDown={(e) => e.key === 'Escape' && e.currentTarget.removeAttribute('open')}>
      <summary aria-label={`Adjust ${p.what}`} title="colours, limits, profile, download">
        <i aria-hidden>◐</i>
      </summary>
      <div role="group" aria-label={`How ${p.what} is drawn`}>
        <label htmlFor={`${id}c`}>Colours</label>
        <select id={`${id}c`} value={look.colours} onChange={(e) => set({ colours: e.target.value as ColorMap | '' })}>
          <option value="">usual</option>
          {colour_maps.map((c) => (
            <option key={c}>{c}</option>
          ))}
        </select>
        <label htmlFor={`${id}s`}>Scale</label>
        <select id={`${id}s`} value={String(look.log)} onChange={(e) => set({ log: e.target.value === 'true' })}>
          <option value="false">linear</option>
          <option value="true">logarithmic</option>
        </select>
        <label htmlFor={`${id}l`}>Limits</label>
        <select id={`${id}l`} value={look.limits} onChange={(e) => set({ limits: e.target.value as Look['limits'], ...(e.target.value === 'hand' ? { low: p.limits[0], high: p.limits[1] } : {}) })}>
          <option value="fitting">fitting</option>
          <option value="percentile">percentile</option>
          <option value="all">lowest to highest</option>
          <option value="hand">by hand</option>
        </select>
        {look.limits === 'percentile' && (
          <label className="across">
            left out at each end{' '}
            <input type="number" min={0} max={49} step="any" value={look.percent} onChange={(e) => set({ percent: Math.min(49, Math.max(0, Number(e.target.value))) })} /> %
          </label>
        )}
        <div className="across pair">
          {hand('low')}
          {hand('high')}
        </div>
        <label className="across">
          <input type="checkbox" checked={p.profile} onChange={(e) => p.setProfile(e.target.checked)} /> line profile: drag over the picture
        </label>
        {p.profile && (
          <label className="across">
            mean over a width of{' '}
            <input type="number" min={0} step="any" value={p.width} onChange={(e) => p.setWidth(Math.max(0, Number(e.target.value)))} /> {p.grid.unit}
          </label>
        )}
        <div className="across buttons">
          <button type="button" onClick={() => save_png(p.drawn())}>
            PNG
          </button>
          <button type="button" onClick={() => save_tiff(p.drawn())}>
            TIFF
          </button>
          <button type="button" onClick={() => set(usual)}>
            As it was
          </button>
        </div>
      </div>
    </details>
  );
}
