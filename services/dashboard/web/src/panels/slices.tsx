// What DDIP separated: each slice, and how sure it is.
import { memo, useMemo } from 'react';
import { SeparationControl } from '../controls/separation';
import { percent } from '../data/format';
import { Heat } from '../parts/heat';
import { Empty, Panel } from '../parts/panel';
import type { Grid } from '../data/grid';
import type { Picture } from '../data/picture';
import { domain_of } from '../data/statistics';
import { useStream } from '../data/stream';
import { useStale } from './use_scan';

function layers_of(event: Picture<'slices'>, what: 'phase' | 'sigma'): Grid[] {
  const array = event.arrays[what];
  if (!array) return [];
  const [n, rows, cols] = array.shape;
  const known = event.head.pixel_m > 0;
  const d = known ? event.head.pixel_m * 1e6 : 1;
  const all = array.values as Float32Array;
  return Array.from({ length: n }, (_, i) => ({
    rows,
    cols,
    values: all.subarray(i * rows * cols, (i + 1) * rows * cols),
    x0: (-(cols - 1) / 2) * d,
    y0: (-(rows - 1) / 2) * d,
    dx: d,
    dy: d,
    unit: known ? 'µm' : 'pixel',
  }));
}

export const Slices = memo(function Slices() {
  const { pictures } = useStream();
  const event = pictures.slices;
  const stale = useStale(event, event?.head.done);
  const [phases, sigmas, sigma_domain] = useMemo(() => {
    const s = event ? layers_of(event, 'sigma') : [];
    // One scale for all, from 0: they are to be compared.
    const high = Math.max(0, ...s.map((g) => domain_of(g.values, 0.01)[1])) || 1;
    return [event ? layers_of(event, 'phase') : [], s, [0, high] as [number, number]];
  }, [event]);
  return (
    <div className="grid slices" style={{ '--slices': Math.max(1, phases.length), '--rows': sigmas.length > 0 ? 2 : 1 } as never}>
      {!event && (
        <Panel title="Separated slices" className="none">
          <Empty>
            Nothing was separated yet. Of an image of several slices (<code>--slices 2</code>) <code>ptero-ddip</code> takes the cross-talk out, where it runs and
            [dashboard] names its events.
          </Empty>
        </Panel>
      )}
      {phases.map((grid, i) => (
        <Panel key={`phase${i}`} title={`Slice ${i + 1}`} note={`epoch ${event!.head.epoch}${event!.head.done ? '' : ', still fitting'}`} stale={stale}>
          <Heat grid={grid} what={`slice ${i + 1}`} unit="rad" colorMap="Cividis" axes={false} bar={grid.unit === 'µm'} />
        </Panel>
      ))}
      {sigmas.map((grid, i) => (
        <Panel key={`sigma${i}`} title={`σ of slice ${i + 1}`} note={`over ${event!.head.runs} runs`} stale={stale}>
          <Heat grid={grid} what={`sigma of slice ${i + 1}`} unit="rad" colorMap="Inferno" domain={sigma_domain} axes={false} bar={grid.unit === 'µm'} />
        </Panel>
      ))}
      <div className="stack side">
        <SeparationControl />
        {event && <Mixing event={event} />}
      </div>
    </div>
  );
});

// How much of each slice was in each image.
function Mixing({ event }: { event: Picture<'slices'> }) {
  const n: number = event.head.slices;
  const m: number[] = event.head.mixing;
  const alarms: string[] = event.head.alarms;
  return (
    <Panel title="Cross-talk found" note={event.head.series_uid}>
      <table className="mixing">
        <thead>
          <tr>
            <td />
            {Array.from({ length: n }, (_, j) => (
              <th key={j} className="n">of slice {j + 1}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {Array.from({ length: n }, (_, i) => (
            <tr key={i}>
              <th scope="row">image {i + 1}</th>
              {Array.from({ length: n }, (_, j) => (
                <td key={j} className="n" style={{ '--share': m[i * n + j] } as never} data-key={`mixing.${i}.${j}`}>
                  {percent(m[i * n + j])}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {alarms.map((a) => (
        <p key={a} className="alarm-line">▲ {a}</p>
      ))}
    </Panel>
  );
}
