import {
  ColorBar,
  DataToHtml,
  DefaultInteractions,
  HeatmapMesh,
  ResetZoomButton,
  ScaleType,
  SvgElement,
  TooltipMesh,
  useVisCanvasContext,
  VisCanvas,
  type ColorMap,
} from '@h5web/lib';
import '@h5web/lib/dist/styles.css';
import ndarray from 'ndarray';
import { memo, useEffect, useMemo, useRef, type CSSProperties } from 'react';
import { Vector3 } from 'three';
import { domain_of, type Grid } from './scan';

interface HeatProps {
  grid: Grid;
  what: string; // for who cannot see it
  colorMap?: ColorMap;
  invert?: boolean;
  domain?: [number, number];
  outline?: string;
  bar?: boolean;
  axes?: boolean;
}

function nice(length: number) {
  const power = 10 ** Math.floor(Math.log10(length));
  const first = length / power;
  return (first >= 5 ? 5 : first >= 2 ? 2 : 1) * power;
}

// A bar of a round length near a quarter of the picture's width, in the corner.
function ScaleBar({ grid }: { grid: Grid }) {
  const { canvasSize } = useVisCanvasContext();
  const origin = new Vector3(grid.x0, grid.y0);
  const right = new Vector3(grid.x0 + grid.dx * grid.cols, grid.y0);
  return (
    <DataToHtml points={[origin, right]}>
      {(a, b) => {
        const per_unit = Math.abs(b.x - a.x) / (grid.dx * grid.cols);
        const length = nice(canvasSize.width / 4 / per_unit);
        const px = length * per_unit;
        if (!Number.isFinite(px) || px <= 0) return <></>;
        const y = canvasSize.height - 12;
        const text = length >= 1 ? `${length} ${grid.unit}` : `${Math.round(length * 1000)} nm`;
        return (
          <SvgElement>
            <g className="scalebar">
              <rect x={10} y={y - 20} width={px + 12} height={26} rx={3} className="backing" />
              <rect x={16} y={y - 3} width={px} height={4} />
              <text x={16 + px / 2} y={y - 7} textAnchor="middle">
                {text}
              </text>
            </g>
          </SvgElement>
        );
      }}
    </DataToHtml>
  );
}

function Outline({ grid, path }: { grid: Grid; path: string }) {
  const a = new Vector3(grid.x0 - grid.dx / 2, grid.y0 - grid.dy / 2);
  const b = new Vector3(grid.x0 + grid.dx * (grid.cols - 0.5), grid.y0 + grid.dy * (grid.rows - 0.5));
  return (
    <DataToHtml points={[a, b]}>
      {(p, q) => (
        <SvgElement>
          <g transform={`translate(${p.x} ${p.y}) scale(${(q.x - p.x) / grid.cols} ${(q.y - p.y) / grid.rows})`}>
            <path d={path} className="roi-shadow" vectorEffect="non-scaling-stroke" />
            <path d={path} className="roi" data-testid="roi-outline" vectorEffect="non-scaling-stroke" />
          </g>
        </SvgElement>
      )}
    </DataToHtml>
  );
}

export const Heat = memo(function Heat(p: HeatProps) {
  const { grid } = p;
  const data = useMemo(() => ndarray(grid.values, [grid.rows, grid.cols]), [grid]);
  const domain = useMemo(() => p.domain ?? domain_of(grid.values), [grid, p.domain]);
  const { x0, y0, dx, dy, rows, cols, unit } = grid;
  const colorMap = p.colorMap ?? 'Viridis';
  const axis = (from: number, step: number, n: number, name: string) => ({
    visDomain: [from - step / 2, from + step * (n - 0.5)] as [number, number],
    label: p.axes === false ? undefined : `${name} (${unit})`,
  });
  return (
    <div className="heat" role="img" aria-label={p.what}>
      <VisCanvas
        key={`${rows}x${cols}`}
        aspect="equal"
        abscissaConfig={axis(x0, dx, cols, 'x')}
        ordinateConfig={{ ...axis(y0, dy, rows, 'y'), flip: true }}
      >
        <DefaultInteractions />
        <ResetZoomButton />
        <TooltipMesh
          guides="both"
          renderTooltip={(x, y) => {
            const c = Math.round((x - x0) / dx);
            const r = Math.round((y - y0) / dy);
            if (c < 0 || r < 0 || c >= cols || r >= rows) return undefined;
            const v = grid.values[r * cols + c];
            return (
              <>
                x {x.toFixed(2)}, y {y.toFixed(2)} {unit}: <b>{Number.isNaN(v) ? 'nothing' : Number(v.toPrecision(4))}</b>
              </>
            );
          }}
        />
        {/* Where there is nothing, nothing is drawn. */}
        <HeatmapMesh
          values={data}
          domain={domain}
          colorMap={colorMap}
          invertColorMap={p.invert}
          scaleType={ScaleType.Linear}
          scale={[1, -1, 1]}
          badColor="#0b0f16"
        />
        {p.outline && <Outline grid={grid} path={p.outline} />}
        {p.bar && <ScaleBar grid={grid} />}
      </VisCanvas>
      <ColorBar domain={domain} scaleType={ScaleType.Linear} colorMap={colorMap} invertColorMap={p.invert ?? false} withBounds />
    </div>
  );
});

// A cyclic scale that those who confuse red and green can read: blue, white, orange, dark.
const wheel = [
  [66, 125, 214],
  [232, 236, 240],
  [233, 150, 54],
  [58, 44, 62],
];
export function wheel_colour(angle: number): [number, number, number] {
  const t = ((angle / (2 * Math.PI)) % 1) + (angle < 0 ? 1 : 0);
  const at = (t * wheel.length) % wheel.length;
  const i = Math.floor(at) % wheel.length;
  const f = at - Math.floor(at);
  const a = wheel[i];
  const b = wheel[(i + 1) % wheel.length];
  return [0, 1, 2].map((k) => a[k] + (b[k] - a[k]) * f) as [number, number, number];
}

// Colours of one's own, one pixel a cell.
export const Paint = memo(function Paint(p: {
  rows: number;
  cols: number;
  what: string;
  ratio?: number;
  colour: (i: number) => [number, number, number] | null;
}) {
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
