// The separation of slices on the newest multislice product.
import { useAsk, useWhyNot } from '../data/ask';
import { stage_text } from '../data/format';
import { useStream } from '../data/stream';
import { Card } from './card';

export function SeparationControl({ className }: { className?: string }) {
  const { state, pictures } = useStream();
  const { said, busy, send } = useAsk('separation');
  const cannot = useWhyNot('ddip');
  const slices = pictures.slices;
  const stage = state?.services.ddip?.health?.stages.find((s) => s.stage === 'separate');
  return (
    <Card
      title="Separation of slices"
      name="separation"
      note={slices && `epoch ${slices.head.epoch}${slices.head.done ? ', done' : ''}`}
      why_not={cannot}
      said={said}
      busy={busy}
      hint="On the newest image of several slices."
      className={className}
    >
      <div className="controls">
        <p className="in-force">{stage ? stage_text(stage) || stage.state : 'ptero-ddip was not heard yet'}</p>
        <div className="buttons">
          <button type="button" onClick={() => void send({ do: 'start' })}>
            <i className="glyph" aria-hidden>▶</i> Separate now
          </button>
          <button type="button" onClick={() => void send({ do: 'stop' })}>
            <i className="glyph" aria-hidden>■</i> Stop
          </button>
        </div>
      </div>
    </Card>
  );
}
