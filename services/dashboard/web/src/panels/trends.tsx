import { useMemo } from 'react';
import { Chart } from '../parts/chart';
import { Empty, Panel } from '../parts/panel';
import { usePolled } from '../data/polled';
import type { History } from '../data/state';

export function Trends({ className }: { className?: string }) {
  const h = usePolled<History>('api/history', 2000);
  const x = useMemo(() => h?.utc_ms.map((t) => t / 1000) ?? [], [h]);
  const rate = useMemo(() => [{ label: 'frames/s', values: h?.rate_hz ?? [], colour: '#5b9bd5' }], [h]);
  const late = useMemo(() => [{ label: 'frame to label, p99', values: h?.label_p99_ms ?? [], colour: '#f0b429' }], [h]);
  const age = useMemo(() => [{ label: 'age of the image', values: h?.age_ms.map((v) => (v === null ? null : v / 1000)) ?? [], colour: '#b48ad6' }], [h]);
  return (
    <div className={`trends ${className ?? ''}`}>
      <Panel title="Throughput" note="ten minutes">
        {x.length > 1 ? <Chart x={x} time lines={rate} what="Frames a second" unit="frames/s" /> : <Empty>Not yet.</Empty>}
      </Panel>
      <Panel title="Latency, frame to label" note="p99 of the last minute">
        {x.length > 1 ? <Chart x={x} time lines={late} what="Latency" unit="ms" /> : <Empty>Not yet.</Empty>}
      </Panel>
      <Panel title="Age of the image" note="since its newest frame came">
        {x.length > 1 ? <Chart x={x} time lines={age} what="Age of the image" unit="s" /> : <Empty>Not yet.</Empty>}
      </Panel>
    </div>
  );
}
