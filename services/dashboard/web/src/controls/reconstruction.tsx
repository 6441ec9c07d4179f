// Stop, start, begin anew. Beginning anew throws an image away, so it asks back.
import { useLayoutEffect, useRef, useState } from 'react';
import { useAsk, useWhyNot } from '../data/ask';
import { percent, whole } from '../data/format';
import { useStream } from '../data/stream';
import { Card } from './card';

export function ReconstructionControl({ className }: { className?: string }) {
  const { state } = useStream();
  const { said, busy, send } = useAsk('reconstruction');
  const cannot = useWhyNot('reconstructor');
  const [sure, set] = useState(false);
  const image = state?.image;
  const running = state?.reconstruction?.running ?? image?.running ?? true;
  const word = !image ? 'no image yet' : !running ? 'stopped' : image.converged ? 'converged' : 'running';
  return (
    <Card
      title="Reconstruction"
      name="reconstruction"
      note={<span data-key="image.running" data-value={String(running)}>{word}</span>}
      why_not={cannot}
      said={said}
      busy={busy}
      hint="Stopped, it still takes the frames that come."
      className={className}
    >
      <div className="controls">
        <p className="in-force">
          {image && image.iteration === 0 ? (
            <>
              <b>{whole(image.frames_used)}</b> frames, no iteration yet
            </>
          ) : image ? (
            <>
              iteration <b>{image.iteration}</b>, <b>{whole(image.frames_used)}</b> frames, error <b>{percent(image.amplitude_error, 2)}</b>
            </>
          ) : (
            'It begins with the first selected frames.'
          )}
        </p>
        {sure ? (
          <Sure
            no={() => set(false)}
            yes={() => {
              set(false);
              void send({ do: 'restart' });
            }}
          />
        ) : (
          <div className="buttons">
            <button type="button" disabled={running} onClick={() => void send({ do: 'start' })}>
              <i className="glyph" aria-hidden>▶</i> Start
            </button>
            <button type="button" disabled={!running} onClick={() => void send({ do: 'stop' })}>
              <i className="glyph" aria-hidden>■</i> Stop
            </button>
            <button type="button" onClick={() => set(true)}>
              <i className="glyph" aria-hidden>↻</i> Restart …
            </button>
          </div>
        )}
      </div>
    </Card>
  );
}

function Sure({ yes, no }: { yes: () => void; no: () => void }) {
  const keep = useRef<HTMLButtonElement>(null);
  useLayoutEffect(() => keep.current?.focus(), []);
  return (
    <div className="sure" role="alertdialog" aria-label="Begin anew?" aria-describedby="sure-why" onKeyDown={(e) => e.key === 'Escape' && no()}>
      <span id="sure-why">The image so far is thrown away.</span>
      <div className="buttons">
        <button type="button" ref={keep} onClick={no}>
          Keep it
        </button>
        <button type="button" className="danger" onClick={yes}>
          Begin anew
        </button>
      </div>
    </div>
  );
}
