// Where the scan should go next, and what a person thinks of it.
import { useEffect, useState } from 'react';
import { useAsk, useWhyNot } from '../data/ask';
import { fixed, percent, whole } from '../data/format';
import { Figure } from '../parts/panel';
import type { Advice } from '../data/state';
import { useStream } from '../data/stream';
import { Card } from './card';

// What may be followed is said in full.
export type Full = Required<Advice>;

// The newest advice in full; null where nothing may be followed.
export function useAdvice(): Full | null {
  const { state } = useStream();
  const [advice, set] = useState<Full | null>(null);
  const id = state?.advice?.id ?? null;
  useEffect(() => {
    if (id === null) return set(null);
    let live = true;
    void fetch('api/advice')
      .then((answer) => (answer.ok ? (answer.json() as Promise<Advice>) : null))
      .catch(() => null)
      .then((value) => {
        if (live) set(value && value.standing !== 'none' ? (value as Full) : null);
      });
    return () => {
      live = false;
    };
  }, [id]);
  return id === null ? null : advice;
}

export function AdviceControl({ advice, className }: { advice: Full | null; className?: string }) {
  const { state } = useStream();
  const { said, busy, send } = useAsk('advice');
  const cannot = useWhyNot('classifier');
  // Nobody follows what is advised for a scan that is over.
  const ended = state?.ledger?.ended ?? false;
  const now = ended ? null : state?.advice;
  const left_ms = now && state ? now.expires_utc_ms - state.utc_ms : null;
  const decide = (accept: boolean) => now && void send({ advice: now.id, accept });
  return (
    <Card
      title="Advice"
      name="advice"
      note={now ? `${now.mode || 'steering'}, on revision ${now.revision}` : ''}
      why_not={cannot}
      said={said}
      busy={busy}
      hint={now ? 'Accepted, a scan controller may follow it; rejected, it is taken back.' : ''}
      className={className}
    >
      {!now ? (
        <p className="empty small" data-testid="no-advice">
          {ended
            ? 'The series has ended: there is nothing left to advise.'
            : 'There is no advice now. Where steering is on it comes with the region, and is taken back when the region changes.'}
        </p>
      ) : (
        <div className="controls">
          <dl className="figures four">
            <Figure label={now.stop ? 'advice' : 'next points'} value={now.stop ? 'stop' : whole(now.points)} k="advice.points" />
            <Figure label="step" value={advice ? fixed(advice.step_m * 1e9, 0) : '–'} unit="nm" />
            <Figure label="confidence" value={percent(now.confidence, 0)} k="advice.confidence" />
            <Figure label="expires in" value={left_ms === null ? '–' : left_ms > 0 ? fixed(left_ms / 1000, 0) : 'expired'} unit={left_ms !== null && left_ms > 0 ? 's' : ''} k="advice.expires" tone={left_ms !== null && left_ms < 10_000 ? 'warn' : ''} />
            <Figure label="planned frames to skip" value={whole(now.skip)} k="advice.skip" />
            <Figure label="dose" value={whole(advice?.dose)} />
            <Figure label="dose left" value={advice ? (advice.dose_left === null ? 'no budget' : whole(advice.dose_left)) : '–'} />
            <Figure label="standing" value={now.accepted ? 'accepted' : 'proposed'} k="advice.standing" tone={now.accepted ? 'good' : ''} />
          </dl>
          <div className="buttons">
            <button type="button" className={now.accepted ? '' : 'primary'} disabled={now.accepted} onClick={() => decide(true)}>
              <i className="glyph" aria-hidden>✓</i> Accept
            </button>
            <button type="button" onClick={() => decide(false)}>
              <i className="glyph" aria-hidden>✕</i> Reject
            </button>
          </div>
        </div>
      )}
    </Card>
  );
}
