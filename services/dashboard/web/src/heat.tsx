// A picture in a colour map, with axes that keep its proportions, and lines over it.
import { DefaultInteractions, HeatmapMesh, ResetZoomButton, ScaleType, TooltipMesh, useCanvasEvent, VisCanvas, type ColorMap } from '@h5web/lib';
import '@h5web/lib/dist/styles.css';
import ndarray from 'ndarray';
import { memo, useMemo, useRef, type CSSProperties, type ReactNode } from 'react';
import { ColourBar } from './colour_bar';
import { Marks, ScaleBar, type Mark } from './marks';
import { domain_of, type Grid } from './scan';

export interface HeatProps {
  grid: Grid;
  what: string; // for who cannot see it
  colorMap?: ColorMap;
  invert?: boolean;
  domain?: [number, number];
  unit?: string; // of the values
  marks?: Mark[];
  bar?: boolean;
  axes?: boolean; // named, not only numbered
  scale?: boolean; // false: no colour bar
  frames?: Int32Array; // in each cell, -1: none; said under the pointer
  onPick?: (cell: number) => void;
}

// The cell that somebody clicked; a drag is none.
function Picking({ at }: { at: (x: number, y: number) => void }) {
  const down = useRef<[number, number] | null>(null);
  useCanvasEvent('pointerdown', (e) => (down.current = [e.htmlPt.x, e.htmlPt.y]));
  useCanvasEvent('pointerup', (e) => {
    const from = down.current;
    down.current = null;
    if (from && Math.hypot(e.htmlPt.x - from[0], e.htmlPt.y - from[1]) < 4) at(e.dataPt.x, e.dataPt.y);
  });
  return null;
}

// A picture that grows keeps its frame while it nearly fits: h5web follows another size after a fifth of a second, and
// until then its axes are off.
function useKept(ratio: number) {
  const kept = useRef(ratio);
  if (Math.abs(Math.log(ratio / kept.current)) > 0.1) kept.current = ratio;
  return kept.current;
}

// Axes around what is drawn in them: `grid` says where it lies. Used by pictures and by scatter alike.
export function Field(p: { place: Omit<Grid, 'values'>; what: string; axes?: boolean; children: ReactNode; beside?: ReactNode; className?: string }) {
  const { x0, y0, dx, dy, rows, cols, unit } = p.place;
  const ratio = useKept(Math.min(8, Math.max(0.125, (cols * dx) / (rows * dy))));
  const named = p.axes !== false;
  const axis = (from: number, step: number, n: number) => ({ visDomain: [from - step / 2, from + step * (n - 0.5)] as [number, number] });
  return (
    <div className={`field ${p.className ?? ''}`}>
      <div
        className={`heat ${named ? 'named' : ''} ${p.beside ? 'with-bar' : ''}`}
        role="img"
        aria-label={p.what}
        style={{ '--ratio': ratio } as CSSProperties}
      >
        <VisCanvas aspect="equal" abscissaConfig={axis(x0, dx, cols)} ordinateConfig={{ ...axis(y0, dy, rows), flip: true }}>
          <DefaultInteractions />
          <ResetZoomButton />
          {p.children}
        </VisCanvas>
        {named && <span className="axis-name y">y ({unit})</span>}
        {named && <span className="axis-name x">x ({unit})</span>}
        {p.beside}
      </div>
    </div>
  );
}

// Drawn again only where a property is another object: the state comes more often than pictures do.
export const Heat = memo(function Heat(p: HeatProps) {
  const { grid } = p;
  const data = useMemo(() => ndarray(grid.values, [grid.rows, grid.cols]), [grid]);
  const domain = useMemo(() => p.domain ?? domain_of(grid.values), [grid, p.domain]);
  const { x0, y0, dx, dy, rows, cols, unit } = grid;
  const colorMap = p.colorMap ?? 'Viridis';
  const cell_at = (x: number, y: number) => {
    const c = Math.round((x - x0) / dx);
    const r = Math.round((y - y0) / dy);
    return c < 0 || r < 0 || c >= cols || r >= rows ? -1 : r * cols + c;
  };
  return (
    <Field
      place={grid}
      what={p.what}
      axes={p.axes}
      className={p.onPick ? 'pickable' : ''}
      beside={p.scale !== false && <ColourBar domain={domain} colorMap={colorMap} invert={p.invert} unit={p.unit} />}
    >
      <TooltipMesh
        guides="both"
        renderTooltip={(x, y) => {
          const cell = cell_at(x, y);
          if (cell < 0) return undefined;
          const v = grid.values[cell];
          return (
            <>
              x {x.toFixed(2)}, y {y.toFixed(2)} {unit}: <b>{Number.isNaN(v) ? 'nothing' : Number(v.toPrecision(4))}</b>
              {p.frames && p.frames[cell] >= 0 && ` · frame ${p.frames[cell]}`}
            </>
          );
        }}
      />
      {/* Where there is nothing, nothing is drawn. */}
      <HeatmapMesh values={data} domain={domain} colorMap={colorMap} invertColorMap={p.invert} scaleType={ScaleType.Linear} scale={[1, -1, 1]} badColor="#0b0f16" />
      {p.marks && <Marks marks={p.marks} />}
      {p.bar && <ScaleBar grid={grid} />}
      {p.onPick && (
        <Picking
          at={(x, y) => {
            const cell = cell_at(x, y);
            if (cell >= 0) p.onPick?.(cell);
          }}
        />
      )}
    </Field>
  );
});
