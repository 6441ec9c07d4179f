// What people asked for, and what they were told.
import { useEffect, useState } from 'react';
import { onAsked, useAsk } from '../data/ask';
import { Empty, Panel } from '../parts/panel';
import { usePolled } from '../data/polled';
import type { Action } from '../data/state';


const wish = (asked: Action['asked']) =>
  Object.entries(asked)
    .map(([k, v]) => `${k.replace('_', '-')} ${v}`)
    .join(', ');

export function Audit({ className }: { className?: string }) {
  const [asked, count] = useState(0);
  useEffect(() => onAsked(() => count((n) => n + 1)), []);
  const lines = usePolled<Action[]>('api/audit', 2000, asked);
  return (
    <Panel title="What people did" note={lines && lines.length > 0 ? `${lines.length} in the audit log since the start` : 'audit log'} className={className} name="audit">
      <Note />
      {!lines || lines.length === 0 ? (
        <Empty>Nothing yet. Every wish is written down: when, from where, what, and what came of it.</Empty>
      ) : (
        <div className="scroll" tabIndex={0} role="region" aria-label="audit log">
          <table>
            <tbody>
              {[...lines].reverse().map((l, i) => (
                <tr key={lines.length - i} className={l.ok ? '' : 'refused'}>
                  <td title={l.utc}>{l.utc.slice(11, 19)}</td>
                  <td>{l.action.replace('_', ' ')}</td>
                  {l.action === 'note' ? (
                    <>
                      <td>
                        {String(l.asked.series_uid || 'no series')}, {l.asked.frames === null ? 'no frame' : `frame ${l.asked.frames}`}
                      </td>
                      <td className="wide" title={String(l.asked.text)}>
                        {String(l.asked.text)}
                      </td>
                    </>
                  ) : (
                    <>
                      <td>{wish(l.asked)}</td>
                      <td className="wide" title={l.why}>
                        <b>{l.ok ? '✓' : '✕'}</b> {l.why || (l.ok ? 'done' : 'refused')}
                      </td>
                    </>
                  )}
                  <td className="by">{l.by}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Panel>
  );
}

// What somebody wants to remember of this scan, written down with the time and the series.
function Note() {
  const [text, set] = useState('');
  const { said, busy, send } = useAsk('note');
  return (
    <form
      className="write-note"
      onSubmit={(e) => {
        e.preventDefault();
        if (text.trim()) void send({ text }).then((answer) => answer.ok && set(''));
      }}
    >
      <input type="text" maxLength={1000} aria-label="a note on this series" placeholder="a note on this series" value={text} onChange={(e) => set(e.target.value)} />
      <button type="submit" disabled={busy || !text.trim()}>
        Note
      </button>
      {said && !said.ok && (
        <span className="alarm-text" role="alert">
          {said.why}
        </span>
      )}
    </form>
  );
}
