// What the detector sees, and whether it sees too much.
import { memo, useMemo } from 'react';
import { fixed, whole } from '../data/format';
import { Heat } from '../parts/heat';
import { Empty, Panel } from '../parts/panel';
import type { Grid } from '../data/grid';
import { useStream } from '../data/stream';
import { useStale } from './use_scan';

export const Pattern = memo(function Pattern(p: { part: 'newest' | 'mean'; axes?: boolean; className?: string }) {
  const { pictures } = useStream();
  const frame = pictures.frame;
  const stale = useStale(frame);
  const grid = useMemo(() => {
    const array = frame?.arrays[p.part];
    if (!frame || !array) return null;
    const [rows, cols] = array.shape;
    const most = p.part === 'newest' ? frame.head.max_counts : frame.head.mean_max_counts;
    // Back to log10 of the counts + 1, which the colour scale is in.
    const scale = Math.log1p(most) / 254 / Math.LN10;
    const values = Float32Array.from(array.values, (v) => (v === 255 ? NaN : v * scale));
    return { rows, cols, values, x0: 0, y0: 0, dx: frame.head.bin, dy: frame.head.bin, unit: 'pixel' } satisfies Grid;
  }, [frame, p.part]);
  const title = p.part === 'newest' ? 'Detector' : 'Mean pattern';
  return (
    <Panel
      title={title}
      note={frame && (p.part === 'newest' ? `frame ${frame.head.frame} · brightest ${whole(frame.head.max_counts)}` : `of ${whole(frame.head.averaged)} frames`)}
      stale={stale}
      from={frame}
      className={p.className}
      foot={
        frame &&
        (p.part === 'newest' ? (
          <Saturation now={frame.head.saturated_pixels} frames={frame.head.saturated_frames} />
        ) : (
          `Brightest mean: ${fixed(frame.head.mean_max_counts, 1)} counts.`
        ))
      }
    >
      {grid ? <Heat grid={grid} what={`${title}, log₁₀(1 + counts)`} colorMap="Inferno" unit="log₁₀(1+n)" axes={p.axes} /> : <Empty>No frame has come yet.</Empty>}
    </Panel>
  );
});

function Saturation({ now, frames }: { now: number; frames: number }) {
  if (now === 0 && frames === 0) return <span data-testid="saturation">No pixel is saturated.</span>;
  return (
    <strong className="alarm-line" role="alert" data-testid="saturation">
      ▲ {now > 0 ? `${whole(now)} saturated pixels now` : 'No saturated pixel now'}, {whole(frames)} {frames === 1 ? 'frame' : 'frames'} with some in this series
    </strong>
  );
}
