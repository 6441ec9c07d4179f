// A picture in a colour map, with axes that keep its proportions, lines over it, and what a person asks of it.
import { DefaultInteractions, HeatmapMesh, Pan, ResetZoomButton, ScaleType, SelectionTool, SelectToZoom, SvgElement, SvgLine, TooltipMesh, useCanvasEvent, VisCanvas, Zoom, type ColorMap } from '@h5web/lib';
import '@h5web/lib/dist/styles.css';
import ndarray from 'ndarray';
import { memo, useCallback, useId, useMemo, useRef, useState, type CSSProperties, type ReactNode, type RefObject } from 'react';
import type { Grid, Place } from '../data/grid';
import { limits_of, useLook } from '../data/look';
import { profile_of, type Line } from '../data/profile';
import type { Drawn } from '../data/save';
import { domain_of } from '../data/statistics';
import { held_now } from '../data/stream';
import { Chart } from './chart';
import { ColourBar } from './colour_bar';
import { Cursor, keys_help } from './cursor';
import { Marks, ScaleBar, type Mark } from './marks';
import { Tools } from './tools';

export interface HeatProps {
  grid: Grid;
  what: string; // for who cannot see it, and what its look is kept under
  colorMap?: ColorMap;
  invert?: boolean;
  domain?: [number, number];
  unit?: string; // of the values
  marks?: Mark[];
  bar?: boolean;
  axes?: boolean; // named, not only numbered
  scale?: boolean; // false: no colour bar
  stride?: number; // cells that the cursor goes at a time
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

interface FieldProps {
  place: Place;
  what: string;
  axes?: boolean;
  children: ReactNode;
  beside?: ReactNode;
  className?: string;
  host?: RefObject<HTMLDivElement>; // where keys are heard
  described?: string; // id of what says how it is read
  drags?: ReactNode; // what a drag does; the usual otherwise
}

// Axes around what is drawn in them: `grid` says where it lies. Used by pictures and by scatter alike.
export function Field(p: FieldProps) {
  const { x0, y0, dx, dy, rows, cols, unit } = p.place;
  const ratio = useKept(Math.min(8, Math.max(0.125, (cols * dx) / (rows * dy))));
  const named = p.axes !== false;
  const axis = (from: number, step: number, n: number) => ({ visDomain: [from - step / 2, from + step * (n - 0.5)] as [number, number] });
  return (
    <div className={`field ${p.className ?? ''}`}>
      <div
        className={`heat ${named ? 'named' : ''} ${p.beside ? 'with-bar' : ''}`}
        role="group"
        aria-roledescription="picture"
        aria-label={p.what}
        aria-describedby={p.described}
        tabIndex={p.host ? 0 : undefined}
        ref={p.host}
        style={{ '--ratio': ratio } as CSSProperties}
      >
        <VisCanvas aspect="equal" abscissaConfig={axis(x0, dx, cols)} ordinateConfig={{ ...axis(y0, dy, rows), flip: true }}>
          {p.drags ?? <DefaultInteractions />}
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

// As many digits as a cell needs.
const place_text = (value: number, cell: number) => value.toFixed(Math.min(6, Math.max(0, Math.ceil(-Math.log10(cell)) + 1)));

// Drawn again only where a property is another object: the state comes more often than pictures do.
export const Heat = memo(function Heat(p: HeatProps) {
  const { grid } = p;
  const { x0, y0, dx, dy, rows, cols, unit } = grid;
  const id = useId();
  const host = useRef<HTMLDivElement>(null);
  const [look, setLook] = useLook(p.what);
  const [cursor, setCursor] = useState<number | null>(null);
  const [profiling, setProfiling] = useState(false);
  const [width, setWidth] = useState(0);
  const [line, setLine] = useState<Omit<Line, 'width'> | null>(null);
  const data = useMemo(() => ndarray(grid.values, [rows, cols]), [grid, rows, cols]);
  const fitting = useMemo(() => p.domain ?? domain_of(grid.values), [grid, p.domain]);
  const limits = useMemo(() => limits_of(look, grid.values, fitting), [look, grid, fitting]);
  const colours = look.colours || p.colorMap || 'Viridis';
  const invert = look.colours ? false : p.invert;
  const cell_at = (x: number, y: number) => {
    const c = Math.round((x - x0) / dx);
    const r = Math.round((y - y0) / dy);
    return c < 0 || r < 0 || c >= cols || r >= rows ? -1 : r * cols + c;
  };
  const text_of = (cell: number, x = x0 + (cell % cols) * dx, y = y0 + Math.floor(cell / cols) * dy) => {
    const v = grid.values[cell];
    const frame = p.frames && p.frames[cell] >= 0 ? ` · frame ${p.frames[cell]}` : '';
    return [`x ${place_text(x, dx)}, y ${place_text(y, dy)} ${unit}: `, Number.isNaN(v) ? 'nothing' : `${Number(v.toPrecision(5))}${p.unit ? ` ${p.unit}` : ''}`, frame];
  };
  const drawn = useCallback((): Drawn => {
    const { state, pictures } = held_now();
    const about: Drawn['about'] = { series: state?.series_uid ?? '' };
    if (state?.image) Object.assign(about, { 'frames in the image': state.image.frames_used, iteration: state.image.iteration });
    if (state?.roi) about['region revision'] = state.roi.revision;
    if (Object.values(pictures).some((picture) => picture && !picture.exact)) about['sent over a slow link'] = 'values are rounded, pixels may be left out';
    return { grid, what: p.what, unit: p.unit ?? '', colours, invert: invert ?? false, limits, log: look.log, about };
  }, [grid, p.what, p.unit, colours, invert, limits, look.log]);
  const log_scale = limits[0] > 0 ? ScaleType.Log : ScaleType.SymLog;
  return (
    <div className="picture">
      <Field
        place={grid}
        what={p.what}
        axes={p.axes}
        className={p.onPick || profiling ? 'pickable' : ''}
        host={host}
        described={id}
        beside={p.scale !== false && <ColourBar domain={limits} log={look.log} colorMap={colours} invert={invert} unit={p.unit} />}
        drags={
          profiling && (
            <>
              <Pan modifierKey="Shift" />
              <Zoom />
              <SelectToZoom modifierKey="Control" />
            </>
          )
        }
      >
        <TooltipMesh
          guides="both"
          renderTooltip={(x, y) => {
            const cell = cell_at(x, y);
            if (cell < 0) return undefined;
            const [where, value, frame] = text_of(cell, x, y);
            return (
              <>
                {where}
                <b>{value}</b>
                {frame}
              </>
            );
          }}
        />
        {/* Where there is nothing, nothing is drawn. */}
        <HeatmapMesh values={data} domain={limits} colorMap={colours} invertColorMap={invert} scaleType={look.log ? log_scale : ScaleType.Linear} scale={[1, -1, 1]} badColor="#0b0f16" />
        {p.marks && <Marks marks={p.marks} />}
        {p.bar && <ScaleBar grid={grid} />}
        <Cursor host={host} place={grid} stride={p.stride ?? 1} say={setCursor} onPick={p.onPick} />
        {profiling && (
          <SelectionTool
            onSelectionEnd={(s, valid) => {
              if (s && valid) setLine({ from: [s.data[0].x, s.data[0].y], to: [s.data[1].x, s.data[1].y] });
            }}
          >
            {({ html }) => (
              <SvgElement>
                <SvgLine coords={[html[0], html[1]]} stroke="#fff" strokeWidth={1.5} />
              </SvgElement>
            )}
          </SelectionTool>
        )}
        {profiling && line && <Marks marks={[{ kind: 'profile-line', path: `M${line.from.join(' ')}L${line.to.join(' ')}`, shadow: true }]} />}
        {p.onPick && !profiling && (
          <Picking
            at={(x, y) => {
              const cell = cell_at(x, y);
              if (cell >= 0) p.onPick?.(cell);
            }}
          />
        )}
      </Field>
      <span className="unseen" id={id}>
        {keys_help}
      </span>
      <output className="readout" aria-live="polite">
        {cursor !== null && cursor < rows * cols && text_of(cursor).join('')}
      </output>
      <Tools what={p.what} look={look} set={setLook} limits={limits} profile={profiling} setProfile={setProfiling} width={width} setWidth={setWidth} grid={grid} drawn={drawn} />
      {profiling && line && <ProfileChart grid={grid} line={{ ...line, width }} unit={p.unit ?? ''} close={() => setLine(null)} />}
    </div>
  );
});

function ProfileChart({ grid, line, unit, close }: { grid: Grid; line: Line; unit: string; close: () => void }) {
  const { from, to, width } = line;
  const profile = useMemo(() => profile_of(grid, { from, to, width }), [grid, from, to, width]);
  const lines = useMemo(() => [{ label: 'value', values: profile.value, colour: '#f0b429' }], [profile]);
  return (
    <div className="profile" data-testid="profile">
      <Chart x={profile.at} lines={lines} what="Values along the line" xLabel={`along the line, ${grid.unit}`} unit={unit} fitting />
      <button type="button" onClick={close} aria-label="close the profile">
        ✕
      </button>
    </div>
  );
}
