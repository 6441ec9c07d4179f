import { useState } from 'react';
import { date_time, fixed, percent, whole } from '../data/format';
import { Empty, Panel } from '../parts/panel';
import { usePolled } from '../data/polled';
import type { Report, Reported } from '../data/state';

export function SeriesHistory({ className }: { className?: string }) {
  const all = usePolled<Reported[]>('api/series', 2000);
  const [open, setOpen] = useState<string | null>(null);
  return (
    <Panel title="Series" note="the newest first" className={className}>
      {!all || all.length === 0 ? (
        <Empty>No series has ended yet.</Empty>
      ) : (
        <div className="scroll">
          <table className="series">
            <thead>
              <tr>
                <th>series</th>
                <th>ended</th>
                <th className="n">frames</th>
                <th className="n">missing</th>
                <th className="n">selected</th>
                <th className="n">error</th>
                <th className="n">label p99</th>
                <th>algorithm</th>
                <th>report</th>
              </tr>
            </thead>
            <tbody>
              {all.map((s) => {
                const r: Report = s.report;
                const counts = r.ledger ?? {};
                const total = Object.values(counts).reduce((a, b) => a + (typeof b === 'number' ? b : 0), 0);
                const errors = r.reconstruction?.amplitude_error ?? [];
                return [
                  <tr key={s.series_uid}>
                    <td className="uid">{s.series_uid}</td>
                    <td>{date_time(s.ended_utc_ms)}</td>
                    <td className="n">{whole(total || null)}</td>
                    <td className="n">{whole(counts.missing ?? 0)}</td>
                    <td className="n">{percent(r.roi?.fraction)}</td>
                    <td className="n">{errors.length ? `${fixed(100 * errors[errors.length - 1], 3)} %` : '–'}</td>
                    <td className="n">{r.latency_ms?.frame_to_label ? `${fixed(r.latency_ms.frame_to_label.p99, 1)} ms` : '–'}</td>
                    <td>{r.reconstruction?.algorithm ?? '–'}</td>
                    <td>
                      <button type="button" aria-expanded={open === s.series_uid} onClick={() => setOpen(open === s.series_uid ? null : s.series_uid)}>
                        report
                      </button>
                    </td>
                  </tr>,
                  (r.warnings ?? []).length > 0 && (
                    <tr key={`${s.series_uid}.warnings`}>
                      <td colSpan={9}>
                        <ul className="warnings" aria-label={`warnings of ${s.series_uid}`}>
                          {r.warnings!.map((w) => (
                            <li key={w.code + w.sentence} data-warning={w.code}>
                              ▲ {w.sentence}
                            </li>
                          ))}
                        </ul>
                      </td>
                    </tr>
                  ),
                  open === s.series_uid && (
                    <tr key={`${s.series_uid}.report`}>
                      <td colSpan={9}>
                        <pre tabIndex={0}>{JSON.stringify(r, null, 1)}</pre>
                      </td>
                    </tr>
                  ),
                ];
              })}
            </tbody>
          </table>
        </div>
      )}
    </Panel>
  );
}
