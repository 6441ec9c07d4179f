// Lines over a picture: in the picture's units, as wide on the screen at any zoom.
import { DataToHtml, SvgElement, useVisCanvasContext } from '@h5web/lib';
import { Vector3 } from 'three';
import type { Grid } from '../data/grid';

export interface Mark {
  path: string; // SVG, in the picture's units
  kind: string; // class in style sheets, and what tests look for
  shadow?: boolean;
}

export function Marks({ marks }: { marks: Mark[] }) {
  return (
    <DataToHtml points={[new Vector3(0, 0), new Vector3(1, 1)]}>
      {(o, u) => (
        <SvgElement>
          <g transform={`translate(${o.x} ${o.y}) scale(${u.x - o.x} ${u.y - o.y})`}>
            {marks.map((m) => (
              <g key={m.kind}>
                {m.shadow && <path d={m.path} className="mark shadow" vectorEffect="non-scaling-stroke" />}
                <path d={m.path} className={`mark ${m.kind}`} data-testid={m.kind.split(' ')[0]} vectorEffect="non-scaling-stroke" />
              </g>
            ))}
          </g>
        </SvgElement>
      )}
    </DataToHtml>
  );
}

function nice(length: number) {
  const power = 10 ** Math.floor(Math.log10(length));
  const first = length / power;
  return (first >= 5 ? 5 : first >= 2 ? 2 : 1) * power;
}

// A bar of a round length near a quarter of the picture's width, in the corner.
export function ScaleBar({ grid }: { grid: Omit<Grid, 'values'> }) {
  const { canvasSize } = useVisCanvasContext();
  return (
    <DataToHtml points={[new Vector3(grid.x0, grid.y0), new Vector3(grid.x0 + grid.dx * grid.cols, grid.y0)]}>
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
              <rect x={8} y={y - 18} width={px + 12} height={24} rx={3} className="backing" />
              <rect x={14} y={y - 2} width={px} height={3} />
              <text x={14 + px / 2} y={y - 6} textAnchor="middle">
                {text}
              </text>
            </g>
          </SvgElement>
        );
      }}
    </DataToHtml>
  );
}
