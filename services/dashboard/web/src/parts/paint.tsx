// Pictures in colours of one's own, one pixel a cell.
import { memo, useEffect, useRef, type CSSProperties } from 'react';

export type Colour = [number, number, number];

// A cyclic scale that those who confuse red and green can read: blue, white, orange, dark.
const wheel: Colour[] = [
  [66, 125, 214],
  [232, 236, 240],
  [233, 150, 54],
  [58, 44, 62],
];
export function wheel_colour(angle: number): Colour {
  const t = ((angle / (2 * Math.PI)) % 1) + (angle < 0 ? 1 : 0);
  const at = (t * wheel.length) % wheel.length;
  const i = Math.floor(at) % wheel.length;
  const f = at - Math.floor(at);
  const a = wheel[i];
  const b = wheel[(i + 1) % wheel.length];
  return [0, 1, 2].map((k) => a[k] + (b[k] - a[k]) * f) as Colour;
}

export const Paint = memo(function Paint(p: { rows: number; cols: number; what: string; ratio?: number; colour: (i: number) => Colour | null }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (!context) return;
    const image = context.createImageData(p.cols, p.rows);
    for (let i = 0; i < p.rows * p.cols; ++i) {
      const c = p.colour(i);
      if (c) image.data.set([c[0], c[1], c[2], 255], 4 * i);
    }
    context.putImageData(image, 0, 0);
  }, [p]);
  return (
    <div className="paint">
      <canvas
        ref={canvas}
        width={p.cols}
        height={p.rows}
        role="img"
        aria-label={p.what}
        style={{ '--ratio': p.ratio ?? p.cols / p.rows } as CSSProperties}
      />
    </div>
  );
});
