import { clock, duration, percent, stage_text, whole } from '../data/format';
import { Panel } from '../parts/panel';
import type { Alarm, Service, State } from '../data/state';

const order = ['ingest', 'classifier', 'reconstructor', 'ddip'];

// Lamp and word for a service.
function how(s: Service, over: boolean): [string, string] {
  if (over) return ['idle', 'ended'];
  if (s.heard_ms === null) return ['idle', 'not heard yet'];
  if (!s.alive) return ['bad', `silent for ${duration(s.heard_ms)}`];
  return s.health && !s.health.ready ? ['warn', 'not ready'] : ['good', 'ready'];
}

function stage_lamp(alive: boolean, state: string) {
  if (!alive || state === 'finished' || state === 'waiting') return 'idle';
  return state === 'running' ? 'good' : 'bad';
}

export function Services({ state, className }: { state: State | null; className?: string }) {
  const there = order.filter((name) => state?.services[name]);
  return (
    <Panel title="Services" className={className} note="each says once a second how it is">
      <div className="services" style={{ '--services': there.length } as never}>
        {there.map((name) => {
          const s = state!.services[name];
          const [tone, word] = how(s, state!.over);
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
                        <i className={`lamp ${stage_lamp(s.alive, stage.state)}`} />
                        {stage.stage}
                        <span>{stage_text(stage)}</span>
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

// The same in a few lines, for the overview: services, what is proposed, what is wrong.
export function Pulse({ state, className }: { state: State | null; className?: string }) {
  const alarms = state?.alarms ?? [];
  const advice = state?.ledger?.ended ? null : state?.advice;
  const left_out = Object.entries(state?.reconstruction?.left_out ?? {}).filter(([, n]) => n > 0);
  const bad = (state?.bad_ranges ?? []).reduce((sum, [a, b]) => sum + b - a + 1, 0);
  return (
    <Panel title="Now" note={alarms.length > 0 ? `${alarms.length} alarms` : 'no alarm'} className={className}>
      <ul className="pulse">
        {order.filter((name) => state?.services[name]).map((name) => {
          const [tone, word] = how(state!.services[name], state!.over);
          const doing = name === 'reconstructor' && state?.image?.running === false ? 'stopped' : word;
          return (
            <li key={name}>
              <i className={`lamp ${tone}`} />
              {name}
              <span>{doing}</span>
            </li>
          );
        })}
        <li>
          <i className={`lamp ${advice ? 'warn' : 'idle'}`} />
          <a href="#control">advice</a>
          <span>{!advice ? 'none now' : `${advice.stop ? 'stop' : `${whole(advice.points)} points`}, ${advice.accepted ? 'accepted' : 'proposed'}`}</span>
        </li>
        <li>
          <i className={`lamp ${bad > 0 ? 'warn' : 'idle'}`} />
          <a href="#control">bad frames</a>
          <span>{bad > 0 ? whole(bad) : 'none marked'}</span>
        </li>
        {left_out.length > 0 && (
          <li>
            <i className="lamp warn" />
            left out of the image
            <span data-key="left_out">{left_out.map(([reason, n]) => `${whole(n)} ${reason.replaceAll('_', ' ')}`).join(', ')}</span>
          </li>
        )}
        {(state?.reconstruction?.waiting ?? 0) > 0 && (
          <li>
            <i className="lamp idle" />
            selected, not in the image yet
            <span data-key="waiting">{whole(state!.reconstruction!.waiting)}</span>
          </li>
        )}
        {(state?.warnings ?? []).slice(0, 3).map((w) => (
          <li key={w.service + w.code + w.sentence} className="warning" data-warning={w.code} title={w.sentence}>
            <b>▲</b>
            <span className="sentence">{w.sentence}</span>
          </li>
        ))}
        {alarms.slice(0, 2).map((a) => (
          <li key={`${a.service}.${a.id}`} className="alarm-text" title={a.sentence}>
            <b>{a.severity === 'critical' ? '■' : '▲'}</b>
            <span className="sentence">{a.sentence}</span>
          </li>
        ))}
      </ul>
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
