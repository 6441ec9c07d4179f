import { useEffect, useMemo, useState } from 'react';
import { Chart } from './chart';
import { clock, duration, fixed, percent, whole } from './format';
import { Empty, Panel } from './parts';
import { useStream, type Alarm, type State } from './stream';

function usePolled<T>(path: string, every_ms: number, connected: boolean): T | null {
  const [value, set] = useState<T | null>(null);
  useEffect(() => {
    let live = true;
    const load = async () => {
      const answer = await fetch(path).catch(() => null);
      if (live && answer?.ok) set(await answer.json());
    };
    void load();
    const timer = window.setInterval(() => void load(), every_ms);
    return () => {
      live = false;
      window.clearInterval(timer);
    };
  }, [path, every_ms, connected]);
  return value;
}

type History = Record<'utc_ms' | 'frames' | 'rate_hz' | 'label_p99_ms' | 'selected', number[]> & { age_ms: (number | null)[] };

export function Trends({ className }: { className?: string }) {
  const { connected } = useStream();
  const h = usePolled<History>('/api/history', 2000, connected);
  const x = useMemo(() => h?.utc_ms.map((t) => t / 1000) ?? [], [h]);
  const rate = useMemo(() => [{ label: 'frames/s', values: h?.rate_hz ?? [], colour: '#5b9bd5' }], [h]);
  const late = useMemo(() => [{ label: 'frame to label, p99', values: h?.label_p99_ms ?? [], colour: '#f0b429' }], [h]);
  const age = useMemo(() => [{ label: 'age of the image', values: h?.age_ms.map((v) => (v === null ? null : v / 1000)) ?? [], colour: '#b48ad6' }], [h]);
  return (
    <div className={`trends ${className ?? ''}`}>
      <Panel title="Throughput" note="ten minutes">
        {x.length > 1 ? <Chart x={x} time lines={rate} what="Frames a second" unit="frames/s" /> : <Empty>Not yet.</Empty>}
      </Panel>
      <Panel title="Latency, frame to label" note="p99 of the series">
        {x.length > 1 ? <Chart x={x} time lines={late} what="Latency" unit="ms" /> : <Empty>Not yet.</Empty>}
      </Panel>
      <Panel title="Age of the image" note="since its newest frame came">
        {x.length > 1 ? <Chart x={x} time lines={age} what="Age of the image" unit="s" /> : <Empty>Not yet.</Empty>}
      </Panel>
    </div>
  );
}

const order = ['ingest', 'classifier', 'reconstructor'];

export function Services({ state, className }: { state: State | null; className?: string }) {
  return (
    <Panel title="Services" className={className} note="each says once a second how it is">
      <div className="services">
        {order.filter((name) => state?.services[name]).map((name) => {
          const s = state!.services[name];
          const tone = s.heard_ms === null ? 'idle' : !s.alive ? 'bad' : s.health && !s.health.ready ? 'warn' : 'good';
          const word = s.heard_ms === null ? 'not heard yet' : !s.alive ? `silent for ${duration(s.heard_ms)}` : s.health && !s.health.ready ? 'not ready' : 'ready';
          return (
            <div key={name} className="service" data-service={name} data-tone={tone}>
              <h3>
                <i className={`lamp ${tone}`} />
                {name}
                <span>{word}</span>
              </h3>
              {s.health && (
                <>
                  <p>
                    up {duration(1000 * s.health.uptime_s)}
                    {s.health.level > 0 && <b className="alarm-text"> · degraded, level {s.health.level}</b>}
                    {s.health.load > 0 && ` · load ${percent(s.health.load, 0)}`}
                  </p>
                  <ul>
                    {s.health.stages.map((stage) => (
                      <li key={stage.stage}>
                        <i className={`lamp ${!s.alive ? 'idle' : stage.state === 'running' ? 'good' : stage.state === 'finished' || stage.state === 'waiting' ? 'idle' : 'bad'}`} />
                        {stage.stage}
                        <span>{stage.doing || (stage.state === 'running' ? '' : stage.state)}</span>
                      </li>
                    ))}
                  </ul>
                </>
              )}
            </div>
          );
        })}
      </div>
    </Panel>
  );
}

export function Alarms({ alarms, className }: { alarms: Alarm[]; className?: string }) {
  return (
    <Panel title="Alarms" className={className} note={alarms.length > 0 ? `${alarms.length} active` : ''}>
      {alarms.length === 0 ? (
        <p className="all-well">
          <i className="lamp good" /> None is active.
        </p>
      ) : (
        <ul className="alarms">
          {alarms.map((a) => (
            <li key={`${a.service}.${a.id}`} className={a.severity}>
              <b>{a.severity === 'critical' ? '■' : '▲'} {a.severity}</b>
              <span>{a.sentence}</span>
              <small>
                {a.service}, since {clock(a.since_utc_ms)}
              </small>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

export function Audit({ className }: { className?: string }) {
  const { connected } = useStream();
  const lines = usePolled<{ utc: string; action: string; by: string; asked: object; ok: boolean; why: string }[]>('/api/audit', 2000, connected);
  return (
    <Panel title="What people did" note="audit log" className={className}>
      {!lines || lines.length === 0 ? (
        <Empty>Nothing yet.</Empty>
      ) : (
        <table>
          <tbody>
            {[...lines].reverse().map((l, i) => (
              <tr key={i}>
                <td>{l.utc.slice(11, 19)}</td>
                <td>{l.action}</td>
                <td className="wide">{Object.entries(l.asked).map(([k, v]) => `${k} ${v}`).join(', ')}</td>
                <td>{l.ok ? 'done' : <span className="alarm-text" title={l.why}>refused</span>}</td>
                <td>{l.by}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Panel>
  );
}

interface Reported {
  series_uid: string;
  ended_utc_ms: number;
  report: any;
}

export function SeriesHistory({ className }: { className?: string }) {
  const { connected } = useStream();
  const all = usePolled<Reported[]>('/api/series', 2000, connected);
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
                <th aria-label="report" />
              </tr>
            </thead>
            <tbody>
              {all.map((s) => {
                const r = s.report;
                const counts: Record<string, number> = r.ledger ?? {};
                const total = Object.values(counts).reduce((a, b) => a + (typeof b === 'number' ? b : 0), 0);
                const errors: number[] = r.reconstruction?.amplitude_error ?? [];
                return [
                  <tr key={s.series_uid}>
                    <td className="uid">{s.series_uid}</td>
                    <td>{clock(s.ended_utc_ms)}</td>
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
