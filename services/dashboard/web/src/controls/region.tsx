// Border, fill-in and segments; what is in force stands beside what is wished.
import { useState, type ReactNode } from 'react';
import { useAsk, useWhyNot } from '../data/ask';
import { useStream } from '../data/stream';
import { Card } from './card';
import { Stepper } from './stepper';

interface Wish {
  border?: number;
  fill_in?: boolean;
  segments?: number;
}

export function RegionControl({ className }: { className?: string }) {
  const { state } = useStream();
  const [wish, set] = useState<Wish>({});
  const { said, busy, send } = useAsk('region');
  const cannot = useWhyNot('classifier');
  const map = state?.map;
  const next = state?.roi?.next_segments;
  const now = { border: map?.border ?? 0, fill_in: map?.fill_in ?? false, segments: next ?? map?.segments ?? 1 };
  const asked = state?.wanted;
  const shown = { border: asked?.border ?? now.border, fill_in: asked?.fill_in ?? now.fill_in, segments: asked?.segments ?? now.segments, ...wish };
  const pending = shown.border !== now.border || shown.fill_in !== now.fill_in || shown.segments !== now.segments;
  const waiting = next !== null && next !== undefined && next !== map?.segments;
  const change = (w: Wish) => set({ ...wish, ...w });
  const apply = async (form: FormData) => {
    // What stands in the form, not what was last drawn: enter may be faster than the page.
    const all: Wish = { border: Math.round(Number(form.get('border'))), fill_in: form.get('fill_in') !== null };
    const segments = Math.round(Number(form.get('segments')));
    if (segments !== now.segments) all.segments = segments;
    if ((await send(all)).ok) set({});
  };
  return (
    <Card
      title="Region"
      name="region"
      note={map ? `${map.mode}${map.no_contrast ? ', no contrast' : ''}` : ''}
      why_not={cannot ?? (map ? null : 'There is no region before the first frames.')}
      said={said}
      busy={busy}
      hint="In force within 17 frames; segments from the next series on."
      className={className}
    >
      <form
        className="controls"
        onSubmit={(e) => {
          e.preventDefault();
          void apply(new FormData(e.currentTarget));
        }}
      >
        <div className="row">
          <label htmlFor="border">
            Border, steps <Now k="map.border">{now.border}</Now>
          </label>
          <Stepper name="border" min={-1000} max={1000} value={shown.border} onChange={(border) => change({ border })} />
        </div>
        <div className="row">
          <label htmlFor="segments">
            Segments <Now k="map.segments">{map?.segments ?? '–'}</Now>
            {waiting && (
              <>
                , then <b data-key="roi.next_segments">{next}</b>
              </>
            )}
          </label>
          <Stepper name="segments" min={1} max={256} value={shown.segments} onChange={(segments) => change({ segments })} />
        </div>
        <div className="row">
          <label htmlFor="fill_in">
            Fill in what it encloses <Now k="map.fill_in">{now.fill_in ? 'on' : 'off'}</Now>
          </label>
          <input id="fill_in" name="fill_in" type="checkbox" checked={shown.fill_in} onChange={(e) => change({ fill_in: e.target.checked })} />
        </div>
        <div className="row last">
          <span className="in-force">{pending ? 'not in force yet' : 'nothing to apply'}</span>
          <button type="submit" className={pending ? 'primary' : ''}>
            Apply
          </button>
        </div>
      </form>
    </Card>
  );
}

// What is in force.
function Now({ k, children }: { k: string; children: ReactNode }) {
  return (
    <span className="in-force">
      · now <b data-key={k}>{children}</b>
    </span>
  );
}
