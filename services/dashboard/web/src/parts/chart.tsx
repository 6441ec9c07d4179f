import { useEffect, useRef } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';

export interface Line {
  label: string;
  values: (number | null)[];
  colour: string;
  bars?: boolean;
  dashed?: boolean;
}

interface ChartProps {
  x: number[];
  lines: Line[];
  what: string;
  time?: boolean;
  log?: boolean;
  signed?: boolean; // both sides of 0
  fitting?: boolean; // the scale goes from the lowest to the highest
  xLabel?: string;
  unit: string;
}

const bars = uPlot.paths.bars?.({ size: [0.92, 100] });
const whole_bars = (u: uPlot, low: number, high: number): [number, number] => {
  const half = (high - low) / Math.max(1, u.data[0].length - 1) / 2;
  return [low - half, high + half];
};
// The hour on every label: seconds alone say little.
const times = (_u: uPlot, ticks: number[], _axis: number, _space: number, step: number) =>
  ticks.map((t) => new Date(1000 * t).toLocaleTimeString('en-GB').slice(0, step < 60 ? 8 : 5));
const ink = '#8f9bb0';
const rule = '#232c3b';

export function Chart(p: ChartProps) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const shape = `${p.lines.map((l) => l.label).join()}|${p.log}|${p.time}|${p.xLabel}|${p.unit}`;

  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const axis = { stroke: ink, grid: { stroke: rule, width: 1 }, ticks: { stroke: rule, width: 1 }, font: '11px system-ui' };
    plot.current = new uPlot(
      {
        width: element.clientWidth,
        height: element.clientHeight,
        legend: { show: false },
        cursor: { drag: { x: false, y: false } },
        scales: { x: { time: p.time ?? false, ...(p.lines[0]?.bars ? { range: whole_bars } : {}) }, y: { distr: p.log ? 3 : 1, ...(p.log ? {} : { range: (_u, low, high) => p.fitting ? ([low - 0.05 * (high - low || 1), high + 0.05 * (high - low || 1)] as [number, number]) : [p.signed ? low * 1.08 : Math.min(0, low), high > 0 ? high * 1.08 : 1] as [number, number] }) } },
        axes: [
          { ...axis, ...(p.time ? { values: times, space: 70 } : {}), label: p.xLabel, labelFont: '11px system-ui', labelSize: p.xLabel ? 18 : 0, size: 26 },
          {
            ...axis,
            ...(p.log ? { values: (_u: uPlot, v: (number | null)[]) => v.map((n) => (n === null ? '' : String(Number(n.toPrecision(1))))) } : {}),
            size: 52, label: p.unit, labelFont: '11px system-ui', labelSize: 16 },
        ],
        series: [{}, ...p.lines.map((l) => ({ label: l.label, stroke: l.colour, width: l.bars ? 0 : p.signed ? 1 : 1.6, points: { show: false }, ...(l.dashed ? { dash: [6, 4] } : {}), ...(l.bars ? { fill: l.colour, paths: bars } : {}) }))],
      },
      [p.x, ...p.lines.map((l) => l.values)] as uPlot.AlignedData,
      element,
    );
    const resized = new ResizeObserver(() =>
      plot.current?.setSize({ width: element.clientWidth, height: element.clientHeight }),
    );
    resized.observe(element);
    return () => {
      resized.disconnect();
      plot.current?.destroy();
      plot.current = null;
    };
    // Lines come and go with `shape`; their values are set below.
  }, [shape]);

  useEffect(() => {
    plot.current?.setData([p.x, ...p.lines.map((l) => l.values)] as uPlot.AlignedData);
  }, [p.x, p.lines]);

  return (
    <div className="chart">
      {p.lines.length > 1 && (
        <div className="legend">
          {p.lines.map((l) => (
            <span key={l.label}>
              <i className={l.dashed ? 'dashed' : ''} style={{ background: l.colour }} />
              {l.label}
            </span>
          ))}
        </div>
      )}
      <div className="plot" ref={box} role="img" aria-label={p.what} />
    </div>
  );
}
