import { fixed, percent, whole } from '../data/format';
import { Empty, Figure, Panel } from '../parts/panel';
import type { State } from '../data/state';

const states: { key: string; text: string; colour: string }[] = [
  { key: 'selected', text: 'selected', colour: '#f0b429' },
  { key: 'background', text: 'background', colour: '#5b7db8' },
  { key: 'pending', text: 'pending', colour: '#9aa7bd' },
  { key: 'excluded', text: 'excluded', colour: '#8464a8' },
  { key: 'unpositioned', text: 'unpositioned', colour: '#4f8f94' },
  { key: 'corrupt', text: 'corrupt', colour: '#d9664a' },
  { key: 'missing', text: 'missing', colour: '#e88873' },
  { key: 'not_taken', text: 'not taken', colour: '#53606f' },
  { key: 'expected', text: 'expected', colour: '#26303f' },
];

export function Ledger({ state, className }: { state: State | null; className?: string }) {
  const ledger = state?.ledger;
  return (
    <Panel title="Ledger" note={ledger && `${whole(ledger.total)} frames, each in one state`} className={className}>
      {!ledger ? (
        <Empty>No series yet.</Empty>
      ) : (
        <div className="ledger">
          <div className="bar" role="img" aria-label="Shares of the states">
            {states.map((s) => {
              const n = ledger.counts[s.key] ?? 0;
              return n > 0 && <i key={s.key} style={{ flexGrow: n, background: s.colour }} title={`${s.text}: ${n}`} />;
            })}
          </div>
          <ul>
            {states.map((s) => (
              <li key={s.key} className={(ledger.counts[s.key] ?? 0) === 0 ? 'zero' : ''}>
                <i style={{ background: s.colour }} />
                {s.text}
                <b data-key={`ledger.counts.${s.key}`}>{whole(ledger.counts[s.key] ?? 0)}</b>
              </li>
            ))}
          </ul>
        </div>
      )}
    </Panel>
  );
}

export function SelectionFigures({ state, className }: { state: State | null; className?: string }) {
  const roi = state?.roi;
  const known = (state?.ledger?.counts.selected ?? 0) + (state?.ledger?.counts.background ?? 0);
  return (
    <Panel title="Selection" className={className} note={roi && `revision ${roi.revision}`}>
      <dl className="figures">
        <Figure label="labelled" value={whole(roi?.labelled)} k="roi.labelled" />
        <Figure label="selected" value={whole(roi?.selected)} k="roi.selected" />
        <Figure label="of those known" value={percent(known > 0 && roi ? (state?.ledger?.counts.selected ?? 0) / known : null)} />
        <Figure label="label p50" value={fixed(roi?.latency_p50_ms, 1)} unit="ms" k="roi.latency_p50_ms" />
        <Figure label="p99, last minute" value={fixed(roi?.latency_p99_recent_ms, 1)} unit="ms" k="roi.latency_p99_recent_ms" />
        <Figure label="p99, all" value={fixed(roi?.latency_p99_ms, 1)} unit="ms" k="roi.latency_p99_ms" />
        <Figure label="frames/s" value={fixed(state?.rate_hz, 0)} k="rate_hz" />
      </dl>
    </Panel>
  );
}
