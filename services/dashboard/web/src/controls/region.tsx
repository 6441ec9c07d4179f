// Border, fill-in and segments; what is in force stands beside what is wished.
import { useState } from 'react';
import { useAsk, useWhyNot } from '../control';
import { useStream } from '../stream';
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
          <label htmlFor="border">Border, scan steps</label>
          <Stepper name="border" min={-1000} max={1000} value={shown.border} onChange={(border) => change({ border })} />
        </div>
        <div className="row">
          <label htmlFor="segments">Segments of the pattern</label>
          <Stepper name="segments" min={1} max={256} value={shown.segments} onChange={(segments) => change({ segments })} />
        </div>
        <div className="row">
          <label htmlFor="fill_in">Fill in what it encloses</label>
          <input id="fill_in" name="fill_in" type="checkbox" checked={shown.fill_in} onChange={(e) => change({ fill_in: e.target.checked })} />
        </div>
        <div className="row">
          <span className="in-force">
            in force: border <b data-key="map.border">{now.border}</b>, fill-in <b data-key="map.fill_in">{now.fill_in ? 'on' : 'off'}</b>,{' '}
            <b data-key="map.segments">{map?.segments ?? '–'}</b> segments
            {next !== null && next !== undefined && next !== map?.segments && (
              <>
                , next series <b data-key="roi.next_segments">{next}</b>
              </>
            )}
          </span>
          <button type="submit" className={pending ? 'primary' : ''}>
            Apply
          </button>
        </div>
      </form>
    </Card>
  );
}
